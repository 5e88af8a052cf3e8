// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A peer that closes is noticed without a read that waits for it, once what it has sent is taken.
 * Netty has such tests for epoll, kqueue and io_uring, outside of the testsuite that it publishes.
 */
class PeerCloseTest {
    private static final int PATIENCE_SECONDS = 10;
    private static final int BYTES_PER_READ = 10;

    /** Each combo, how many reads there is data for, and which end reads: never one of NIO's. */
    static Stream<Arguments> cases() {
        return Stream.concat(
                OurioPermutation.socket().stream().flatMap(combo -> cases(combo,
                        "TCP", new InetSocketAddress(NetUtil.LOCALHOST, 0))),
                OurioPermutation.domainSocket().stream().flatMap(combo -> cases(combo,
                        "domain", DomainAddresses.path())));
    }

    private static Stream<Arguments> cases(
            BootstrapComboFactory<?, ?> combo, String name, SocketAddress address) {
        return Stream.of(true, false)
                .filter(serverReads -> !combo.toString().contains(
                        serverReads ? "NIO server" : "NIO client"))
                .flatMap(serverReads -> Stream.of(0, 1, 5).map(reads -> Arguments.of(
                        combo, Named.of(name, address), reads, serverReads)));
    }

    /** Reads so many times as there is data for, and is told of the end. */
    private static final class Reader extends SimpleChannelInboundHandler<ByteBuf> {
        private final AtomicInteger bytes = new AtomicInteger();
        private final CountDownLatch inactive = new CountDownLatch(1);
        private final int expected;

        Reader(int expected) {
            this.expected = expected;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (expected > 0) {
                ctx.read();
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf data) {
            if (bytes.addAndGet(data.readableBytes()) < expected) {
                ctx.read();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            inactive.countDown();
        }
    }

    /** Sends, and closes when that has left. */
    private static final class Sender extends ChannelInboundHandlerAdapter {
        private final int length;

        Sender(int length) {
            this.length = length;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(ctx.alloc().buffer(Math.max(length, 1)).writeZero(length))
                    .addListener(ChannelFutureListener.CLOSE);
        }
    }

    @ParameterizedTest(name = "{0}, {1}, {2} reads, server reads: {3}")
    @MethodSource("cases")
    void closeIsNoticedWithoutAnotherRead(
            BootstrapComboFactory<ServerBootstrap, Bootstrap> combo, SocketAddress address,
            int reads, boolean serverReads) throws Exception {
        Reader reader = new Reader(reads * BYTES_PER_READ);
        Sender sender = new Sender(reads * BYTES_PER_READ);
        RecvByteBufAllocator small =
                new FixedRecvByteBufAllocator(BYTES_PER_READ).maxMessagesPerRead(1);
        ServerBootstrap serving = combo.newServerInstance();
        Bootstrap connecting = combo.newClientInstance();
        serving.childHandler(serverReads ? reader : sender);
        connecting.handler(serverReads ? sender : reader);
        if (serverReads) {
            serving.childOption(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR, small);
        } else {
            connecting.option(ChannelOption.AUTO_READ, false)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, small);
        }
        Channel server = serving.bind(address).sync().channel();
        try {
            Channel client = connecting.connect(server.localAddress()).sync().channel();
            assertTrue(reader.inactive.await(PATIENCE_SECONDS, TimeUnit.SECONDS),
                    () -> "the end was not told after " + reader.bytes + " bytes");
            assertEquals(reads * BYTES_PER_READ, reader.bytes.get());
            client.close().sync();
        } finally {
            server.close().sync();
        }
    }
}
