// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.AbstractReferenceCounted;
import io.ourio.Errno;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files and other regions, between buffers and to a reader that takes its time. */
class FileRegionTest {
    private static final int OFFSET = 12_345;
    private static final int LENGTH = 10 << 20;
    private static final int PIPE = 1 << 20;
    private static final int HUGE_PAGE = 1 << 30; // The largest: a multiple of each.
    private static final int MFD_HUGETLB = 4;

    private final Net net = new Net();
    private final Events events = new Events();
    private final byte[] data = Data.random(OFFSET + LENGTH + 1000, 9);
    private Path file;
    private Socket reader;
    private Channel channel;

    @BeforeEach
    void connect(@TempDir Path directory) throws Exception {
        file = Files.write(directory.resolve("data"), data);
        Channel listener = net.listen(() -> events);
        reader = net.narrowSocket(listener, 64 * 1024);
        Net.until(() -> events.channel() != null, events::toString);
        channel = events.channel();
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private static long read(InputStream in, long length) throws IOException {
        CRC32 checksum = new CRC32();
        byte[] piece = new byte[64 * 1024];
        long left = length;
        while (left > 0) {
            int count = in.read(piece, 0, (int) Math.min(piece.length, left));
            if (count < 0) {
                throw new IOException("the stream ended " + left + " bytes too early");
            }
            checksum.update(piece, 0, count);
            left -= count;
            LockSupport.parkNanos(100_000);
        }
        return checksum.getValue();
    }

    private static long checksum(byte[]... parts) {
        CRC32 checksum = new CRC32();
        for (byte[] part : parts) {
            checksum.update(part);
        }
        return checksum.getValue();
    }

    private byte[] wanted() {
        return Arrays.copyOfRange(data, OFFSET, OFFSET + LENGTH);
    }

    private FileRegion region() {
        return new DefaultFileRegion(file.toFile(), OFFSET, LENGTH);
    }

    @Test
    void filesAndBuffersArriveInTheirOrder() throws Exception {
        byte[] head = Data.random(1000, 1);
        byte[] middle = Data.random(300_000, 2);
        channel.write(Data.direct(head));
        channel.write(region());
        channel.write(Unpooled.wrappedBuffer(middle));
        channel.write(new Generated(wanted(), 7_777));
        ChannelFuture last = channel.writeAndFlush(Data.direct(head));
        long length = 2L * head.length + 2L * LENGTH + middle.length;
        assertEquals(checksum(head, wanted(), middle, wanted(), head),
                read(reader.getInputStream(), length));
        Net.await(last, "the last write");
    }

    @Test
    void fileBeforeACloseArrives() throws Exception {
        ChannelFuture write = Net.await(channel.eventLoop().submit(() -> {
            ChannelFuture file = channel.writeAndFlush(region());
            channel.close();
            return file;
        }), "the write");
        assertEquals(checksum(wanted()), read(reader.getInputStream(), LENGTH));
        assertEquals(-1, reader.getInputStream().read());
        Net.await(write, "the write");
        events.awaitInactive();
        assertEquals(1, events.count("inactive"));
    }

    @Test
    void fileThatIsShorterThanItsRegionFailsAndWhatItHasArrives() throws Exception {
        int beyond = 5000;
        ChannelFuture write = channel.writeAndFlush(
                new DefaultFileRegion(file.toFile(), data.length - 1000, 1000 + beyond));
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        byte[] end = Arrays.copyOfRange(data, data.length - 1000, data.length);
        assertEquals(checksum(end), read(reader.getInputStream(), end.length));
        Net.await(channel.close(), "the close");
        events.awaitInactive();
    }

    @Test
    void fileThatIsNotThereFails() {
        ChannelFuture write = channel.writeAndFlush(
                new DefaultFileRegion(file.resolveSibling("nothing").toFile(), 0, 10));
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        Net.await(channel.close(), "the close");
        events.awaitInactive();
    }

    /** The kernel reads a part of the file at that moment: it must not be lost, nor freed. */
    @Test
    void closeByForceInTheMidstOfAFileFreesItsParts() {
        channel.writeAndFlush(region());
        Net.barrier(channel);
        Net.await(channel.eventLoop().submit(() -> channel.unsafe().closeForcibly()), "the close");
        Net.await(channel.close(), "the second close");
    }

    @Test
    void progressIsToldUpToTheEnd() throws Exception {
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        ChannelProgressivePromise promise = channel.newProgressivePromise();
        promise.addListener(new ChannelProgressiveFutureListener() {
            @Override
            public void operationProgressed(
                    ChannelProgressiveFuture future, long progress, long total) {
                assertEquals(LENGTH, total);
                told.add(progress);
            }

            @Override
            public void operationComplete(ChannelProgressiveFuture future) {
                told.add(-1L);
            }
        });
        FileRegion region = region();
        channel.writeAndFlush(region, promise);
        assertEquals(checksum(wanted()), read(reader.getInputStream(), LENGTH));
        Net.await(promise, "the region");
        Net.barrier(channel);
        assertEquals(LENGTH, region.transferred());
        assertEquals(0, region.refCnt());
        assertTrue(told.size() > 2, told::toString);
        assertEquals(told.stream().sorted().toList().subList(1, told.size()),
                told.subList(0, told.size() - 1));
        assertEquals(List.of((long) LENGTH, -1L), told.subList(told.size() - 2, told.size()));
    }

    /** What the pipe and the socket have already does not change any more. */
    @Test
    void fileThatIsCutMeanwhileFails() throws Exception {
        FileRegion region = region();
        ChannelFuture write = channel.writeAndFlush(region);
        InputStream in = reader.getInputStream();
        assertEquals(data[OFFSET], (byte) in.read());
        try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            cut.truncate(OFFSET + 100);
        }
        in.skip(LENGTH);
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        assertEquals(0, region.refCnt());
        Net.await(channel.close(), "the close");
    }

