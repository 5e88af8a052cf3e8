// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.ourio.netty.Ourio;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.ThreadFactory;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * The Netty transports that a server can run on: Ourio, and Netty's own to compare with.
 *
 * <p>A constant names a transport; nothing of it is loaded before one of its methods is called.
 */
public enum Transport {
    /** Ourio, on the backend that it chooses. */
    OURIO("ourio", OurioServerSocketChannel.class, OurioSocketChannel.class, OurioBackend::name,
            Ourio::unavailabilityCause, OurioEventLoopGroup::new),

    /** Ourio on epoll, also where it would choose io_uring. */
    OURIO_EPOLL("ourio-epoll", OurioServerSocketChannel.class, OurioSocketChannel.class,
            () -> "epoll", OurioBackend::epollUnavailabilityCause,
            threads -> new OurioEventLoopGroup(
                    threads, (ThreadFactory) null, OurioBackend.epoll())),

    /** Netty on the JDK's selector. */
    NIO("nio", NioServerSocketChannel.class, NioSocketChannel.class,
            () -> SelectorProvider.provider().getClass().getSimpleName(),
            () -> null, threads -> group(threads, NioIoHandler.newFactory())),

    /** Netty on epoll, by a native library. */
    EPOLL("epoll", EpollServerSocketChannel.class, EpollSocketChannel.class, () -> "epoll",
            Epoll::unavailabilityCause, threads -> group(threads, EpollIoHandler.newFactory())),

    /** Netty on io_uring, by a native library, with Netty's defaults. */
    NETTY_IO_URING("netty-io_uring", IoUringServerSocketChannel.class, IoUringSocketChannel.class,
            () -> "io_uring", IoUring::unavailabilityCause,
            threads -> group(threads, IoUringIoHandler.newFactory())),

    /** The same, reading into a ring of provided buffers. */
    NETTY_IO_URING_BUFRING("netty-io_uring-bufring", IoUringServerSocketChannel.class,
            IoUringSocketChannel.class, () -> "io_uring", NettyBufferRing::unavailabilityCause,
            threads -> group(threads, NettyBufferRing.newFactory())) {
        @Override
        void configure(ServerBootstrap bootstrap) {
            NettyBufferRing.configure(bootstrap);
        }
    };

    private final String label;
    private final Class<? extends ServerChannel> serverChannel;
    private final Class<? extends Channel> channel;
    private final Supplier<String> backend;
    private final Supplier<Throwable> unavailabilityCause;
    private final IntFunction<EventLoopGroup> newGroup;

    Transport(String label, Class<? extends ServerChannel> serverChannel,
            Class<? extends Channel> channel, Supplier<String> backend,
            Supplier<Throwable> unavailabilityCause, IntFunction<EventLoopGroup> newGroup) {
        this.label = label;
        this.serverChannel = serverChannel;
        this.channel = channel;
        this.backend = backend;
        this.unavailabilityCause = unavailabilityCause;
        this.newGroup = newGroup;
    }

    /** {@return why this transport cannot run here, or null if it can} */
    public Throwable unavailabilityCause() {
        return unavailabilityCause.get();
    }

    /** {@return what the transport waits with, for example {@code io_uring}} */
    public String backend() {
        return backend.get();
    }

    /** {@return the name that a user types} */
    @Override
    public String toString() {
        return label;
    }

    /**
     * Starts event loops.
     *
     * @param threads how many
     * @return the group, which the caller shuts down
     */
    public EventLoopGroup newGroup(int threads) {
        return newGroup.apply(threads);
    }

    /** {@return the channel of a listener} */
    public Class<? extends ServerChannel> serverChannel() {
        return serverChannel;
    }

    /** {@return the channel of a client's connection} */
    public Class<? extends Channel> channel() {
        return channel;
    }

    /** Sets the options that only this transport has. */
    void configure(ServerBootstrap bootstrap) {
        // Most transports need none.
    }

    private static EventLoopGroup group(int threads, IoHandlerFactory factory) {
        return new MultiThreadIoEventLoopGroup(threads, factory);
    }
}
