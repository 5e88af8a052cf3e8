// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.ourio.BackendKind;
import io.ourio.RingOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Readers that change their minds by dice while data, ends and resets arrive, against a model of
 * what they must and must not be told. Meanwhile each sends an answer, and may end its output while
 * that is on its way; a peer that ends in peace gets it whole. A failure names its seed, which
 * {@code -Dautoread.seed=...} repeats, as far as the kernel plays along.
 */
class AutoReadTortureTest {
    private static final long SEED = Long.getLong("autoread.seed", System.nanoTime());
    private static final int ROUNDS = 6;
    private static final long MANY_STEPS = Long.getLong("autoread.steps", 1_000_000);
    private static final int CONNECTIONS = 8;
    private static final int MAX_LENGTH = 100_000;

    /** Decisions of the dice, of all connections. */
    private static final LongAdder STEPS = new LongAdder();

    /** Who changes the reader's mind. */
    private enum Moods {
        /** Its own loop: then each message needs a read that was asked for before. */
        INSIDE,
        /** Another thread as well, so that it is not known what came first. */
        OUTSIDE,
        /** Its own loop, and it goes from one loop to the other. */
        MOVING
    }

    private enum End { FIN, RST }

    /** What one connection is to do, all from its seed. */
    private static final class Plan {
        final Random dice;
        final long seed;
        final byte[] data;
        final End end;
        final boolean halfClosure;
        final boolean autoRead;
        final RecvByteBufAllocator allocator;
        final byte[] answer;
        final boolean endsOutput;

        /** What of the answer has come before the end. */
        private volatile byte[] heard;

        Plan(long seed) {
            this.seed = seed;
            dice = new Random(seed);
            int length = dice.nextInt(4) == 0 ? dice.nextInt(100) : dice.nextInt(MAX_LENGTH);
            data = Data.random(length, seed);
            end = dice.nextInt(3) == 0 ? End.RST : End.FIN;
            halfClosure = dice.nextBoolean();
            autoRead = dice.nextBoolean();
            allocator = dice.nextBoolean()
                    ? new AdaptiveRecvByteBufAllocator()
                    : new FixedRecvByteBufAllocator(1 << 8 + dice.nextInt(9))
                            .maxMessagesPerRead(1 + dice.nextInt(8));
            // A write that a reset fails closes the channel, whatever could still be read.
            int answers = end == End.RST ? 0 : dice.nextInt(5);
            answer = Data.random(answers * 100_000, ~seed);
            endsOutput = answers > 0 && dice.nextBoolean();
        }

        /** Sends in pieces, with pauses. A reset may come before the peer has read all. */
        void send(Socket socket) throws IOException {
            socket.setSoTimeout(0); // The end of an answer comes when all of a round are read.
            Random pieces = new Random(~seed);
            OutputStream out = socket.getOutputStream();
            for (int at = 0; at < data.length; ) {
                int length = Math.min(data.length - at, 1 + pieces.nextInt(20_000));
                out.write(data, at, length);
                at += length;
                STEPS.increment();
                if (pieces.nextInt(4) == 0) {
                    LockSupport.parkNanos(pieces.nextInt(300_000)); // To vary what comes first.
                }
            }
            if (end == End.RST) {
                socket.setSoLinger(true, 0);
            } else {
                socket.shutdownOutput();
                heard = socket.getInputStream().readAllBytes();
            }
            socket.close();
        }

        @Override
        public String toString() {
            return "seed " + SEED + ", connection " + seed + ": " + data.length + " bytes, " + end
                    + ", half closure " + halfClosure;
        }
    }

    /** The reader, and the model of what it is told. */
    private static final class Reader extends ChannelDuplexHandler {
        private final Plan plan;
        private final Moods moods;
        private final List<String> wrong = new ArrayList<>();

        /** A read was asked for and not answered yet. */
        private boolean requested;

        /** The read loop may hand out another message of the same request. */
        private boolean loopGoesOn;

        private int received;
        private int reads;
        private Throwable failure;
        private int inputShutdowns;
        private int inputCompletes;
        private final AtomicInteger inactives = new AtomicInteger();
        private boolean moving;
        private volatile boolean ended;
        private volatile Channel channel;

        Reader(Plan plan, Moods moods) {
            this.plan = plan;
            this.moods = moods;
        }

