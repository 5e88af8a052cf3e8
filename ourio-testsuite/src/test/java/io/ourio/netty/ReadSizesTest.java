// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.ourio.RingOptions;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How what arrives is cut into messages: as Netty's own transports would do it. */
class ReadSizesTest {
    private static final int MESSAGES = 200;

    /** Answers each message of a known length with one byte; notes lengths and guesses. */
    private static final class Answer extends Events {
        final Queue<Integer> lengths = new ConcurrentLinkedQueue<>();
        final Queue<Integer> guesses = new ConcurrentLinkedQueue<>();
        private final int messageLength;
        private int received;
        private boolean anyRead;
        int readLoops;

        Answer(int messageLength) {
            this.messageLength = messageLength;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            int length = ((ByteBuf) message).readableBytes();
            super.channelRead(ctx, message);
            lengths.add(length);
            received += length;
            anyRead = true;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (!anyRead) {
                return; // The end of the stream has one too.
            }
            anyRead = false;
            readLoops++;
            guesses.add(guess(ctx.channel()));
            if (received == messageLength) {
                received = 0;
                ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte(1));
            }
        }

        @SuppressWarnings("deprecation") // Netty deprecates the plain handle, and returns it.
        private static int guess(Channel channel) {
            RecvByteBufAllocator.Handle handle = channel.unsafe().recvBufAllocHandle();
            return handle.guess();
        }
    }

    /** Sends messages that arrive whole, each once the one before was answered. */
    private static void converse(Net net, Channel listener, int... lengths) throws IOException {
        Socket socket = net.socket(listener);
        socket.setTcpNoDelay(true);
        for (int length : lengths) {
            socket.getOutputStream().write(new byte[length]);
            assertEquals(1, socket.getInputStream().read(), "the answer");
        }
    }

    private static int[] same(int length) {
        int[] lengths = new int[MESSAGES];
        Arrays.fill(lengths, length);
        return lengths;
    }

    private static Answer conversation(Net net, ServerBootstrap server, int length)
            throws IOException {
        Answer answer = new Answer(length);
        Channel listener = Net.bind(server.childHandler(answer).childOption(
                ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator()));
        converse(net, listener, same(length));
        return answer;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64, 100, 1000, 2000, 2048, 5000})
    void sizesAreGuessedAsWithNio(int length) throws Exception {
        Answer nio;
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Net net = new Net(group)) {
            nio = conversation(net, new ServerBootstrap().group(group)
                    .channel(NioServerSocketChannel.class), length);
        }
        try (Net net = new Net()) {
            Answer ours = conversation(net, new ServerBootstrap().group(net.group)
                    .channel(OurioServerSocketChannel.class), length);
            assertEquals(List.copyOf(nio.lengths), List.copyOf(ours.lengths));
            assertEquals(List.copyOf(nio.guesses), List.copyOf(ours.guesses));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1024, 1000", "1, 1024, 1500", "2, 1024, 700", "2, 1024, 2000",
        "4, 4096, 2047", "32, 65536, 1000"})
    void messageIsReadInOnePieceWhereverABufferEnds(int count, int size, int length)
            throws Exception {
        Answer answer = new Answer(length);
        try (Net net = new Net(1, RingOptions.defaults().withBuffers(count, size))) {
            Channel listener = Net.bind(net.server(() -> answer).childOption(
                    ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2048)));
            converse(net, listener, same(length));
        }
        Map<Integer, Integer> countByLength = new TreeMap<>();
        answer.lengths.forEach(one -> countByLength.merge(one, 1, Integer::sum));
        assertEquals(Map.of(length, MESSAGES), countByLength);
    }

    @Test
    void readLoopGoesOnAsLongAsMessagesAreFull() throws Exception {
        Answer answer = new Answer(95);
        try (Net net = new Net()) {
            Channel listener = Net.bind(net.server(() -> answer).childOption(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(10).maxMessagesPerRead(16)));
            converse(net, listener, 95);
        }
        List<Integer> expected = new ArrayList<>(Collections.nCopies(9, 10));
        expected.add(5);
        assertEquals(expected, List.copyOf(answer.lengths));
        assertEquals(1, answer.readLoops, "read loops");
    }

    @Test
    void readLoopEndsAfterAsManyMessagesAsTheHandleWants() throws Exception {
        Answer answer = new Answer(100);
        try (Net net = new Net()) {
            Channel listener = Net.bind(net.server(() -> answer).childOption(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(10).maxMessagesPerRead(5)));
            converse(net, listener, 100);
        }
        assertEquals(Collections.nCopies(10, 10), List.copyOf(answer.lengths));
        assertEquals(2, answer.readLoops, "read loops");
    }
}
