// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.ourio.conformance.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was flushed before a close or a shutdown of the output arrives, whole and once. */
class LastWritesTest {
    private static final int WINDOW = 64 * 1024;

    private final Net net = new Net();

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    /** Does something when the connection is there, all in one call. */
    private static final class Speaker extends Events {
        private final Speech speech;
        private final CountDownLatch spoken = new CountDownLatch(1);
        volatile ChannelFuture last;

        Speaker(Speech speech) {
            this.speech = speech;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            super.channelActive(ctx);
            last = speech.give((SocketChannel) ctx.channel());
            spoken.countDown();
        }

        void awaitSpoken() throws InterruptedException {
            assertTrue(spoken.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS), "no connection");
        }
    }

    private interface Speech {
        /** Returns the future of the last write. */
        ChannelFuture give(SocketChannel channel);
    }

    /** A reader that begins late, and rests after each piece. */
    private static long checksumOf(InputStream in, int expected) throws IOException {
        CRC32 checksum = new CRC32();
        byte[] piece = new byte[64 * 1024];
        int total = 0;
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
            checksum.update(piece, 0, count);
            total += count;
            LockSupport.parkNanos(100_000);
        }
        assertEquals(expected, total, "bytes before the end of the stream");
        return checksum.getValue();
    }

    private void assertArrives(Speech speech, byte[] expected) throws Exception {
        Speaker speaker = new Speaker(speech);
        Channel listener = net.listen(() -> speaker);
        Socket reader = net.narrowSocket(listener, WINDOW);
        speaker.awaitSpoken();
        assertEquals(Data.checksum(expected),
                checksumOf(reader.getInputStream(), expected.length));
        Net.await(speaker.last, "the last write");
        Net.await(speaker.channel().closeFuture(), "the close");
        speaker.awaitInactive();
        assertEquals(List.of("active", "inactive"), speaker.told());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 64 * 1024, 1 << 20, 8 << 20})
    void messageBeforeACloseArrives(int length) throws Exception {
        byte[] data = Data.random(length, length);
        assertArrives(channel -> {
            ChannelFuture write = channel.writeAndFlush(Data.direct(data));
            channel.close();
            return write;
        }, data);
    }

    @Test
    void severalFlushesBeforeACloseArriveInOrder() throws Exception {
        byte[] data = Data.random(6 << 20, 6);
        assertArrives(channel -> {
            ChannelFuture write = null;
            for (int at = 0; at < data.length; at += 128 * 1024) {
                write = channel.writeAndFlush(Unpooled.wrappedBuffer(data, at, 128 * 1024));
            }
            channel.close();
            return write;
        }, data);
    }

    /** More messages than the loop sends before it looks after its other channels. */
    @Test
    void manySmallMessagesBeforeACloseArrive() throws Exception {
        byte[] data = Data.random(40_000, 4);
        ByteBuf all = Unpooled.unreleasableBuffer(Data.direct(data));
        assertArrives(channel -> {
            ChannelFuture write = null;
            for (int at = 0; at < data.length; at++) {
                write = channel.write(all.slice(at, 1));
            }
            channel.flush();
            channel.close();
            return write;
        }, data);
        all.unwrap().release();
    }

    @Test
    void emptyMessagesBeforeTheLastOneCostNothing() throws Exception {
        byte[] data = Data.random(10, 10);
        assertArrives(channel -> {
            for (int i = 0; i < 1000; i++) {
                channel.write(Unpooled.buffer());
            }
            ChannelFuture write = channel.writeAndFlush(Data.direct(data));
            channel.close();
            return write;
        }, data);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 32 * 1024})
    void messagesBeforeAShutdownOfTheOutputArrive(int messages) throws Exception {
        byte[] data = Data.random(8 << 20, messages);
        Speaker speaker = new Speaker(channel -> {
            ChannelFuture write = null;
            int length = data.length / messages;
            for (int i = 0; i < messages; i++) {
                write = channel.write(Unpooled.wrappedBuffer(data, i * length, length));
            }
            channel.flush();
            channel.shutdownOutput();
            return write;
        });
        Channel listener = net.listen(() -> speaker);
        Socket reader = net.narrowSocket(listener, WINDOW);
        speaker.awaitSpoken();
        assertEquals(Data.checksum(data), checksumOf(reader.getInputStream(), data.length));
        Net.await(speaker.last, "the last write");
        assertTrue(speaker.channel().isActive(), "the other direction is open");
        reader.getOutputStream().write(new byte[100]);
        Net.until(() -> speaker.bytes() == 100, speaker::toString);
        assertInstanceOf(IOException.class, Net.failure(
                speaker.channel().writeAndFlush(Unpooled.copyInt(1)), "a write after the end"));
    }

    /** The peer never reads: in a JVM of its own, since the time is a property. */
    @Test
    void closeDoesNotWaitForeverForAPeerThatDoesNotRead() {
        try (ChildJvm child = new ChildJvm(List.of(), List.of("-Dio.ourio.closeDrainMillis=300"),
                DrainMain.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(60));
            assertEquals(0, child.status(), () -> String.join("\n", lines));
            assertEquals(1, lines.size(), lines::toString);
            String[] words = lines.getFirst().split(" ");
            long millis = Long.parseLong(words[0]);
            assertTrue(millis >= 300 && millis < 3000, lines.getFirst());
            assertEquals("ClosedChannelException", words[1]);
            assertEquals("[active, inactive]", words[2] + ' ' + words[3]);
        }
    }

    /** The child: prints the milliseconds of the close, the failure of the write, the events. */
    static final class DrainMain {
        private DrainMain() {}

        public static void main(String[] args) throws Exception {
            try (Net net = new Net()) {
                Events events = new Events();
                Channel listener = net.listen(() -> events);
                net.narrowSocket(listener, WINDOW);
                Net.until(() -> events.channel() != null, events::toString);
                Channel channel = events.channel();
                ChannelFuture write = channel.writeAndFlush(Data.direct(new byte[8 << 20]));
                long start = System.nanoTime();
                Net.await(channel.close(), "the close");
                long millis = (System.nanoTime() - start) / 1_000_000;
                String cause = Net.failure(write, "the write").getClass().getSimpleName();
                Net.until(() -> events.told().contains("inactive"), events::toString);
                System.out.println(millis + " " + cause.replace("Stackless", "") + " "
                        + events.told());
            }
        }
    }

    @Test
    void closeWithoutLingerResetsAtOnce() throws Exception {
        Speaker speaker = new Speaker(channel -> {
            channel.config().setSoLinger(0);
            ChannelFuture write = channel.writeAndFlush(Data.direct(new byte[8 << 20]));
            channel.close();
            return write;
        });
        Channel listener = net.listen(() -> speaker);
        Socket reader = net.narrowSocket(listener, WINDOW);
        speaker.awaitSpoken();
        long start = System.nanoTime();
        Net.await(speaker.channel().closeFuture(), "the close");
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(millis < 1000, "the close took " + millis + " ms");
        assertInstanceOf(ClosedChannelException.class, Net.failure(speaker.last, "the write"));
        assertThrows(IOException.class, () -> reader.getInputStream().transferTo(
                java.io.OutputStream.nullOutputStream()), "a reset is no end of the stream");
        speaker.awaitInactive();
        assertEquals(List.of("active", "inactive"), speaker.told());
    }

    @Test
    void resetFailsAllThatWasNotSent() throws Exception {
        Speaker speaker = new Speaker(channel -> {
            channel.writeAndFlush(Data.direct(new byte[8 << 20]));
            return channel.writeAndFlush(Data.direct(new byte[10]));
        });
        Channel listener = Net.bind(
                net.server(() -> speaker).childOption(ChannelOption.AUTO_READ, false));
        Socket reader = net.narrowSocket(listener, WINDOW);
        speaker.awaitSpoken();
        reader.setSoLinger(true, 0);
        reader.close();
        assertInstanceOf(IOException.class, Net.failure(speaker.last, "the last write"));
        Net.await(speaker.channel().closeFuture(), "the close");
        speaker.awaitInactive();
        assertEquals(1, speaker.count("inactive"), speaker::toString);
    }
}