        private void check(boolean fact, String otherwise) {
            if (!fact) {
                wrong.add(otherwise);
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            channel = ctx.channel();
            ctx.writeAndFlush(Unpooled.wrappedBuffer(plan.answer));
            if (plan.endsOutput) {
                ((DuplexChannel) channel).shutdownOutput();
            }
            ctx.fireChannelActive(); // With automatic reading this asks for the first read.
            askLater(ctx);
        }

        /** On a second loop Netty itself begins to read, if reading is automatic. */
        @Override
        public void channelRegistered(ChannelHandlerContext ctx) {
            if (moving) {
                moving = false;
                requested |= ctx.channel().config().isAutoRead();
                ctx.executor().execute(() -> askLater(ctx));
            }
        }

        @Override
        public void read(ChannelHandlerContext ctx) {
            requested = true;
            reads++;
            ctx.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            check(requested || loopGoesOn || moods == Moods.OUTSIDE,
                    "a message that nobody asked for, after " + received + " bytes");
            check(!ended, "a message after the end");
            requested = false;
            take((ByteBuf) message);
            changeMind(ctx);
            loopGoesOn = ctx.channel().config().isAutoRead();
        }

        private void take(ByteBuf message) {
            int length = message.readableBytes();
            check(length > 0, "an empty message");
            byte[] bytes = new byte[length];
            message.readBytes(bytes); // At once: a leak detector notes each access.
            boolean same = received + length <= plan.data.length && Arrays.equals(
                    bytes, 0, length, plan.data, received, received + length);
            check(same, "other bytes than were sent, after " + received);
            received += length;
            message.release();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            loopGoesOn = false;
            changeMind(ctx);
            ctx.fireChannelReadComplete();
            askLater(ctx);
        }

        private void changeMind(ChannelHandlerContext ctx) {
            STEPS.increment();
            switch (plan.dice.nextInt(8)) {
                case 0 -> setAutoRead(ctx, false);
                case 1 -> setAutoRead(ctx, true);
                case 2 -> {
                    setAutoRead(ctx, false);
                    setAutoRead(ctx, true);
                }
                case 3 -> {
                    setAutoRead(ctx, true);
                    setAutoRead(ctx, false);
                }
                case 4 -> read(ctx);
                default -> { }
            }
        }

        /** To turn it off takes back what was asked for; to turn it on asks. */
        private void setAutoRead(ChannelHandlerContext ctx, boolean on) {
            if (!on && ctx.channel().config().isAutoRead()) {
                requested = false;
            }
            ctx.channel().config().setAutoRead(on);
        }

        /** Nobody may wait for ever: another read is asked for in one of many ways. */
        private void askLater(ChannelHandlerContext ctx) {
            STEPS.increment();
            if (moods == Moods.MOVING && plan.dice.nextInt(4) == 0) {
                move();
            }
            if (requested || ended || moving) {
                return;
            }
            switch (plan.dice.nextInt(12)) {
                case 0, 1, 2, 3 -> read(ctx);
                case 4, 5, 6, 7 -> ctx.executor().execute(() -> ask(ctx));
                case 8 -> ctx.executor().schedule(
                        () -> ask(ctx), plan.dice.nextInt(500), TimeUnit.MICROSECONDS);
                default -> ctx.executor().execute(() -> automatic(ctx));
            }
        }

        private void ask(ChannelHandlerContext ctx) {
            if (isHere(ctx, this::ask) && !requested) {
                read(ctx);
            }
        }

        private void automatic(ChannelHandlerContext ctx) {
            if (isHere(ctx, this::automatic)) {
                setAutoRead(ctx, true);
            }
        }

        /** Else the task goes after the channel, or a move asks anew when it is over. */
        private boolean isHere(ChannelHandlerContext ctx, Consumer<ChannelHandlerContext> task) {
            if (ctx.executor().inEventLoop()) {
                return !ended && !moving;
            }
            ctx.executor().execute(() -> task.accept(ctx));
            return false;
        }

        private void move() {
            if (!moving && !ended && channel.isOpen()) {
                moving = true;
                EventLoop next = channel.eventLoop().parent().next();
                channel.deregister().addListener(gone -> {
                    if (channel.isOpen()) {
                        next.register(channel);
                    }
                });
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            check(failure == null, "a second failure: " + cause);
            failure = cause;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                inputShutdowns++;
            } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
                inputCompletes++;
                ended = true;
            } else if (event != ChannelOutputShutdownEvent.INSTANCE) {
                wrong.add("the event " + event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            inactives.incrementAndGet();
            ended = true;
        }

        /** On the loop, after the close. */
        void verify() {
            assertEquals(List.of(), wrong);
            boolean reset = failure != null;
            if (reset) {
                assertEquals(End.RST, plan.end, () -> "a failure: " + failure);
                assertInstanceOf(IOException.class, failure);
                assertTrue(failure.getMessage().startsWith("recv: ECONNRESET (104): "),
                        failure.getMessage());
            } else {
                assertEquals(plan.data.length, received, "bytes before the end");
                assertEquals(End.FIN, plan.end, "a reset that nobody was told of");
            }
            if (plan.end == End.FIN) {
                assertArrayEquals(plan.answer, plan.heard, "the answer");
            }
            assertEquals(1, inactives.get());
            assertEquals(plan.halfClosure ? 1 : 0, inputShutdowns);
            assertEquals(plan.halfClosure ? 1 : 0, inputCompletes);
        }

        @Override
        public String toString() {
            return plan + "; " + received + " bytes came, " + reads + " reads, requested "
                    + requested + ", failure " + failure + ", wrong " + wrong;
        }
    }

    @ParameterizedTest
    @EnumSource
    void readersAreToldWhatTheyAskForAndNothingElse(Moods moods) throws Exception {
        Random seeds = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            round(seeds, CONNECTIONS, moods, RingOptions.defaults());
        }
    }

