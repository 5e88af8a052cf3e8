// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.channel.AbstractEventLoopTest;
import io.netty.channel.AbstractIoHandlerEventCountTest;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.testsuite.transport.AbstractSingleThreadEventLoopTest;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import io.ourio.RingOptions;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioIoHandler;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import org.junit.jupiter.api.Nested;

/** Netty's tests of event loops. */
class EventLoopTest {
    private static DefaultThreadFactory daemons() {
        return new DefaultThreadFactory("suite-loop", true);
    }

    @Nested class SingleThread extends AbstractSingleThreadEventLoopTest {
        @Override protected boolean supportsChannelIteration() {
            return true;
        }

        @Override protected EventLoopGroup newEventLoopGroup() {
            return new OurioEventLoopGroup(1, daemons());
        }

        @Override protected EventLoopGroup newAutoScalingEventLoopGroup() {
            return new OurioEventLoopGroup(SCALING_MAX_THREADS,
                    new ThreadPerTaskExecutor(daemons()), AUTO_SCALING_CHOOSER_FACTORY,
                    RingOptions.defaults());
        }

        @Override protected Channel newChannel() {
            return new OurioSocketChannel();
        }

        @Override protected Class<? extends ServerChannel> serverChannelClass() {
            return OurioServerSocketChannel.class;
        }
    }

    @Nested class IoHandlerEventCount extends AbstractIoHandlerEventCountTest {
        @Override protected IoHandlerFactory newIoHandlerFactory() {
            return OurioIoHandler.newFactory();
        }
    }

    @Nested class Moves extends AbstractEventLoopTest {
        @Override protected EventLoopGroup newEventLoopGroup() {
            return new OurioEventLoopGroup(2, daemons());
        }

        @Override protected Class<? extends ServerChannel> newChannel() {
            return OurioServerSocketChannel.class;
        }

        @Override protected Class<? extends SocketChannel> newSocketChannel() {
            return OurioSocketChannel.class;
        }
    }
}