    @Test
    void resetInTheMidstOfAFileLeavesNothingOpen() throws Exception {
        FileRegion region = region();
        ChannelFuture write = channel.writeAndFlush(region);
        reader.getInputStream().read();
        reader.setSoLinger(true, 0);
        reader.close();
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        events.awaitInactive();
        assertEquals(0, region.refCnt());
        assertFalse(isOpen(file), "the file is still open");
    }

    @Test
    void shutdownOfTheOutputComesAfterTheFile() throws Exception {
        Net.await(channel.eventLoop().submit(() -> {
            channel.writeAndFlush(region());
            ((SocketChannel) channel).shutdownOutput();
        }), "the write");
        assertEquals(checksum(wanted()), read(reader.getInputStream(), LENGTH));
        assertEquals(-1, reader.getInputStream().read());
        reader.getOutputStream().write(1);
        Net.until(() -> events.bytes() == 1, events::toString);
    }

    @Test
    void regionOfASubclassMayWriteAsMuchAsItLikes() throws Exception {
        FileRegion region = new Greedy();
        ChannelFuture write = channel.writeAndFlush(region);
        assertEquals(checksum(wanted()), read(reader.getInputStream(), LENGTH));
        Net.await(write, "the region");
        assertEquals(0, region.refCnt());
    }

    /** Such a file is read in whole blocks, which are refused otherwise: the loop must not hang. */
    @Test
    void fileThatIsOpenForDirectReadsArrivesOrFails() throws Exception {
        byte[] blocks = Arrays.copyOf(data, LENGTH / 4096 * 4096);
        Path aligned = Files.write(file.resolveSibling("blocks"), blocks);
        ChannelFuture whole = channel.writeAndFlush(
                new DefaultFileRegion(openDirectly(aligned), 0, blocks.length - 1000));
        byte[] wanted = Arrays.copyOf(blocks, blocks.length - 1000);
        assertEquals(checksum(wanted), read(reader.getInputStream(), wanted.length));
        Net.await(whole, "the region");
        FileRegion unaligned = new DefaultFileRegion(openDirectly(aligned), 100, LENGTH / 2);
        ChannelFuture refused = channel.writeAndFlush(unaligned);
        Net.until(() -> refused.isDone() || !readSome(), refused::toString);
        Net.outcome(refused, "the region"); // The reader may see the end before.
        assertEquals(0, unaligned.refCnt());
    }

    /**
     * One in /proc says that it is empty, and the JDK reads it from its beginning only: it must not
     * do so into a pipe that is full.
     */
    @Test
    void fileThatDoesNotTellItsLengthFailsAndItsBeginningArrives() throws Exception {
        File symbols = new File("/proc/kallsyms"); // Megabytes, which stay the same.
        int length = 64 * 1024;
        byte[] beginning;
        try (InputStream in = new FileInputStream(symbols)) {
            beginning = in.readNBytes(length);
        }
        FileRegion region = new DefaultFileRegion(symbols, 0, 3 << 20);
        ChannelFuture write = channel.writeAndFlush(region);
        assertEquals(checksum(beginning), read(reader.getInputStream(), length));
        assertInstanceOf(IOException.class, Net.failure(write, "the region"));
        assertEquals(0, region.refCnt());
    }

    /**
     * Its pages are not 4096 bytes, and none of them can be sent or mapped, as there are none: a
     * hole can be read. No more than a pipe takes, see ARCHITECTURE.md.
     */
    @Test
    void fileOfHugePagesArrives() throws Exception {
        int length = PIPE - 100;
        Libc libc = Libc.current();
        try (Arena arena = Arena.ofConfined()) {
            int fd = libc.memfdCreate(arena.allocateFrom("huge").address(),
                    Linux.MFD_CLOEXEC | MFD_HUGETLB);
            assumeTrue(fd >= 0, () -> "memfd_create: " + Errno.describe(-fd));
            String path = "/proc/self/fd/" + fd;
            try (RandomAccessFile huge = new RandomAccessFile(path, "rw")) {
                huge.setLength(HUGE_PAGE);
            }
            FileRegion region = new DefaultFileRegion(new File(path), 100, length);
            ChannelFuture write = channel.writeAndFlush(region);
            assertEquals(checksum(new byte[length]), read(reader.getInputStream(), length));
            Net.await(write, "the region");
            assertEquals(length, region.transferred());
            libc.close(fd);
        }
    }

