// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.ourio.BackendKind;
import io.ourio.Ring;
import io.ourio.RingOptions;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What many channels of a loop flush in one turn, which the ring submits together. The loop is
 * held while the requests arrive, so that one turn sees them all.
 */
class FlushTogetherTest {
    /** More than the channels that wait for the end of a turn, so that some flush within it. */
    private static final int CONNECTIONS = 40;

    private final Net net = new Net();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    /** What a handler does with a request. */
    private interface Service {
        void answer(ChannelHandlerContext ctx, ByteBuf request);
    }

    private Channel listen(Service service) {
        return net.listen(() -> new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                accepted.incrementAndGet();
            }

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                service.answer(ctx, (ByteBuf) message);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                failures.add(cause);
            }
        });
    }

    private List<Socket> connect(Channel listener) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            sockets.add(net.socket(listener));
        }
        Net.until(() -> accepted.get() == CONNECTIONS, accepted::get);
        return sockets;
    }

    /** Sends each connection's number on all of them while the loop looks elsewhere. */
    private static void askAll(Channel listener, List<Socket> sockets) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        var hold = listener.eventLoop().submit(() -> {
            held.countDown();
            return asked.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        });
        held.await();
        for (int i = 0; i < sockets.size(); i++) {
            sockets.get(i).getOutputStream().write(i);
        }
        asked.countDown();
        Net.await(hold, "the loop's wait");
    }

    private void assertNoFailures() {
        assertEquals(List.of(), List.copyOf(failures));
    }

    @Test
    void eachConnectionGetsItsOwnAnswersInOrder() throws Exception {
        Channel listener = listen((ctx, request) -> ctx.writeAndFlush(request));
        List<Socket> sockets = connect(listener);
        for (int round = 0; round < 50; round++) {
            askAll(listener, sockets);
            for (int i = 0; i < CONNECTIONS; i++) {
                assertEquals(i, sockets.get(i).getInputStream().read());
            }
        }
        assertNoFailures();
    }

    /** Small answers fit the socket at once; the largest one waits for its reader. */
    @ParameterizedTest
    @ValueSource(ints = {1, 64 * 1024, 4 << 20})
    void answersBeforeACloseArriveWhole(int length) throws Exception {
        byte[] data = Data.random(length, length);
        Channel listener = listen((ctx, request) -> {
            request.release();
            ctx.writeAndFlush(Data.direct(data));
            ctx.close();
        });
        List<Socket> sockets = connect(listener);
        askAll(listener, sockets);
        for (Socket socket : sockets) {
            assertArrayEquals(data, socket.getInputStream().readAllBytes());
        }
        assertNoFailures();
    }

    @Test
    void answersBeforeAShutdownOfTheOutputArriveWhole() throws Exception {
        byte[] data = Data.random(100_000, 1);
        Channel listener = listen((ctx, request) -> {
            request.release();
            ctx.writeAndFlush(Data.direct(data));
            ((SocketChannel) ctx.channel()).shutdownOutput();
        });
        List<Socket> sockets = connect(listener);
        askAll(listener, sockets);
        for (Socket socket : sockets) {
            assertArrayEquals(data, socket.getInputStream().readAllBytes());
        }
        assertNoFailures();
    }

    /** The listener of a write flushes more on its own channel and on that of the next. */
    @Test
    void whatListenersFlushMeanwhileArrives() throws Exception {
        List<Channel> channels = new ArrayList<>();
        Channel listener = listen((ctx, request) -> {
            channels.add(ctx.channel());
            Channel first = channels.getFirst();
            ctx.writeAndFlush(request.retainedDuplicate()).addListener(done -> {
                ctx.writeAndFlush(request.retainedDuplicate());
                first.writeAndFlush(request); // All of them on the one that asked first.
            });
        });
        List<Socket> sockets = connect(listener);
        askAll(listener, sockets);
        Net.until(() -> channels.size() == CONNECTIONS, channels::size);
        Socket first = null;
        for (int i = 0; i < CONNECTIONS; i++) {
            Socket socket = sockets.get(i);
            boolean isFirst =
                    socket.getLocalSocketAddress().equals(channels.getFirst().remoteAddress());
            first = isFirst ? socket : first;
            byte[] answer = socket.getInputStream().readNBytes(isFirst ? CONNECTIONS + 2 : 2);
            assertEquals(i, answer[0]);
            assertEquals(isFirst ? CONNECTIONS + 2 : 2, answer.length);
        }
        assertNoFailures();
    }

    @Test
    void connectionsThatAreGoneDoNotHarmTheOthers() throws Exception {
        CountDownLatch failed = new CountDownLatch(CONNECTIONS / 2);
        byte[] data = Data.random(2 << 20, 2);
        Channel listener = listen((ctx, request) -> {
            request.release();
            ctx.writeAndFlush(Data.direct(data)).addListener((ChannelFutureListener) write -> {
                if (!write.isSuccess()) {
                    failed.countDown();
                }
            });
        });
        List<Socket> sockets = connect(listener);
        askAll(listener, sockets);
        for (int i = 0; i < CONNECTIONS; i += 2) {
            sockets.get(i).setSoLinger(true, 0);
            sockets.get(i).close();
        }
        for (int i = 1; i < CONNECTIONS; i += 2) {
            byte[] answer = sockets.get(i).getInputStream().readNBytes(data.length);
            assertArrayEquals(data, answer, "connection " + i);
        }
        assertEquals(true, failed.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS),
                () -> failed.getCount() + " writes have not failed");
    }

    /** A task for each pays where one system call starts them all, and nowhere else. */
    @ParameterizedTest
    @EnumSource(value = BackendKind.class, names = {"IO_URING", "EPOLL"})
    void tasksSendOnlyWhereOneCallStartsThemAll(BackendKind kind) throws Exception {
        RingOptions options = RingOptions.defaults().withBackend(kind);
        AtomicInteger most = new AtomicInteger();
        try (Net loop = new Net(1, options)) {
            Channel listener = loop.listen(() -> new ChannelInboundHandlerAdapter() {
                @Override
                public void channelActive(ChannelHandlerContext ctx) {
                    accepted.incrementAndGet();
                }

                @Override
                public void channelRead(ChannelHandlerContext ctx, Object request) {
                    Ring ring = ((AbstractOurioChannel) ctx.channel()).ring();
                    ctx.writeAndFlush(request).addListener(
                            _ -> most.accumulateAndGet(ring.active(), Math::max));
                }
            });
            List<Socket> sockets = connect(listener);
            Ring ring = ((AbstractOurioChannel) listener).ring();
            int resting = Net.await(listener.eventLoop().submit(ring::active), "a task");
            askAll(listener, sockets);
            for (Socket socket : sockets) {
                assertTrue(socket.getInputStream().read() >= 0);
            }
            Net.barrier(listener);
            assertEquals(ring.capabilities().submitsAtOnce(), most.get() > resting,
                    () -> most + " tasks at the most, " + resting + " at rest");
        }
    }

    /** As those that a handler gives at once. */
    @Test
    void answersOfOperationsWaitForTheEndOfTheTurnToo() throws Exception {
        AtomicInteger waited = new AtomicInteger();
        Channel listener = net.listen(() -> new ChannelInboundHandlerAdapter() {
            private Object asked;

            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                accepted.incrementAndGet();
            }

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object request) {
                asked = request;
                OurioChannel channel = (OurioChannel) ctx.channel();
                channel.ring().noop(channel.context(1));
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof OurioEvent && !ctx.writeAndFlush(asked).isDone()) {
                    waited.incrementAndGet();
                }
            }
        });
        List<Socket> sockets = connect(listener);
        askAll(listener, sockets);
        for (int i = 0; i < CONNECTIONS; i++) {
            assertEquals(i, sockets.get(i).getInputStream().read());
        }
        assertEquals(CONNECTIONS, waited.get());
    }

    @Test
    void whatIsReadAfterTheAnswerIsAnsweredToo() throws Exception {
        Channel listener = listen((ctx, request) -> {
            while (request.isReadable()) {
                ctx.writeAndFlush(request.readRetainedSlice(1));
            }
            ReferenceCountUtil.release(request);
        });
        List<Socket> sockets = connect(listener);
        byte[] questions = Data.random(1000, 3);
        for (Socket socket : sockets) {
            socket.getOutputStream().write(questions);
        }
        for (Socket socket : sockets) {
            assertArrayEquals(questions, socket.getInputStream().readNBytes(questions.length));
        }
        assertNoFailures();
    }
}
