// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUringChannelOption;
import io.ourio.BackendKind;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends without a copy on the loopback, where the kernel copies in the end: but not before the
 * peer's window has room, so that a peer that does not read keeps the memory in use.
 */
class ZeroCopyTest {
    private static final int WINDOW = 64 * 1024;

    /** More than the peer's window, and less than the kernel's socket on our side. */
    private static final int LENGTH = 384 * 1024;

    private final Net net = Net.on(BackendKind.IO_URING, 2);
    private final Events events = new Events();
    private final byte[] bytes = Data.random(LENGTH, 16);
    private final ByteBuf data = Data.direct(bytes);

    @AfterEach
    void close() throws Exception {
        net.close();
        if (data.refCnt() > 0) {
            data.release();
        }
    }

    private Channel listen(int threshold) {
        return Net.bind(net.server(() -> events)
                .childOption(OurioChannelOption.ZERO_COPY_THRESHOLD, threshold));
    }

    private Socket stalledPeer() throws IOException {
        return stalledPeer(1000);
    }

    private Socket stalledPeer(int threshold) throws IOException {
        Socket peer = net.narrowSocket(listen(threshold), WINDOW);
        Net.until(() -> events.channel() != null, () -> "no connection");
        assumeTrue(((OurioChannel) events.channel()).ring().capabilities().zeroCopySendmsg(),
                "this kernel has no sends without a copy");
        return peer;
    }

    private OurioLoopMetrics metrics() {
        return ((OurioEventLoop) events.channel().eventLoop()).metrics();
    }

    /** Writes the data and waits until the socket has it; the peer does not. */
    private void writeAhead() {
        Net.await(events.channel().writeAndFlush(data.retain()), "the write");
        assertEquals(1, metrics().zeroCopySends());
        assertEquals(2, data.refCnt(), "references while the peer has not got it all");
    }

    private void assertReads(Socket peer, byte[] expected) throws IOException {
        assertArrayEquals(expected, peer.getInputStream().readNBytes(expected.length));
    }

    private void assertReleased() {
        Net.until(() -> data.refCnt() == 1, () -> data.refCnt() + " references");
    }