    @Tag("full")
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    @ParameterizedTest
    @EnumSource(names = {"IO_URING", "EPOLL", "KQUEUE"})
    void millionStepsFindNothing(BackendKind backend, TestReporter reporter) throws Exception {
        reporter.publishEntry("autoread.seed", Long.toString(SEED));
        Random seeds = new Random(SEED);
        long last = STEPS.sum() + MANY_STEPS;
        for (int round = 0; STEPS.sum() < last; round++) {
            round(seeds, 4 * CONNECTIONS, Moods.values()[round % 3],
                    RingOptions.defaults().withBackend(backend));
        }
    }

    private static void round(Random seeds, int connections, Moods moods, RingOptions options)
            throws Exception {
        if (seeds.nextBoolean()) { // Buffers that run out.
            options = options.withBuffers(1 << seeds.nextInt(7), 1024 << seeds.nextInt(5));
        }
        long[] each = seeds.longs(connections).toArray();
        try (Net net = new Net(moods == Moods.MOVING ? 2 : 1, options)) {
            round(net, each, moods);
        }
    }

    private static void round(Net net, long[] seeds, Moods moods) throws Exception {
        Map<Long, Reader> readers = new ConcurrentHashMap<>();
        List<Thread> senders = new ArrayList<>();
        try {
            for (long seed : seeds) {
                Plan plan = new Plan(seed);
                Reader reader = new Reader(plan, moods);
                readers.put(seed, reader);
                Channel listener = Net.bind(net.server(() -> reader)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, plan.halfClosure)
                        .childOption(ChannelOption.AUTO_READ, plan.autoRead)
                        .childOption(ChannelOption.RECVBUF_ALLOCATOR, plan.allocator));
                Socket socket = net.socket(listener);
                senders.add(Thread.ofPlatform().start(() -> send(plan, socket)));
            }
            Random outside = new Random(seeds[0]);
            for (Reader reader : readers.values()) {
                Net.until(() -> {
                    if (moods == Moods.OUTSIDE) {
                        readers.values().forEach(each -> disturb(each, outside));
                    }
                    return reader.ended;
                }, () -> "no end: " + reader);
            }
            for (Reader reader : readers.values()) {
                Net.await(reader.channel.close(), "the close");
                Net.until(() -> reader.inactives.get() > 0, () -> "not inactive: " + reader);
                Net.barrier(reader.channel);
            }
            for (Thread sender : senders) {
                assertTrue(sender.join(Net.PATIENCE), "a peer waits for the end of the answer");
            }
            for (Reader reader : readers.values()) {
                Net.await(reader.channel.eventLoop().submit(reader::verify), reader.toString());
            }
        } finally {
            for (Thread sender : senders) {
                sender.interrupt();
                sender.join();
            }
        }
    }

    private static void disturb(Reader reader, Random outside) {
        Channel channel = reader.channel;
        if (channel != null) {
            STEPS.increment();
            switch (outside.nextInt(4)) {
                case 0 -> channel.config().setAutoRead(false);
                case 1 -> channel.config().setAutoRead(true);
                case 2 -> channel.read();
                default -> { }
            }
        }
    }

    private static void send(Plan plan, Socket socket) {
        try {
            plan.send(socket);
        } catch (SocketException e) {
            // The channel was closed: what is wrong then, the model tells.
        } catch (IOException e) {
            throw new AssertionError(plan.toString(), e);
        }
    }
}
