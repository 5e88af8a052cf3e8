// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.ourio.conformance.ChildJvm;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A round trip allocates nothing in the loop of the server: neither the transport nor, with pooled
 * buffers and void promises, Netty.
 */
class EchoAllocationTest {
    private static final int ROUND_TRIPS = 25_000;

    /** In a JVM of its own, since here every buffer is tracked by an object. */
    @Test
    void roundTripAllocatesNothing() {
        try (ChildJvm child = new ChildJvm(List.of(),
                List.of("-Dio.netty.leakDetection.level=disabled"), Main.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(100));
            assertEquals(0, child.status(), () -> String.join("\n", lines));
            assertEquals(Main.LENGTHS.length, lines.size(), lines::toString);
            for (String line : lines) {
                assertTrue(Double.parseDouble(line.substring(line.indexOf(' '))) < 1, line);
            }
        }
    }

    /** The child: prints for each length the bytes that a round trip costs the server. */
    static final class Main {
        /** The second does not fit evenly into a receive buffer, whose end cuts some in two. */
        static final int[] LENGTHS = {64, 2000};

        private static final int MOST_ROUNDS = 40;
        private static final ThreadMXBean THREADS =
                (ThreadMXBean) ManagementFactory.getThreadMXBean();

        private Main() {}

        public static void main(String[] args) throws Exception {
            try (Net serving = new Net(); Net net = new Net()) {
                Channel listener = Net.bind(new ServerBootstrap().group(serving.group)
                        .channel(OurioServerSocketChannel.class)
                        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                        .childHandler(new Echo()));
                long server = Net.await(listener.eventLoop().submit(
                        () -> Thread.currentThread().threadId()), "a task");
                for (int length : LENGTHS) {
                    Client client = new Client(length);
                    Channel channel = Net.connect(new Bootstrap().group(net.group)
                            .channel(OurioSocketChannel.class)
                            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                            .handler(client), listener);
                    client.run(channel, ROUND_TRIPS);
                    System.out.println(length + " " + leastBytes(server, client, channel));
                    Net.await(channel.close(), "the close");
                }
            }
        }

        /** The steady state is reached when the JVM has compiled what it likes. */
        private static double leastBytes(long server, Client client, Channel channel)
                throws InterruptedException {
            long best = Long.MAX_VALUE;
            for (int i = 0; i < MOST_ROUNDS && best >= ROUND_TRIPS; i++) {
                long before = THREADS.getThreadAllocatedBytes(server);
                client.run(channel, ROUND_TRIPS);
                best = Math.min(best, THREADS.getThreadAllocatedBytes(server) - before);
            }
            return (double) best / ROUND_TRIPS;
        }
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message, ctx.voidPromise());
        }
    }

    /** Sends again what has come back whole. */
    private static final class Client extends ChannelInboundHandlerAdapter {
        private final ByteBuf message;
        private final int length;
        private int received;
        private int left;
        private CountDownLatch done;

        Client(int length) {
            this.length = length;
            message = Unpooled.unreleasableBuffer(Unpooled.directBuffer(length).writeZero(length));
        }

        void run(Channel channel, int roundTrips) throws InterruptedException {
            CountDownLatch latch = new CountDownLatch(1);
            channel.eventLoop().execute(() -> {
                left = roundTrips;
                done = latch;
                channel.writeAndFlush(message.duplicate());
            });
            assertTrue(latch.await(60, TimeUnit.SECONDS), "the echo stalls");
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object data) {
            received += ((ByteBuf) data).readableBytes();
            ((ByteBuf) data).release();
            if (received < length) {
                return;
            }
            received = 0;
            if (--left > 0) {
                ctx.writeAndFlush(message.duplicate(), ctx.voidPromise());
            } else {
                done.countDown();
            }
        }
    }
}