    @Test
    void bufferIsHeldUntilThePeerHasTheBytes() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        assertReads(peer, bytes);
        assertReleased();
        Net.barrier(events.channel());
        assertEquals(1, metrics().zeroCopySendsCopied());
    }

    @Test
    void channelOnTheLoopbackTurnsItOffByItself() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        assertReads(peer, bytes);
        assertReleased();
        for (int i = 0; i < 5; i++) {
            ChannelFuture again = events.channel().writeAndFlush(data.retainedDuplicate());
            assertReads(peer, bytes);
            Net.await(again, "a write");
            assertEquals(1, data.refCnt(), "references after a write that was copied");
        }
        assertEquals(1, metrics().zeroCopySends());
        assertEquals(1000, events.channel().config().getOption(
                OurioChannelOption.ZERO_COPY_THRESHOLD));
    }

    /** The header alone is short, and so is the body. */
    @Test
    void thresholdIsOfAllThatIsGathered() throws Exception {
        Socket peer = stalledPeer(LENGTH);
        Channel channel = events.channel();
        int half = LENGTH / 2;
        Net.await(channel.writeAndFlush(data.retainedSlice(0, half)), "a short write");
        assertEquals(0, metrics().zeroCopySends());
        assertReads(peer, Arrays.copyOf(bytes, half));
        channel.write(data.retainedSlice(0, half));
        ChannelFuture body = channel.writeAndFlush(data.retainedSlice(half, half));
        Net.await(body, "the body");
        assertEquals(1, metrics().zeroCopySends());
        assertEquals(3, data.refCnt());
        assertReads(peer, bytes);
        assertReleased();
    }

    /** Behind what is copied and fills the window, so that the peer acknowledges none of them. */
    @Test
    void orderIsKeptWhileSendsAreUnfinished() throws Exception {
        Socket peer = stalledPeer(-1);
        Channel channel = events.channel();
        Net.await(channel.writeAndFlush(data.retainedDuplicate()), "the copied part");
        channel.config().setOption(OurioChannelOption.ZERO_COPY_THRESHOLD, 1000);
        int piece = LENGTH / 32;
        for (int at = 0; at < LENGTH; at += piece) {
            Net.await(channel.writeAndFlush(data.retainedSlice(at, piece)), "a write");
        }
        assertEquals(ZeroCopySends.MOST, metrics().zeroCopySends());
        assertEquals(1 + ZeroCopySends.MOST, data.refCnt());
        assertReads(peer, bytes);
        assertReads(peer, bytes);
        assertReleased();
    }

    @Test
    void closeWaitsUntilThePeerHasTheBytes() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        ChannelFuture closed = events.channel().close();
        Net.barrier(events.channel());
        assertFalse(closed.isDone());
        InputStream in = peer.getInputStream();
        assertArrayEquals(bytes, in.readAllBytes());
        Net.await(closed, "the close");
        assertEquals(1, data.refCnt());
    }

    /** Data that the kernel has is not lost by it, and neither is memory that it reads. */
    @Test
    void closeDoesNotWaitForEver() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        Net.await(events.channel().close(), "the close");
        assertEquals(2, data.refCnt());
        assertArrayEquals(bytes, peer.getInputStream().readAllBytes());
        assertReleased();
    }

    @Test
    void resetEndsTheSendsAtOnce() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        events.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        Net.await(events.channel().close(), "the close");
        assertReleased();
        assertThrows(IOException.class, () -> peer.getInputStream().readAllBytes());
    }

    @Test
    void resetByThePeerEndsTheSends() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        peer.setSoLinger(true, 0);
        peer.close();
        assertReleased();
        events.awaitInactive();
    }

    @Test
    void forcedCloseHoldsTheBuffer() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        Channel channel = events.channel();
        Net.await(channel.eventLoop().submit(() -> channel.unsafe().closeForcibly()), "the close");
        assertEquals(2, data.refCnt());
        assertArrayEquals(bytes, peer.getInputStream().readAllBytes());
        assertReleased();
    }

    /** A send that waits for room in the socket has a part of its bytes on their way. */
    @Test
    void closeThatDoesNotWaitEndsASendOnItsWay() throws Exception {
        Channel listener = listen(1000);
        net.narrowSocket(listener, WINDOW);
        Net.until(() -> events.channel() != null, () -> "no connection");
        Channel channel = events.channel();
        AtomicInteger ends = new AtomicInteger();
        for (int i = 0; i < 16; i++) {
            channel.writeAndFlush(data.retainedDuplicate())
                    .addListener(done -> ends.incrementAndGet());
        }
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        Net.await(channel.close(), "the close");
        assertReleased();
        assertEquals(16, ends.get());
    }

    @Test
    void shutdownOfTheOutputDoesNotWaitForThePeer() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        Net.await(((SocketChannel) events.channel()).shutdownOutput(), "the shutdown");
        assertEquals(2, data.refCnt());
        assertArrayEquals(bytes, peer.getInputStream().readAllBytes());
        assertReleased();
    }

    /** The loop that is left holds the buffer and releases it. */
    @Test
    void channelMovesWhileASendIsUnfinished() throws Exception {
        Socket peer = stalledPeer();
        writeAhead();
        Channel channel = events.channel();
        EventLoop before = channel.eventLoop();
        Net.await(channel.deregister(), "the deregistration");
        EventLoop next = net.group.next();
        Net.await((next == before ? net.group.next() : next).register(channel), "the move");
        byte[] more = Data.random(100, 1);
        ChannelFuture last = channel.writeAndFlush(Data.direct(more));
        assertEquals(2, data.refCnt());
        assertReads(peer, bytes);
        assertReads(peer, more);
        Net.await(last, "the last write");
        assertReleased();
        Net.await(channel.close(), "the close");
    }

    @Test
    void optionHasTwoNamesAndIsOffByDefault() {
        Channel channel = new OurioSocketChannel();
        try {
            var config = channel.config();
            var theirs = IoUringChannelOption.IO_URING_WRITE_ZERO_COPY_THRESHOLD;
            assertEquals(-1, config.getOption(OurioChannelOption.ZERO_COPY_THRESHOLD));
            assertTrue(config.setOption(theirs, 70_000));
            assertEquals(70_000, config.getOption(OurioChannelOption.ZERO_COPY_THRESHOLD));
            ((OurioSocketChannelConfig) config).setZeroCopyThreshold(0);
            assertEquals(0, config.getOption(theirs));
            assertEquals(0, config.getOptions().get(OurioChannelOption.ZERO_COPY_THRESHOLD));
            assertThrows(IllegalArgumentException.class,
                    () -> set(channel, OurioChannelOption.ZERO_COPY_THRESHOLD, "many"));
        } finally {
            channel.unsafe().closeForcibly();
        }
    }

    @SuppressWarnings("unchecked") // As a map of options would do.
    private static void set(Channel channel, ChannelOption<?> option, Object value) {
        channel.config().setOption((ChannelOption<Object>) option, value);
    }

    @Test
    void connectionOfAUnixSocketCopies(@TempDir Path directory) {
        var address = new DomainSocketAddress(directory.resolve("s").toString());
        Events received = new Events();
        Net.await(new ServerBootstrap().group(net.group)
                .channel(OurioServerDomainSocketChannel.class)
                .childHandler(Net.each(() -> received)).bind(address), "the bind");
        ChannelFuture connected = new Bootstrap().group(net.group)
                .channel(OurioDomainSocketChannel.class).handler(events)
                .option(OurioChannelOption.ZERO_COPY_THRESHOLD, 0).connect(address);
        Net.await(connected, "the connection");
        Net.await(connected.channel().writeAndFlush(Unpooled.wrappedBuffer(bytes)), "the write");
        Net.until(() -> received.bytes() == LENGTH, received::toString);
        assertEquals(Data.checksum(bytes), received.checksum());
        assertEquals(0, metrics().zeroCopySends());
    }
}
