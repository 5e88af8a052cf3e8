// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Future;
import io.ourio.BackendKind;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A channel that leaves its loop goes on where it is registered next: nothing is lost, nothing
 * comes twice, and between the two loops no task is started.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL", "KQUEUE"})
class MoveTest {
    private enum Kind { TCP, DOMAIN }

    /** A writer whose peer takes its time has a task in flight with this much. */
    private static final int MUCH = 8 << 20;

    private final Queue<Events> accepted = new ConcurrentLinkedQueue<>();

    @TempDir
    Path directory;

    private final Net net;

    MoveTest(BackendKind backend) {
        net = Net.on(backend, 2);
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private Channel listen(Kind kind, boolean autoRead) {
        var bound = new ServerBootstrap().group(net.group).channel(kind == Kind.TCP
                ? OurioServerSocketChannel.class : OurioServerDomainSocketChannel.class)
                .childHandler(Net.each(() -> {
                    Events events = new Events();
                    accepted.add(events);
                    return events;
                })).childOption(ChannelOption.AUTO_READ, autoRead)
                .bind(kind == Kind.TCP ? Net.ANY_PORT
                        : new DomainSocketAddress(directory.resolve("socket").toString()));
        Net.await(bound, "the bind");
        return bound.channel();
    }

    private Channel listen() {
        return listen(Kind.TCP, true);
    }

    private Channel connect(Kind kind, Channel listener, Events events) {
        return Net.connect(new Bootstrap().group(net.group).handler(events).channel(
                kind == Kind.TCP ? OurioSocketChannel.class : OurioDomainSocketChannel.class),
                listener);
    }

    private Events connection() {
        Net.until(() -> !accepted.isEmpty() && accepted.peek().channel() != null,
                () -> "no connection was accepted");
        return accepted.poll();
    }

    private void move(Channel channel, boolean sameLoop) {
        leave(channel);
        enter(channel, sameLoop);
    }

    private static void leave(Channel channel) {
        Net.await(channel.deregister(), "the deregistration");
        assertNothingInFlight(channel);
    }

    private static void assertNothingInFlight(Channel channel) {
        Net.await(channel.eventLoop().submit(
                () -> assertFalse(((AbstractOurioChannel) channel).isBusy())), "no task");
    }

    private void enter(Channel channel, boolean sameLoop) {
        EventLoop before = channel.eventLoop();
        EventLoop next = net.group.next();
        while ((next == before) != sameLoop) {
            next = net.group.next();
        }
        Net.await(next.register(channel), "the registration");
        assertEquals(next, channel.eventLoop());
    }

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false", "false, true"})
    void connectionReadsOnAfterEachMove(boolean autoRead, boolean sameLoop) throws Exception {
        for (Kind kind : Kind.values()) {
            Channel peer = connect(kind, listen(kind, autoRead), new Events());
            Events events = connection();
            Channel channel = events.channel();
            for (int i = 1; i <= 10; i++) {
                Net.await(peer.writeAndFlush(Unpooled.copyBoolean(true)), "the write");
                if (!autoRead) {
                    channel.read();
                }
                int expected = i;
                Net.until(() -> events.bytes() == expected, events::toString);
                move(channel, sameLoop);
            }
            peer.close();
            events.awaitInactive();
            assertEquals(List.of("active", "inactive"), events.told());
        }
    }

    @Test
    void dataThatArrivesBetweenTwoLoopsIsReadInTheSecond() throws Exception {
        Socket peer = net.socket(listen());
        Events events = connection();
        Channel channel = events.channel();
        byte[] data = Data.random(1 << 20, 1);
        for (int at = 0; at < data.length; at += 1 << 16) {
            peer.getOutputStream().write(data, at, 1 << 15);
            leave(channel);
            long before = events.bytes();
            peer.getOutputStream().write(data, at + (1 << 15), 1 << 15);
            assertNothingInFlight(channel);
            assertEquals(before, events.bytes(), "a channel without a loop reads");
            enter(channel, false);
        }
        peer.close();
        events.awaitInactive();
        assertEquals(data.length, events.bytes());
        assertEquals(Data.checksum(data), events.checksum());
    }

    /** It is not known where a channel that moves has got to when the next byte arrives. */
    @ParameterizedTest
    @EnumSource
    void streamArrivesWholeWhileBothEndsMove(Kind kind) throws Exception {
        Channel listener = listen(kind, true);
        Channel writer = connect(kind, listener, new Events());
        Events events = connection();
        byte[] data = Data.random(MUCH, 2);
        List<ChannelFuture> writes = new ArrayList<>();
        for (int at = 0; at < data.length; at += 1 << 18) {
            writes.add(writer.writeAndFlush(Unpooled.wrappedBuffer(data, at, 1 << 18)));
            move(at % (1 << 19) == 0 ? writer : events.channel(), false);
        }
        for (ChannelFuture write : writes) {
            Net.await(write, "a write");
        }
        Net.await(((DuplexChannel) writer).shutdownOutput(), "the end of the output");
        events.awaitInactive();
        assertEquals(data.length, events.bytes());
        assertEquals(Data.checksum(data), events.checksum());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endBetweenTwoLoopsIsToldInTheSecond(boolean reset) throws Exception {
        Socket peer = net.socket(listen());
        Events events = connection();
        leave(events.channel());
        peer.getOutputStream().write(1);
        if (reset) {
            peer.setSoLinger(true, 0);
        }
        peer.close();
        assertEquals(List.of("active"), events.told());
        enter(events.channel(), false);
        events.awaitInactive();
        assertEquals(reset ? List.of("active", "SocketException", "inactive")
                : List.of("active", "inactive"), events.told());
        assertEquals(1, events.bytes());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void flushBetweenTwoLoopsGoesOutInTheSecond(boolean sameLoop) throws Exception {
        Socket peer = net.socket(listen());
        Channel channel = connection().channel();
        leave(channel);
        ChannelFuture write = channel.writeAndFlush(Unpooled.copyInt(7));
        assertNothingInFlight(channel);
        assertFalse(write.isDone(), "a channel without a loop writes");
        enter(channel, sameLoop);
        Net.await(write, "the write");
        assertEquals(4, peer.getInputStream().readNBytes(4).length);
    }

    /** The deregistration does not wait for the peer, and what it has not read moves along. */
    @Test
    void sendInFlightGoesOnInTheNextLoop() throws Exception {
        Socket peer = net.narrowSocket(listen(), 64 * 1024);
        Channel channel = connection().channel();
        byte[] data = Data.random(MUCH, 3);
        ChannelFuture write = channel.writeAndFlush(Unpooled.wrappedBuffer(data));
        for (int i = 0; i < 5; i++) {
            move(channel, i == 2);
        }
        assertFalse(write.isDone(), "nobody has read");
        CRC32 checksum = new CRC32();
        byte[] piece = new byte[1 << 18];
        for (int at = 0; at < data.length; at += piece.length) {
            assertEquals(piece.length, peer.getInputStream().readNBytes(piece, 0, piece.length));
            checksum.update(piece);
            move(channel, false);
        }
        Net.await(write, "the write");
        assertEquals(Data.checksum(data), checksum.getValue());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void flushBetweenTwoLoopsGoesBeforeACloseToo(boolean shutdown) throws Exception {
        Socket peer = net.socket(listen());
        Channel channel = connection().channel();
        leave(channel);
        byte[] data = Data.random(1 << 20, 4);
        ChannelFuture write = channel.writeAndFlush(Unpooled.wrappedBuffer(data));
        ChannelFuture end = shutdown ? ((DuplexChannel) channel).shutdownOutput() : channel.close();
        if (shutdown) {
            assertNothingInFlight(channel);
            assertFalse(end.isDone(), "the end goes before the data");
            enter(channel, false);
        }
        assertEquals(Data.checksum(data), Data.checksum(peer.getInputStream().readAllBytes()));
        Net.await(write, "the write");
        Net.await(end, "the end");
    }

    @Test
    void closeRightAfterADeregistrationTellsOfBoth() throws Exception {
        net.socket(listen());
        Events events = connection();
        Channel channel = events.channel();
        List<Future<?>> ends = new ArrayList<>();
        Net.await(channel.eventLoop().submit(() -> {
            ends.add(channel.deregister());
            ends.add(channel.close());
        }), "both");
        for (Future<?> end : ends) {
            Net.await(end, "the end");
        }
        events.awaitInactive();
        assertEquals(List.of("active", "inactive"), events.told());
        assertFalse(channel.isRegistered());
    }

    @Test
    void closeByForceLetsADeregistrationEnd() throws Exception {
        net.socket(listen());
        Channel channel = connection().channel();
        List<Future<?>> ends = new ArrayList<>();
        Net.await(channel.eventLoop().submit(() -> {
            ends.add(channel.deregister());
            channel.unsafe().closeForcibly();
        }), "both");
        Net.await(ends.getFirst(), "the deregistration");
        assertFalse(channel.isOpen());
    }

    @Test
    void connectionIsMadeBeforeItsChannelLeaves() throws Exception {
        Channel listener = listen();
        for (int i = 0; i < 20; i++) {
            Events events = new Events();
            ChannelFuture connect = net.client(events).register();
            Net.await(connect, "the registration");
            Channel channel = connect.channel();
            List<Future<?>> ends = new ArrayList<>();
            Net.await(channel.eventLoop().submit(() -> {
                ends.add(channel.connect(listener.localAddress()));
                ends.add(channel.deregister());
            }), "both");
            Net.await(ends.getFirst(), "the connection");
            Net.await(ends.getLast(), "the deregistration");
            enter(channel, i % 2 == 0);
            Net.await(channel.writeAndFlush(Unpooled.copyBoolean(true)), "the write");
            Events peer = connection();
            Net.until(() -> peer.bytes() == 1, peer::toString);
        }
    }

    @Test
    void automaticReadingThatEndsBetweenTwoLoopsIsOverInTheSecond() throws Exception {
        Socket peer = net.socket(listen());
        Events events = connection();
        Channel channel = events.channel();
        leave(channel);
        channel.config().setAutoRead(false);
        peer.getOutputStream().write(1);
        enter(channel, false);
        Net.barrier(channel);
        assertEquals(0, events.bytes());
        channel.read();
        Net.until(() -> events.bytes() == 1, events::toString);
    }

    @Test
    void readThatIsAskedForBetweenTwoLoopsIsDoneInTheSecond() throws Exception {
        Socket peer = net.socket(listen(Kind.TCP, false));
        Events events = connection();
        leave(events.channel());
        events.channel().read();
        peer.getOutputStream().write(1);
        assertNothingInFlight(events.channel());
        enter(events.channel(), false);
        Net.until(() -> events.bytes() == 1, events::toString);
    }

    @Test
    void moveFromWithinAReadLosesNothing() throws Exception {
        AtomicBoolean moving = new AtomicBoolean();
        Events events = new Events() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                super.channelRead(ctx, message);
                if (moving.compareAndSet(false, true)) {
                    Channel channel = ctx.channel();
                    channel.deregister().addListener(gone -> {
                        if (channel.isOpen()) {
                            net.group.next().register(channel)
                                    .addListener(there -> moving.set(false));
                        } else {
                            moving.set(false);
                        }
                    });
                }
            }
        };
        Channel listener = Net.bind(net.server(() -> events).childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new io.netty.channel.FixedRecvByteBufAllocator(4096)));
        Socket peer = net.socket(listener);
        byte[] data = Data.random(MUCH / 4, 5);
        peer.getOutputStream().write(data);
        peer.close();
        events.awaitInactive();
        // The loop that was left may still have to hear that the last move is over.
        Net.until(() -> !moving.get(), () -> "a move does not end");
        assertEquals(Data.checksum(data), events.checksum());
    }

    @ParameterizedTest
    @EnumSource
    void listenerAcceptsOnAfterAMove(Kind kind) throws Exception {
        Channel listener = listen(kind, true);
        for (int i = 1; i <= 6; i++) {
            Channel peer = connect(kind, listener, new Events());
            Net.await(peer.writeAndFlush(Unpooled.copyBoolean(true)), "the write");
            Events events = connection();
            Net.until(() -> events.bytes() == 1, events::toString);
            move(listener, i % 3 == 0);
        }
    }

    /** More than one read of a listener takes. */
    @Test
    void connectionsMadeBetweenTwoLoopsAreAcceptedInTheSecond() throws Exception {
        Channel listener = listen();
        leave(listener);
        for (int i = 0; i < 40; i++) {
            net.socket(listener);
        }
        assertNothingInFlight(listener);
        assertTrue(accepted.isEmpty(), "a listener without a loop accepts");
        enter(listener, false);
        Net.until(() -> accepted.size() == 40, accepted::toString);
    }

    @Test
    void connectionsMadeWhileTheListenerMovesAreAllAccepted() throws Exception {
        Channel listener = listen();
        for (int i = 0; i < 100; i++) {
            net.socket(listener);
            move(listener, false);
        }
        Net.until(() -> accepted.size() == 100, () -> accepted.size() + " were accepted");
    }

    @Test
    void datagramsThatArriveOrAreFlushedBetweenTwoLoopsAreNotLost() throws Exception {
        Queue<Integer> received = new ConcurrentLinkedQueue<>();
        Bootstrap bootstrap = new Bootstrap().group(net.group).channel(OurioDatagramChannel.class)
                .handler(Net.each(() -> new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ByteBuf content = ((DatagramPacket) message).content();
                        received.add(content.readInt());
                        content.release();
                    }
                }));
        ChannelFuture bound = bootstrap.bind(Net.ANY_PORT);
        Net.await(bound, "the bind");
        Channel receiver = bound.channel();
        ChannelFuture other = bootstrap.bind(Net.ANY_PORT);
        Net.await(other, "the bind");
        Channel sender = other.channel();
        SocketAddress to = receiver.localAddress();
        int count = 0;
        for (int round = 0; round < 10; round++) {
            leave(round % 2 == 0 ? receiver : sender);
            List<ChannelFuture> writes = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                writes.add(sender.writeAndFlush(new DatagramPacket(
                        Unpooled.directBuffer(4).writeInt(count++), (InetSocketAddress) to)));
            }
            if (round % 2 == 0) {
                Net.await(writes.getLast(), "the write");
                assertNothingInFlight(receiver);
                assertEquals(10 * round, received.size(), "a channel without a loop reads");
                enter(receiver, false);
            } else {
                assertNothingInFlight(sender);
                assertFalse(writes.getFirst().isDone(), "a channel without a loop writes");
                enter(sender, false);
            }
            int expected = count;
            Net.until(() -> received.size() == expected, received::toString);
        }
        int next = 0;
        for (int number : received) {
            assertEquals(next++, number);
        }
    }

    /** A task of a loop that a channel has left must not touch it in the next. */
    @Test
    void whatTheFirstLoopStillHasToDoIsNotDone() throws Exception {
        Socket peer = net.socket(listen(Kind.TCP, false));
        Events events = connection();
        Channel channel = events.channel();
        EventLoop first = channel.eventLoop();
        leave(channel);
        CountDownLatch moved = new CountDownLatch(1);
        first.execute(() -> Net.await(moved));
        channel.config().setAutoRead(false); // Before the move, for the loop that is held.
        enter(channel, false);
        moved.countDown();
        peer.getOutputStream().write(1);
        channel.read();
        Net.until(() -> events.bytes() == 1, events::toString);
        Net.await(first.submit(() -> { }), "the first loop");
    }
}
