// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who reads, reads when and as much as it asks for, and loses nothing. */
class AutoReadTest {
    private static final int SOCKET_BUFFER = 64 * 1024;

    private final Net net = new Net();
    private final Queue<Events> connections = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private Events accepted() {
        Events events = new Events();
        connections.add(events);
        return events;
    }

    private Events connection() {
        Net.until(() -> !connections.isEmpty() && connections.peek().channel() != null,
                () -> "no connection was accepted");
        return connections.poll();
    }

    /** Sends back what it receives. */
    private static final class Echo extends Events {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    /**
     * After this everything that the kernel had for the (only) loop has been handled: the loop has
     * talked over the same kernel interface many times since.
     */
    private void letTheLoopTalk() throws IOException {
        Channel listener = net.listen(Echo::new);
        try (Socket socket = net.socket(listener)) {
            for (int i = 0; i < 50; i++) {
                socket.getOutputStream().write(i);
                assertEquals(i, socket.getInputStream().read());
            }
        }
        Net.await(listener.close(), "the close");
    }

    /** Turns reading off and on again, by dice, in the midst of a read and behind it. */
    private static final class Moody extends Events {
        private final Random random = new Random(1);

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            super.channelRead(ctx, message);
            switch (random.nextInt(6)) {
                case 0 -> ctx.channel().config().setAutoRead(false);
                case 1 -> {
                    ctx.channel().config().setAutoRead(false);
                    ctx.channel().config().setAutoRead(true);
                }
                case 2 -> {
                    ctx.channel().config().setAutoRead(false);
                    ctx.channel().eventLoop().execute(
                            () -> ctx.channel().config().setAutoRead(true));
                }
                case 3 -> ctx.read();
                default -> { }
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (random.nextInt(4) == 0) {
                ctx.channel().config().setAutoRead(random.nextBoolean());
            }
        }
    }

    @Test
    void togglingFromEverywhereLosesNothing() {
        int perConnection = 16 << 20;
        byte[] data = Data.random(perConnection, 3);
        ByteBuf all = Data.direct(data);
        Channel listener = net.listen(() -> {
            Moody moody = new Moody();
            connections.add(moody);
            return moody;
        });
        List<Channel> clients = new ArrayList<>();
        try (Net sending = new Net()) {
            for (int i = 0; i < 4; i++) {
                clients.add(sending.connect(listener, new Events()));
            }
            Net.until(() -> connections.size() == 4
                    && connections.stream().allMatch(c -> c.channel() != null), connections::size);
            for (Channel client : clients) {
                for (int at = 0; at < perConnection; at += SOCKET_BUFFER) {
                    client.writeAndFlush(all.retainedSlice(at, SOCKET_BUFFER));
                }
            }
            long end = System.nanoTime() + 2 * Net.PATIENCE.toNanos();
            while (connections.stream().anyMatch(c -> c.bytes() < perConnection)
                    && System.nanoTime() < end) {
                for (Events connection : connections) {
                    connection.channel().config()
                            .setAutoRead(ThreadLocalRandom.current().nextInt(3) > 0);
                }
                LockSupport.parkNanos(50_000);
            }
            for (Events connection : connections) {
                assertEquals(perConnection, connection.bytes(), connection::toString);
                assertEquals(Data.checksum(data), connection.checksum());
                assertEquals(List.of("active"), connection.told());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            all.release();
        }
    }

    /** Asks for the answer with a read of its own each time. */
    private static final class Asker extends Events {
        static final int QUESTIONS = 100_000;
        static final int LENGTH = Long.BYTES;
        private long received;
        volatile int answers;
        volatile String wrong;

        private void ask(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(ctx.alloc().directBuffer(LENGTH).writeLong(answers),
                    ctx.voidPromise());
            ctx.read();
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            super.channelActive(ctx);
            ask(ctx);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf answer = (ByteBuf) message;
            received += answer.readableBytes();
            if (answer.readableBytes() == LENGTH && answer.getLong(0) != answers) {
                wrong = "answer " + answers + " is " + answer.getLong(0);
            }
            answer.release();
            if (received < LENGTH * (answers + 1L)) {
                ctx.read();
                return;
            }
            answers = (int) (received / LENGTH);
            if (answers < QUESTIONS) {
                ask(ctx);
            }
        }
    }

    @Test
    void oneReadForEachAnswerIsEnough() {
        Channel listener = net.listen(Echo::new);
        Asker asker = new Asker();
        Net.connect(net.client(asker).option(ChannelOption.AUTO_READ, false), listener);
        Net.until(() -> asker.answers == Asker.QUESTIONS || asker.wrong != null,
                () -> asker.answers + " answers");
        assertEquals(null, asker.wrong);
    }

    @Test
    void nothingIsAcceptedBeforeTheFirstRead() throws Exception {
        Channel listener = Net.bind(net.server(this::accepted)
                .option(ChannelOption.AUTO_READ, false));
        net.socket(listener);
        net.socket(listener);
        letTheLoopTalk();
        assertEquals(0, connections.size());
        listener.read();
        connection();
        letTheLoopTalk();
        assertEquals(0, connections.size(), "a second connection of one read");
        listener.read();
        connection();
    }

    @Test
    void nothingIsReceivedBeforeTheFirstReadAndOneReadTakesOneMessage() throws Exception {
        Channel listener = Net.bind(net.server(this::accepted)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(10)));
        Socket socket = net.socket(listener);
        Events events = connection();
        socket.getOutputStream().write(Data.random(100, 1));
        letTheLoopTalk();
        assertEquals(0, events.messages(), events::toString);
        for (int reads = 1; reads <= 10; reads++) {
            events.channel().read();
            int expected = reads;
            Net.until(() -> events.messages() >= expected, events::toString);
            letTheLoopTalk();
            assertEquals(reads, events.messages(), events::toString);
        }
        assertEquals(Data.checksum(Data.random(100, 1)), events.checksum());
    }

