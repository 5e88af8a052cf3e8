// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.ourio.RingMetrics;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What other threads write to the channels of a loop, such as those of a proxy's other side. The
 * loop is held meanwhile, so that it finds all of it at once.
 */
class WritesFromOutsideTest {
    private static final int CONNECTIONS = 40;

    private final OurioEventLoopGroup group = new OurioEventLoopGroup(1);
    private final Net net = new Net(group);
    private final EventLoop loop = group.next();
    private final Map<SocketAddress, Channel> accepted = new ConcurrentHashMap<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicInteger written = new AtomicInteger();

    private final class Writes extends ChannelDuplexHandler {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            accepted.put(ctx.channel().remoteAddress(), ctx.channel());
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            written.incrementAndGet();
            ctx.write(message, promise);
        }
    }

    @BeforeEach
    void connect() throws IOException {
        Channel listener = net.listen(Writes::new);
        for (int i = 0; i < CONNECTIONS; i++) {
            sockets.add(net.socket(listener));
        }
        Net.until(() -> accepted.size() == CONNECTIONS, accepted::size);
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private Channel channel(int index) {
        return accepted.get(sockets.get(index).getLocalSocketAddress());
    }

    private void whileTheLoopIsHeld(Runnable action) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Future<Boolean> hold = loop.submit(() -> {
            held.countDown();
            return goOn.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        });
        Net.await(held);
        action.run();
        goOn.countDown();
        assertTrue(Net.await(hold, "the loop's wait"));
    }

    @Test
    void thoseOfManyChannelsAreSubmittedTogether() throws Exception {
        boolean submits = Net.await(loop.submit(() ->
                ((OurioEventLoop) loop).ring().capabilities().submitsAtOnce()), "a task");
        RingMetrics before = group.metrics().getFirst().ring();
        whileTheLoopIsHeld(() -> {
            for (int i = 0; i < CONNECTIONS; i++) {
                channel(i).writeAndFlush(Data.direct(new byte[] {(byte) i}));
            }
        });
        for (int i = 0; i < CONNECTIONS; i++) {
            assertEquals(i, sockets.get(i).getInputStream().read());
        }
        Net.await(loop.submit(() -> { }), "a task");
        RingMetrics after = group.metrics().getFirst().ring();
        long submitted = after.submissions() - before.submissions();
        assertEquals(submits, submitted >= CONNECTIONS, () -> submitted + " submissions");
        long enters = after.enters() - before.enters();
        assertTrue(!submits || enters < CONNECTIONS / 2, () -> enters + " calls");
    }

    /** A task may wait for the answer to what was written before it. */
    @Test
    void taskBehindThemFindsThemSent() throws Exception {
        List<Future<Integer>> answers = new ArrayList<>();
        whileTheLoopIsHeld(() -> {
            for (int i = 0; i < 3; i++) {
                Socket socket = sockets.get(i);
                channel(i).write(Data.direct(new byte[] {1}));
                channel(i).writeAndFlush(Data.direct(new byte[] {2}));
                answers.add(loop.submit(() -> socket.getInputStream().read()
                        + 10 * socket.getInputStream().read()));
            }
        });
        for (Future<Integer> answer : answers) {
            assertEquals(21, Net.await(answer, "the task"));
        }
    }

    @Test
    void firstOfVeryManyIsSentLongBeforeTheLastIsWritten() throws Exception {
        int many = 10_000;
        AtomicInteger whenTheFirstWasSent = new AtomicInteger();
        List<ChannelFuture> writes = new ArrayList<>();
        whileTheLoopIsHeld(() -> {
            for (int i = 0; i < many; i++) {
                writes.add(channel(0).writeAndFlush(Data.direct(new byte[] {(byte) i})));
            }
            writes.getFirst().addListener(_ -> whenTheFirstWasSent.set(written.get()));
        });
        byte[] received = sockets.getFirst().getInputStream().readNBytes(many);
        for (int i = 0; i < many; i++) {
            assertEquals((byte) i, received[i]);
        }
        Net.await(writes.getLast(), "the last write");
        int sent = whenTheFirstWasSent.get();
        assertTrue(sent > 0 && sent < 100, () -> "when " + sent + " were written");
    }

    @Test
    void closeBehindThemLosesNothing() throws Exception {
        byte[] data = Data.random(1 << 20, 1);
        whileTheLoopIsHeld(() -> {
            for (int i = 0; i < CONNECTIONS; i++) {
                channel(i).writeAndFlush(Data.direct(data));
                channel(i).close();
            }
        });
        for (Socket socket : sockets) {
            assertArrayEquals(data, socket.getInputStream().readAllBytes());
        }
    }
}
