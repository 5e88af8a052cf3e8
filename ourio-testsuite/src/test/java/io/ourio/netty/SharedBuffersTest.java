// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.ourio.RingOptions;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The receive buffers that all connections of a loop share run out, and come back. */
class SharedBuffersTest {
    private static final int LENGTH = 20_000;
    private static final int CONNECTIONS = 200;

    /** Begins each connection's data, so that it is known which one it is. */
    private static byte[] numbered(int connection) {
        byte[] data = Data.random(LENGTH, connection);
        data[0] = (byte) connection;
        return data;
    }

    @ParameterizedTest
    @CsvSource({"1, 1024", "2, 1024", "2, 4096", "16, 2048"})
    void fewBuffersServeManyConnections(int count, int size) throws Exception {
        Queue<First> connections = new ConcurrentLinkedQueue<>();
        try (Net net = new Net(1, RingOptions.defaults().withBuffers(count, size))) {
            Channel listener = Net.bind(net.server(() -> {
                First events = new First();
                connections.add(events);
                return events;
            }).option(ChannelOption.SO_BACKLOG, CONNECTIONS));
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                sockets.add(net.socket(listener));
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                sockets.get(i).getOutputStream().write(numbered(i));
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                sockets.get(i).shutdownOutput();
            }
            Net.until(() -> connections.size() == CONNECTIONS
                    && connections.stream().allMatch(c -> c.count("inactive") == 1),
                    () -> connections.stream().filter(c -> c.count("inactive") == 0).toList());
            Map<Integer, Long> checksums = new HashMap<>();
            for (First connection : connections) {
                assertEquals(LENGTH, connection.bytes());
                checksums.put(connection.first, connection.checksum());
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                assertEquals(Data.checksum(numbered(i)), checksums.get(i), "connection " + i);
            }
        }
    }

    private static final class First extends Events {
        volatile int first = -1;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (first < 0) {
                first = ((ByteBuf) message).getUnsignedByte(0);
            }
            super.channelRead(ctx, message);
        }
    }

    /** Keeps what it receives. */
    private static final class Keeper extends Events {
        final Queue<ByteBuf> kept = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf data = (ByteBuf) message;
            kept.add(data);
            note(data);
        }

        /** How many of those messages lie in buffers of the kernel. */
        long lent() {
            return kept.stream().filter(data -> data.getClass().getName().contains("Loan")).count();
        }

        void release() {
            for (ByteBuf data = kept.poll(); data != null; data = kept.poll()) {
                data.release();
            }
        }
    }

    @Test
    void messagesThatAreKeptStopNobodyAndBuffersComeBackFromAnotherThread() throws Exception {
        byte[] data = Data.random(32 << 20, 1);
        RingOptions options = RingOptions.defaults();
        Keeper keeper = new Keeper();
        Queue<Events> others = new ConcurrentLinkedQueue<>();
        try (Net net = new Net(1, options)) {
            Channel hoarder = Net.bind(net.server(() -> keeper).childOption(
                    ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1 << 20)));
            Channel listener = net.listen(() -> {
                Events other = new Events();
                others.add(other);
                return other;
            });
            Socket hoarded = net.socket(hoarder);
            long lent = 0;
            for (int round = 1; round <= 2; round++) {
                hoarded.getOutputStream().write(data);
                long expected = (long) round * data.length;
                Net.until(() -> keeper.bytes() == expected, keeper::toString);
                lent = keeper.lent();
                assertTrue(lent > 0 && lent <= options.bufferCount() / 2 * 8L,
                        lent + " messages lie in the kernel's buffers, round " + round);
                // All loans are out: who comes now is served all the same.
                net.socket(listener).getOutputStream().write(data, 0, 4 << 20);
                int connections = round;
                Net.until(() -> others.size() == connections && others.stream()
                        .allMatch(other -> other.bytes() == 4 << 20), others::toString);
                keeper.release(); // By this thread, and not by the loop.
            }
        }
        Events whole = new Events();
        ByteBuf twice = Data.direct(data);
        whole.note(twice);
        whole.note(twice);
        twice.release();
        assertEquals(whole.checksum(), keeper.checksum());
    }
}
