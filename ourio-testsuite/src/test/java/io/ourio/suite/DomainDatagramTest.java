// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractClientSocketTest;
import io.netty.testsuite.transport.socket.DatagramUnicastTest;
import java.io.FileNotFoundException;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Netty's tests of datagrams, over the Unix domain with a path and with an abstract name. */
class DomainDatagramTest {
    private static final int TIMEOUT_SECONDS = 10;

    @Nested class UnicastOnPaths extends Unicast {
        @Override protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainDatagram();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class UnicastOnAbstractNames extends Unicast {
        @Override protected List<BootstrapComboFactory<Bootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.abstractDomainDatagram();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }
    }

    /** As Netty's tests of epoll's channel ask for it. */
    @Nested class PathThatDoesNotExist extends AbstractClientSocketTest {
        @Override protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return OurioPermutation.domainDatagramSocket();
        }

        @Test
        void connectFails(TestInfo info) throws Throwable {
            run(info, client -> assertInstanceOf(FileNotFoundException.class,
                    client.handler(new ChannelInboundHandlerAdapter())
                            .connect(DomainAddresses.path()).await().cause()));
        }

        @Test
        void writeFails(TestInfo info) throws Throwable {
            run(info, client -> {
                Channel channel = client.handler(new ChannelInboundHandlerAdapter())
                        .bind(DomainAddresses.path()).sync().channel();
                assertInstanceOf(FileNotFoundException.class, channel.writeAndFlush(
                        new DomainDatagramPacket(Unpooled.copyInt(1), DomainAddresses.path()))
                        .await().cause());
                channel.close().sync();
            });
        }
    }

    /** What the two kinds of address have in common. */
    abstract static class Unicast extends DatagramUnicastTest {
        /** The JDK has no such sockets, so that a channel of ours sends them. */
        @Override
        public void testReceiveEmptyDatagrams(Bootstrap server, Bootstrap client)
                throws Throwable {
            Semaphore received = new Semaphore(0);
            Channel receiver = server.handler(
                    new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                        @Override
                        protected void channelRead0(
                                ChannelHandlerContext context, DomainDatagramPacket packet) {
                            assertEquals(0, packet.content().readableBytes());
                            received.release();
                        }
                    }).bind(newSocketAddress()).sync().channel();
            Channel sender = Transport.underTest().newDomainDatagram()
                    .handler(new ChannelInboundHandlerAdapter())
                    .bind(newSocketAddress()).sync().channel();
            for (int i = 0; i < 100; i++) {
                sender.writeAndFlush(new DomainDatagramPacket(
                        Unpooled.EMPTY_BUFFER, (DomainSocketAddress) receiver.localAddress()));
                assertTrue(received.tryAcquire(TIMEOUT_SECONDS, TimeUnit.SECONDS), "packet " + i);
            }
            closeChannel(sender);
            closeChannel(receiver);
        }

        @Override
        protected boolean isConnected(Channel channel) {
            return ((DomainDatagramChannel) channel).isConnected();
        }

        /** Epoll's closes instead. */
        @Override
        protected boolean supportDisconnect() {
            return false;
        }

        @Override
        protected Channel setupClientChannel(Bootstrap client, byte[] bytes, CountDownLatch latch,
                AtomicReference<Throwable> failure) throws Throwable {
            return client.handler(new Checking(bytes, null, latch, failure, false))
                    .bind(newSocketAddress()).sync().channel();
        }

        @Override
        protected Channel setupServerChannel(Bootstrap server, byte[] bytes, SocketAddress sender,
                CountDownLatch latch, AtomicReference<Throwable> failure, boolean echo)
                throws Throwable {
            return server.handler(new Checking(bytes, sender, latch, failure, echo))
                    .bind(newSocketAddress()).sync().channel();
        }

        @Override
        protected ChannelFuture write(
                Channel channel, ByteBuf data, SocketAddress to, WrapType wrap) {
            ByteBuf wrapped = switch (wrap) {
                case DUP -> data.retainedDuplicate();
                case SLICE -> data.retainedSlice();
                case READ_ONLY -> data.retain().asReadOnly();
                case NONE -> data.retain();
            };
            return channel.write(new DomainDatagramPacket(wrapped, (DomainSocketAddress) to));
        }
    }

    /** Looks at what arrives. */
    private static final class Checking extends SimpleChannelInboundHandler<DomainDatagramPacket> {
        private final byte[] expected;
        private final SocketAddress sender;
        private final CountDownLatch latch;
        private final AtomicReference<Throwable> failure;
        private final boolean echo;

        Checking(byte[] expected, SocketAddress sender, CountDownLatch latch,
                AtomicReference<Throwable> failure, boolean echo) {
            this.expected = expected;
            this.sender = sender;
            this.latch = latch;
            this.failure = failure;
            this.echo = echo;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
            try {
                assertNotNull(packet.sender());
                if (sender != null) {
                    assertEquals(sender, packet.sender());
                }
                assertArrayEquals(expected, ByteBufUtil.getBytes(packet.content()));
                assertEquals(context.channel().localAddress(), packet.recipient());
                if (echo) {
                    context.writeAndFlush(new DomainDatagramPacket(
                            packet.content().retainedDuplicate(), packet.sender()));
                }
            } finally {
                latch.countDown();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failure.compareAndSet(null, cause);
        }
    }
}