    private boolean readSome() {
        try {
            return reader.getInputStream().read(new byte[1 << 20]) >= 0;
        } catch (IOException e) {
            return false; // The channel is closed.
        }
    }

    /** Not so where the file system cannot. */
    private static FileChannel openDirectly(Path path) throws Exception {
        // By its name, since javac warns of its package, which cannot be suppressed.
        Object direct = Arrays.stream(Class.forName("com.sun.nio.file.ExtendedOpenOption")
                .getEnumConstants()).filter(option -> option.toString().equals("DIRECT"))
                .findFirst().orElseThrow();
        try {
            return FileChannel.open(path, StandardOpenOption.READ, (OpenOption) direct);
        } catch (IOException | UnsupportedOperationException e) {
            return FileChannel.open(path, StandardOpenOption.READ);
        }
    }

    /** A file that its reader takes as fast as it comes does not keep the loop to itself. */
    @Test
    void loopHasTurnsInTheMidstOfAFile() throws Exception {
        long length = 64 << 20;
        Path large = file.resolveSibling("large");
        try (FileChannel sparse = FileChannel.open(
                large, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            sparse.write(ByteBuffer.wrap(new byte[1]), length - 1);
        }
        Events taken = new Events();
        Socket fast = net.socket(net.listen(() -> taken));
        Net.until(() -> taken.channel() != null, taken::toString);
        EventLoop loop = taken.channel().eventLoop();
        FileRegion region = new DefaultFileRegion(large.toFile(), 0, length);
        AtomicLong most = new AtomicLong();
        loop.execute(() -> noteEachTurn(loop, region, 0, most));
        ChannelFuture write = taken.channel().writeAndFlush(region);
        fast.getInputStream().skipNBytes(length);
        Net.await(write, "the region");
        assertTrue(most.get() <= 3 << 20, () -> most + " bytes in one turn");
    }

    private static void noteEachTurn(
            EventLoop loop, FileRegion region, long before, AtomicLong most) {
        long now = region.transferred();
        most.accumulateAndGet(now - before, Math::max);
        if (now < region.count()) {
            loop.schedule(() -> noteEachTurn(loop, region, now, most), 1, TimeUnit.NANOSECONDS);
        }
    }

    private static boolean isOpen(Path path) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path fd : open.toList()) {
                try {
                    if (Files.readSymbolicLink(fd).equals(path.toRealPath())) {
                        return true;
                    }
                } catch (NoSuchFileException e) {
                    continue; // That of the listing, or of another thread.
                }
            }
        }
        return false;
    }

    /** A file that does not end at the room it is given. */
    private final class Greedy extends DefaultFileRegion {
        private long sent;

        Greedy() {
            super(file.toFile(), OFFSET, LENGTH);
        }

        @Override
        public long transferTo(WritableByteChannel target, long position) throws IOException {
            int written = target.write(ByteBuffer.wrap(
                    data, OFFSET + (int) position, LENGTH - (int) position));
            sent += written;
            return written;
        }

        @Override
        public long transferred() {
            return sent;
        }
    }

    /** A region that is no file, and gives as little at a time as it likes. */
    private static final class Generated extends AbstractReferenceCounted implements FileRegion {
        private final byte[] bytes;
        private final int piece;
        private long transferred;
        private int calls;

        Generated(byte[] bytes, int piece) {
            this.bytes = bytes;
            this.piece = piece;
        }

        @Override
        public long transferTo(WritableByteChannel target, long position) throws IOException {
            if (calls++ % 10 == 9) {
                return 0; // Nothing at the moment.
            }
            int length = (int) Math.min(piece, bytes.length - position);
            int written = target.write(ByteBuffer.wrap(bytes, (int) position, length));
            transferred += written;
            return written;
        }

        @Override
        public long position() {
            return 0;
        }

        @Override
        @Deprecated
        public long transfered() {
            return transferred;
        }

        @Override
        public long transferred() {
            return transferred;
        }

        @Override
        public long count() {
            return bytes.length;
        }

        @Override
        public FileRegion retain() {
            super.retain();
            return this;
        }

        @Override
        public FileRegion retain(int increment) {
            super.retain(increment);
            return this;
        }

        @Override
        public FileRegion touch() {
            return this;
        }

        @Override
        public FileRegion touch(Object hint) {
            return this;
        }

        @Override
        protected void deallocate() {}
    }
}
