// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.SocketChannel;
import io.ourio.RingOptions;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of one direction, and ends that come while nobody reads. */
class HalfCloseTest {
    private static final String INPUT_SHUTDOWN = "ChannelInputShutdownEvent";
    private static final String OUTPUT_SHUTDOWN = "ChannelOutputShutdownEvent";
    private static final String READ_COMPLETE = "ChannelInputShutdownReadComplete";

    private final Net net = new Net();
    private final Events events = new Events();
    private Socket peer;

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private SocketChannel connect(boolean halfClosure) throws IOException {
        return connect(halfClosure, true);
    }

    private SocketChannel connect(boolean halfClosure, boolean autoRead) throws IOException {
        Channel listener = Net.bind(net.server(() -> events)
                .childOption(ChannelOption.AUTO_READ, autoRead)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure));
        peer = net.socket(listener);
        Net.until(() -> events.channel() != null, events::toString);
        return (SocketChannel) events.channel();
    }

    /** The kernel has the receive, and the application does not want more. */
    private SocketChannel connectAndStopReading(boolean halfClosure) throws IOException {
        SocketChannel channel = connect(halfClosure);
        peer.getOutputStream().write(1);
        Net.until(() -> events.bytes() == 1, events::toString);
        Net.barrier(channel); // Its read has completed, and the next one is asked for.
        channel.config().setAutoRead(false);
        Net.barrier(channel); // From here on the loop knows of it.
        return channel;
    }

    @Test
    void peerThatEndsItsOutputStillReceives() throws Exception {
        SocketChannel channel = connect(true);
        peer.getOutputStream().write(new byte[1000]);
        peer.shutdownOutput();
        Net.until(() -> events.told().contains(READ_COMPLETE), events::toString);
        assertEquals(List.of("active", INPUT_SHUTDOWN, READ_COMPLETE), events.told());
        assertEquals(1000, events.bytes());
        assertTrue(channel.isActive() && channel.isInputShutdown() && !channel.isOutputShutdown());
        byte[] data = Data.random(1 << 20, 1);
        channel.writeAndFlush(Data.direct(data));
        channel.close();
        assertEquals(Data.checksum(data), Data.checksum(peer.getInputStream().readAllBytes()));
        Net.await(channel.closeFuture(), "the close");
        events.awaitInactive();
        assertEquals(List.of("active", INPUT_SHUTDOWN, READ_COMPLETE, "inactive"), events.told());
    }

    @Test
    void channelThatEndsItsOutputStillReceives() throws Exception {
        SocketChannel channel = connect(false);
        Net.await(channel.writeAndFlush(Unpooled.copyInt(7)), "the write");
        Net.await(channel.shutdownOutput(), "the shutdown");
        assertTrue(channel.isActive() && channel.isOutputShutdown() && !channel.isInputShutdown());
        assertEquals(4, peer.getInputStream().readAllBytes().length);
        byte[] data = Data.random(1 << 20, 2);
        peer.getOutputStream().write(data);
        peer.close();
        Net.await(channel.closeFuture(), "the close");
        events.awaitInactive();
        assertEquals(Data.checksum(data), events.checksum());
        assertEquals(1, events.count("inactive"), events::toString);
    }

    @Test
    void bothDirectionsMayEndOneAfterTheOther() throws Exception {
        SocketChannel channel = connect(true);
        Net.await(channel.shutdownOutput(), "the shutdown");
        assertEquals(-1, peer.getInputStream().read());
        peer.shutdownOutput();
        Net.until(() -> events.told().contains(READ_COMPLETE), events::toString);
        assertTrue(channel.isShutdown() && channel.isOpen());
        Net.await(channel.close(), "the close");
        events.awaitInactive();
        assertEquals(List.of("active", OUTPUT_SHUTDOWN, INPUT_SHUTDOWN, READ_COMPLETE, "inactive"),
                events.told());
    }

    @Test
    void endThatComesWhileNobodyReadsIsTold() throws Exception {
        SocketChannel channel = connectAndStopReading(true);
        peer.shutdownOutput();
        Net.until(() -> events.told().contains(INPUT_SHUTDOWN), events::toString);
        assertTrue(channel.isActive());
    }

    @Test
    void endThatComesWhileNobodyReadsClosesWithoutHalfClosure() throws Exception {
        SocketChannel channel = connectAndStopReading(false);
        peer.close();
        Net.await(channel.closeFuture(), "the close");
        events.awaitInactive();
        assertEquals(List.of("active", "inactive"), events.told());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endWaitsBehindDataThatNobodyHasRead(boolean halfClosure) throws Exception {
        SocketChannel channel = connectAndStopReading(halfClosure);
        byte[] data = Data.random(10_000, 1);
        peer.getOutputStream().write(data);
        peer.shutdownOutput();
        try (Socket other = new Socket()) { // The loop has had time to see both.
            Events pulse = new Events();
            other.connect(net.listen(() -> pulse).localAddress());
            for (int i = 1; i <= 20; i++) {
                other.getOutputStream().write(i);
                int expected = i;
                Net.until(() -> pulse.bytes() == expected, pulse::toString);
            }
        }
        assertEquals(List.of("active"), events.told());
        assertEquals(1, events.bytes());
        channel.config().setAutoRead(true);
        String last = halfClosure ? READ_COMPLETE : "inactive";
        Net.until(() -> events.told().contains(last), events::toString);
        assertEquals(1 + data.length, events.bytes());
    }

    @Test
    void resetWhileNobodyReadsIsTold() throws Exception {
        SocketChannel channel = connectAndStopReading(true);
        peer.setSoLinger(true, 0);
        peer.close();
        Net.until(() -> !events.failures().isEmpty(), events::toString);
        IOException reset = assertInstanceOf(IOException.class, events.failures().getFirst());
        assertTrue(reset.getMessage().startsWith("recv: ECONNRESET (104): "), reset.getMessage());
        assertEquals(1, events.failures().size());
        Net.await(channel.close(), "the close");
        events.awaitInactive();
        assertEquals(1, events.count("inactive"), events::toString);
    }

    /**
     * A multishot receive that makes way for others after many buffers has heard of all that had
     * happened by then, and may not look for the end behind the rest.
     */
    @ParameterizedTest
    @CsvSource({"100, false", "100, true", "40000, false", "40000, true"})
    void resetRightBehindDataIsTold(int length, boolean autoRead) throws Exception {
        try (Net narrow = new Net(1, RingOptions.defaults().withBuffers(64, 1024))) {
            Channel listener = Net.bind(narrow.server(() -> events)
                    .childOption(ChannelOption.AUTO_READ, autoRead)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR,
                            new FixedRecvByteBufAllocator(length)));
            peer = narrow.socket(listener);
            Net.until(() -> events.channel() != null, events::toString);
            events.channel().read();
            Net.barrier(events.channel());
            CountDownLatch gone = new CountDownLatch(1);
            events.channel().eventLoop().execute(() -> Net.await(gone));
            peer.getOutputStream().write(new byte[length]);
            peer.setSoLinger(true, 0);
            peer.close();
            gone.countDown();
            if (!autoRead) {
                Net.until(() -> events.bytes() > 0, events::toString);
                events.channel().read();
            }
            Net.await(events.channel().closeFuture(), "the close");
            events.awaitInactive();
            assertEquals(length, events.bytes());
            assertEquals(List.of("active", "SocketException", "inactive"), events.told());
        }
    }

    /** The kernel has no receive then: never one, or none after the last. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void endIsToldBetweenReads(int reads) throws Exception {
        SocketChannel channel = connect(false, false);
        for (int i = 1; i <= reads; i++) {
            peer.getOutputStream().write(i);
            channel.read();
            int expected = i;
            Net.until(() -> events.bytes() == expected, events::toString);
        }
        peer.close();
        Net.await(channel.closeFuture(), "the close");
        events.awaitInactive();
        assertEquals(List.of("active", "inactive"), events.told());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void resetIsToldBetweenReads(int reads) throws Exception {
        SocketChannel channel = connect(false, false);
        for (int i = 0; i < reads; i++) {
            peer.getOutputStream().write(i);
            channel.read();
            Net.until(() -> events.bytes() == 1, events::toString);
        }
        peer.setSoLinger(true, 0);
        peer.close();
        Net.await(channel.closeFuture(), "the close");
        events.awaitInactive();
        assertEquals(1, events.failures().size());
        String message = events.failures().getFirst().getMessage();
        assertTrue(message.startsWith("recv: ECONNRESET (104): "), message);
    }

    /** One read for each message, and none for the end, which is known before they are read. */
    @Test
    void endBehindManyUnreadMessagesIsToldAfterTheLastRead() throws Exception {
        Channel listener = Net.bind(net.server(() -> events)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(1000)));
        peer = net.socket(listener);
        byte[] data = Data.random(100_000, 1);
        peer.getOutputStream().write(data);
        peer.close();
        Net.until(() -> events.channel() != null, events::toString);
        for (int i = 1; i <= 100; i++) {
            assertEquals(List.of("active"), events.told());
            events.channel().read();
            int expected = i;
            Net.until(() -> events.messages() == expected, events::toString);
        }
        events.awaitInactive();
        assertEquals(List.of("active", "inactive"), events.told());
        assertEquals(Data.checksum(data), events.checksum());
    }

    @Test
    void channelThatWaitsForTheEndClosesAtOnce() throws Exception {
        SocketChannel channel = connect(false, false);
        Net.barrier(channel);
        Net.await(channel.close(), "the close");
        assertEquals(-1, peer.getInputStream().read());
        events.awaitInactive();
        assertEquals(List.of("active", "inactive"), events.told());
    }
}