    /** A peer that sends what nobody wants, first from the start and then after some reads. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void peerOfWhoDoesNotReadIsStoppedSoonAndNothingIsLost(int reads) throws Exception {
        ServerBootstrap server = net.server(this::accepted)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
                .childOption(ChannelOption.AUTO_READ, false);
        Channel listener = Net.bind(server);
        byte[] data = Data.random(16 << 20, 5);
        try (SocketChannel sender = SocketChannel.open()) {
            sender.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
            sender.connect(listener.localAddress());
            sender.configureBlocking(false);
            Events events = connection();
            ByteBuffer rest = ByteBuffer.wrap(data);
            for (int i = 0; i < reads; i++) {
                events.channel().read();
                while (events.messages() <= i) {
                    sender.write(rest);
                }
            }
            long before = events.bytes();
            int stuck;
            do {
                stuck = rest.position();
                for (int i = 0; i < 10; i++) {
                    sender.write(rest);
                    letTheLoopTalk();
                }
            } while (rest.position() > stuck);
            // The kernel doubles the sizes that it is asked for.
            long most = before + 4 * SOCKET_BUFFER + (1 << 20);
            assertTrue(rest.position() < most,
                    rest.position() + " bytes went out, " + before + " of them were wanted");
            assertEquals(before, events.bytes(), "nothing comes without a read");
            events.channel().config().setAutoRead(true);
            Net.until(() -> {
                try {
                    sender.write(rest);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return events.bytes() == data.length;
            }, events::toString);
            assertEquals(Data.checksum(data), events.checksum());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 1 << 20})
    void messagesAreNoLongerThanTheAllocatorSays(int size) throws Exception {
        int length = size == 1 ? 100_000 : 4 << 20;
        byte[] data = Data.random(length, size);
        Queue<Integer> lengths = new ConcurrentLinkedQueue<>();
        Events events = new Events() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                lengths.add(((ByteBuf) message).readableBytes());
                super.channelRead(ctx, message);
            }
        };
        Channel listener = Net.bind(net.server(() -> events).childOption(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(size)));
        net.socket(listener).getOutputStream().write(data);
        Net.until(() -> events.bytes() == length, events::toString);
        assertEquals(Data.checksum(data), events.checksum());
        assertTrue(lengths.stream().allMatch(one -> one > 0 && one <= size),
                "longer than " + size + " or empty");
    }
}
