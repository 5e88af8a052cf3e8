// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.ourio.BackendKind;
import io.ourio.Errno;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts of files that the ring fetches: they arrive or fail, and each lets go of its file once. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.netty.Net#kernels")
class OurioFileRegionTest {
    private static final int OFFSET = 12_345; // Within a page.
    private static final int LENGTH = 10 << 20;

    private final byte[] data = Data.random(OFFSET + LENGTH + 1000, 9);
    private final AtomicInteger closed = new AtomicInteger();
    private final Events events = new Events();

    @Parameter
    BackendKind kind;

    private Net net;
    private Path file;
    private int fd;
    private Socket reader;
    private Channel channel;

    @BeforeEach
    void connect(@TempDir Path directory) throws Exception {
        file = Files.write(directory.resolve("data"), data);
        fd = open(file);
        net = Net.on(kind, 2);
        Channel listener = net.listen(() -> events);
        reader = net.narrowSocket(listener, 64 * 1024);
        Net.until(() -> events.channel() != null, events::toString);
        channel = events.channel();
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private static int open(Path file) {
        try (Arena call = Arena.ofConfined()) {
            int fd = Libc.current().syscall(Linux.SYS_OPENAT, Linux.AT_FDCWD,
                    call.allocateFrom(file.toString()).address(), Linux.O_CLOEXEC, 0);
            assertTrue(fd >= 0, () -> Errno.describe(-fd));
            return fd;
        }
    }

    private FileRegion region(long position, long count) {
        return new OurioFileRegion(fd, position, count, () -> {
            closed.incrementAndGet();
            Libc.current().close(fd);
        });
    }

    private void assertArrives(int from, int count) throws IOException {
        assertEquals(Data.checksum(Arrays.copyOfRange(data, from, from + count)),
                Data.checksum(reader.getInputStream().readNBytes(count)));
    }

    @Test
    void partArrivesBetweenBuffersAndItsFileIsClosed() throws Exception {
        FileRegion region = region(OFFSET, LENGTH);
        channel.write(Data.direct(Arrays.copyOf(data, OFFSET)));
        ChannelFuture write = channel.write(region);
        ChannelFuture last = channel.writeAndFlush(Data.direct(
                Arrays.copyOfRange(data, OFFSET + LENGTH, data.length)));
        assertArrives(0, data.length);
        Net.await(write, "the region");
        Net.await(last, "the last write");
        assertEquals(LENGTH, region.transferred());
        assertEquals(1, closed.get());
    }

    @Test
    void emptyPartIsWrittenWithoutAFetch() {
        Net.await(channel.writeAndFlush(region(OFFSET, 0)), "the region");
        assertEquals(1, closed.get());
    }

    @Test
    void partBeforeACloseArrives() throws Exception {
        ChannelFuture write = Net.await(channel.eventLoop().submit(() -> {
            ChannelFuture written = channel.writeAndFlush(region(OFFSET, LENGTH));
            channel.close();
            return written;
        }), "the write");
        assertArrives(OFFSET, LENGTH);
        assertEquals(-1, reader.getInputStream().read());
        Net.await(write, "the region");
        events.awaitInactive();
        assertEquals(1, closed.get());
    }

    @Test
    void fileThatIsShorterFailsAndWhatItHasArrives() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(data.length - 1000, 6000));
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        assertEquals("the file ended after 1000 of 6000 bytes of its region",
                write.cause().getMessage());
        assertArrives(data.length - 1000, 1000);
        Net.await(channel.close(), "the close");
        assertEquals(1, closed.get());
    }

    @Test
    void fileThatIsCutMeanwhileFails() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(OFFSET, LENGTH));
        InputStream in = reader.getInputStream();
        assertEquals(data[OFFSET], (byte) in.read());
        try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            cut.truncate(OFFSET + 100);
        }
        in.skip(LENGTH);
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        Net.await(channel.close(), "the close");
        assertEquals(1, closed.get());
    }

    @Test
    void whatIsNoFileToReadFailsAsItsCallSays() {
        Libc.current().close(fd);
        fd = open(file.getParent());
        ChannelFuture write = channel.writeAndFlush(region(0, 10));
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        assertTrue(write.cause().getMessage().contains("splice"), write.cause()::toString);
        Net.await(channel.close(), "the close");
        assertEquals(1, closed.get());
    }

    /** Not before the ring has let go of it. */
    @Test
    void closeByForceInTheMidstClosesTheFileOnce() {
        channel.writeAndFlush(region(OFFSET, LENGTH));
        Net.await(channel.eventLoop().submit(() -> channel.unsafe().closeForcibly()), "the close");
        Net.await(channel.close(), "the second close");
        Net.until(() -> closed.get() == 1, closed::get);
    }

    @Test
    void resetInTheMidstClosesTheFile() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(OFFSET, LENGTH));
        reader.getInputStream().read();
        reader.setSoLinger(true, 0);
        reader.close();
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        events.awaitInactive();
        Net.until(() -> closed.get() == 1, closed::get);
    }

    @Test
    void partThatNobodySendsIsReleased() throws Exception {
        Net.await(channel.close(), "the close");
        Net.failure(channel.writeAndFlush(region(OFFSET, LENGTH)), "the region");
        assertEquals(1, closed.get());
    }

    /** The part that was fetched goes along; the next one is fetched by the other ring. */
    @Test
    void partGoesOnWhereItsChannelMovesTo() throws Exception {
        ChannelFuture write = channel.writeAndFlush(region(OFFSET, LENGTH));
        EventLoop first = channel.eventLoop();
        EventLoop next = net.group.next();
        Net.await(channel.deregister(), "the deregistration");
        Net.await((next == first ? net.group.next() : next).register(channel), "the move");
        assertArrives(OFFSET, LENGTH);
        Net.await(write, "the region");
        assertEquals(1, closed.get());
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0", "0, -1, 0", "0, 0, -1"})
    void negativeNumbersAreRefused(int descriptor, long position, long count) {
        assertThrows(IllegalArgumentException.class,
                () -> new OurioFileRegion(descriptor, position, count, () -> { }));
        assertThrows(NullPointerException.class, () -> new OurioFileRegion(0, 0, 0, null));
        Libc.current().close(fd);
    }

    @Test
    void othersCannotSendIt() {
        FileRegion region = region(1, 2);
        assertEquals(1, region.position());
        assertEquals(2, region.count());
        assertSame(region, region.retain().touch().touch("hint"));
        assertThrows(UnsupportedOperationException.class, () -> region.transferTo(null, 0));
        assertTrue(!region.release() && region.release());
        assertEquals(1, closed.get());
    }
}
