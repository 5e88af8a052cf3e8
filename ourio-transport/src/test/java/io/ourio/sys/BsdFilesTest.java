// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The calls that Linux has by number, made by functions that every system has: here on Linux, where
 * they must do the same as its own.
 */
class BsdFilesTest {
    private static final long HERE = -1;
    private static final String TEXT = "0123456789";

    private final Arena arena = Arena.ofAuto();
    private final Libc libc = new BsdLibc(arena, Platform.LINUX, false);

    @TempDir
    private Path folder;

    @BeforeAll
    static void onLinux() {
        assumeTrue(Platform.CURRENT == Platform.LINUX, "its numbers are Linux's");
    }

    @Test
    void fileIsOpenedAndItsFlagsAreObeyed() throws IOException {
        Path file = folder.resolve("new");
        int fd = open(file, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL, 0640);
        assertEquals(10, libc.write(fd, bytes(TEXT).address(), 10));
        assertEquals(0, libc.close(fd));
        assertEquals(TEXT, Files.readString(file));
        assertEquals(-Errno.EEXIST, open(file, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL, 0));
        assertEquals(-Errno.ENOENT, open(folder.resolve("none"), Linux.O_RDONLY, 0));
    }

    /** Field by field, as Linux's own call has it. */
    @ParameterizedTest
    @ValueSource(strings = {"file", "link", "."})
    void statusIsThatOfStatx(String name) throws IOException {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the struct is that of x86-64");
        Files.writeString(folder.resolve("file"), TEXT);
        Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        for (int flags : new int[] {0, Linux.AT_SYMLINK_NOFOLLOW}) {
            MemorySegment ours = status(libc, folder.resolve(name), flags);
            MemorySegment linux = status(Libc.current(), folder.resolve(name), flags);
            for (String field : new String[] {"blksize", "nlink", "uid", "gid", "dev_major",
                "dev_minor", "rdev_major", "rdev_minor"}) {
                assertEquals(Statx.getInt(linux, field), Statx.getInt(ours, field), field);
            }
            for (String field : new String[] {"ino", "size", "blocks"}) {
                assertEquals(Statx.getLong(linux, field), Statx.getLong(ours, field), field);
            }
            for (String time : new String[] {"atime", "mtime", "ctime"}) {
                assertEquals(Statx.seconds(linux, time), Statx.seconds(ours, time), time);
                assertEquals(Statx.nanos(linux, time), Statx.nanos(ours, time), time);
            }
            assertEquals(Statx.mode(linux), Statx.mode(ours));
            assertEquals(0x7ff, Statx.getInt(ours, "mask"), "all but the time of birth");
        }
        assertEquals(-Errno.ENOENT, stat(libc, folder.resolve("none"), 0,
                arena.allocate(Statx.LAYOUT)));
    }

    @Test
    void statusOfWhatIsOpenIsThatOfItsName() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), TEXT);
        int fd = open(file, Linux.O_RDONLY, 0);
        MemorySegment ours = arena.allocate(Statx.LAYOUT);
        assertEquals(0, libc.syscall(Linux.SYS_STATX, fd, name(Path.of("")),
                Linux.AT_EMPTY_PATH | Linux.AT_STATX_DONT_SYNC, 0, ours.address(), 0));
        MemorySegment byName = status(libc, file, 0);
        assertEquals(Statx.getLong(byName, "ino"), Statx.getLong(ours, "ino"));
        assertEquals(10, Statx.getLong(ours, "size"));
        assertEquals(0, libc.close(fd));
        assertEquals(-Errno.EBADF, libc.syscall(Linux.SYS_STATX, fd, name(Path.of("")),
                Linux.AT_EMPTY_PATH, 0, ours.address(), 0));
    }

    /** What memory has of it nobody knows, and nothing keeps the path from leading elsewhere. */
    @Test
    void pathFromADirectoryIsOpenedUnlessItIsToBeHeldBack() throws IOException {
        Files.writeString(folder.resolve("file"), TEXT);
        int directory = open(folder, Linux.O_RDONLY | Linux.O_DIRECTORY, 0);
        int fd = openAt(directory, "file", Linux.O_RDONLY, 0, 0);
        assertTrue(fd >= 0, () -> Errno.describe(-fd));
        int made = openAt(directory, "new", Linux.O_WRONLY | Linux.O_CREAT, 0600, 0);
        assertEquals(0600, 0777 & (int) Files.getAttribute(folder.resolve("new"), "unix:mode"));
        assertEquals(-Errno.ENOENT, openAt(directory, "none", Linux.O_RDONLY, 0, 0));
        assertEquals(-Errno.EAGAIN, openAt(
                directory, "file", Linux.O_RDONLY, 0, OpenHow.RESOLVE_CACHED));
        assertEquals(-Errno.EOPNOTSUPP, openAt(
                directory, "file", Linux.O_RDONLY, 0, OpenHow.RESOLVE_BENEATH));
        for (int open : new int[] {fd, made, directory}) {
            assertEquals(0, libc.close(open));
        }
    }

    private int openAt(int directory, String path, int flags, int mode, int resolve) {
        MemorySegment how = arena.allocate(OpenHow.SIZE, Long.BYTES);
        OpenHow.set(how, flags, mode, resolve);
        return libc.syscall(Linux.SYS_OPENAT2, directory, name(Path.of(path)), how.address(),
                OpenHow.SIZE);
    }

    @Test
    void namesAreRemovedAndChanged() throws IOException {
        Path from = Files.writeString(folder.resolve("from"), TEXT);
        Path to = folder.resolve("to");
        assertEquals(0, rename(from, to, 0));
        assertEquals(TEXT, Files.readString(to));
        assertEquals(-Errno.EOPNOTSUPP, rename(to, from, Linux.RENAME_NOREPLACE));
        assertEquals(0, unlink(to, 0));
        assertTrue(Files.notExists(to));
        Path directory = Files.createDirectory(folder.resolve("directory"));
        assertEquals(-Errno.EISDIR, unlink(directory, 0));
        assertEquals(0, unlink(directory, Linux.AT_REMOVEDIR));
        assertTrue(Files.notExists(directory));
    }

    @Test
    void spaceIsTakenAndContentIsSynced() throws IOException {
        Path file = folder.resolve("file");
        int fd = open(file, Linux.O_RDWR | Linux.O_CREAT, 0600);
        assertEquals(0, libc.syscall(Linux.SYS_FALLOCATE, fd, 0, 0, 5000));
        assertEquals(5000, Files.size(file));
        assertEquals(-Errno.EOPNOTSUPP, libc.syscall(
                Linux.SYS_FALLOCATE, fd, Linux.FALLOC_FL_KEEP_SIZE, 0, 5000));
        assertEquals(-Errno.EBADF, libc.syscall(Linux.SYS_FALLOCATE, -1, 0, 0, 5000));
        assertEquals(0, libc.syscall(Linux.SYS_FSYNC, fd, 0));
        assertEquals(0, libc.syscall(Linux.SYS_FDATASYNC, fd, 0));
        assertEquals(-Errno.EBADF, libc.syscall(Linux.SYS_FSYNC, -1, 0));
        assertEquals(0, libc.close(fd));
    }

    @Test
    void piecesGoToAnOffsetAndToThePosition() {
        int fd = open(folder.resolve("file"), Linux.O_RDWR | Linux.O_CREAT, 0600);
        assertEquals(10, transfer(Linux.SYS_PWRITEV2, fd, bytes(TEXT), HERE, 0));
        assertEquals(10, transfer(Linux.SYS_PWRITEV2, fd, bytes(TEXT), 5, 0));
        MemorySegment into = arena.allocate(10);
        assertEquals(10, transfer(Linux.SYS_PREADV2, fd, into, 1, 0));
        assertEquals("1234012345", text(into));
        assertEquals(5, transfer(Linux.SYS_PREADV2, fd, into, HERE, 0), "from 10 to 15");
        assertEquals(0, libc.close(fd));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Linux.SOCK_NONBLOCK})
    void transferThatMustNotWaitDoesNot(int kind) {
        int[] pair = pair(kind);
        MemorySegment into = arena.allocate(1 << 20);
        int nowait = Linux.RWF_NOWAIT;
        assertEquals(-Errno.EAGAIN, transfer(Linux.SYS_PREADV2, pair[0], into, HERE, nowait));
        assertEquals(10, transfer(Linux.SYS_PWRITEV2, pair[1], bytes(TEXT), HERE, nowait));
        assertEquals(10, transfer(Linux.SYS_PREADV2, pair[0], into, HERE, nowait));
        assertEquals(TEXT, text(into.asSlice(0, 10)));
        int written = transfer(Linux.SYS_PWRITEV2, pair[1], into, HERE, nowait);
        assertTrue(written > 0 && written < 1 << 20, "wrote " + written);
        assertEquals(-Errno.EAGAIN, transfer(Linux.SYS_PWRITEV2, pair[1], into, HERE, nowait));
        int read = 0;
        for (int part = 1; part > 0; read += Math.max(0, part)) {
            part = transfer(Linux.SYS_PREADV2, pair[0], into, HERE, nowait);
        }
        assertEquals(written, read);
        assertEquals(-Errno.ESPIPE, transfer(Linux.SYS_PREADV2, pair[0], into, 0, nowait));
        close(pair[1]);
        assertEquals(0, transfer(Linux.SYS_PREADV2, pair[0], into, HERE, nowait));
        close(pair[0]);
    }

    @Test
    void whatMemoryHasOfAFileNobodyKnows() {
        int file = open(folder.resolve("file"), Linux.O_RDWR | Linux.O_CREAT, 0600);
        MemorySegment into = arena.allocate(10);
        assertEquals(-Errno.EOPNOTSUPP,
                transfer(Linux.SYS_PREADV2, file, into, 0, Linux.RWF_NOWAIT));
        assertEquals(-Errno.EBADF,
                transfer(Linux.SYS_PREADV2, -1, into, HERE, Linux.RWF_NOWAIT));
        close(file);
    }

    @Test
    void spliceMovesWhatIsThereAndFindsRoom() {
        int[] from = pair(Linux.SOCK_NONBLOCK);
        int[] to = pair(Linux.SOCK_NONBLOCK);
        byte[] sent = new byte[3000];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31);
        }
        assertEquals(-Errno.EAGAIN, splice(from[0], 0, to[1], 0, 5000));
        MemorySegment data = arena.allocateFrom(JAVA_BYTE, sent);
        assertEquals(3000, libc.write(from[1], data.address(), 3000));
        assertEquals(2000, splice(from[0], 0, to[1], 0, 2000));
        assertEquals(1000, splice(from[0], 0, to[1], 0, 5000));
        MemorySegment into = arena.allocate(5000);
        assertEquals(3000, libc.read(to[0], into.address(), 5000));
        assertArrayEquals(sent, into.asSlice(0, 3000).toArray(JAVA_BYTE));
        close(from[1]);
        assertEquals(0, splice(from[0], 0, to[1], 0, 5000), "the end");
        close(from[0], to[0], to[1]);
    }

    @Test
    void spliceReadsAndWritesAtOffsetsAndMovesThem() throws IOException {
        Path source = Files.writeString(folder.resolve("source"), TEXT);
        Path target = folder.resolve("target");
        int in = open(source, Linux.O_RDONLY, 0);
        int out = open(target, Linux.O_RDWR | Linux.O_CREAT, 0600);
        int[] pipe = pair(Linux.SOCK_NONBLOCK);
        MemorySegment offset = arena.allocateFrom(JAVA_LONG, 4);
        assertEquals(6, splice(in, offset.address(), pipe[1], 0, 100));
        assertEquals(10, offset.get(JAVA_LONG, 0));
        offset.set(JAVA_LONG, 0, 2);
        assertEquals(6, splice(pipe[0], 0, out, offset.address(), 100));
        assertEquals(8, offset.get(JAVA_LONG, 0));
        assertEquals("\0\0" + "456789", Files.readString(target));
        assertEquals(-Errno.EINVAL, splice(in, 0, out, 0, 100), "neither is a pipe");
        close(in, out, pipe[0], pipe[1]);
    }

    /** A destination that is full holds as much as it took, and the rest stays in the source. */
    @Test
    void spliceLosesNothingWhereThereIsNoRoom() {
        int[] from = pair(Linux.SOCK_NONBLOCK);
        int[] to = pair(Linux.SOCK_NONBLOCK);
        MemorySegment chunk = arena.allocate(1000);
        long in = 0;
        long out = 0;
        long moved = 0;
        for (int turn = 0; turn < 3000; turn++) {
            in += Math.max(0, libc.write(from[1], chunk.address(), 1000));
            moved += Math.max(0, splice(from[0], 0, to[1], 0, 1 << 20));
        }
        assertEquals(-Errno.EAGAIN, splice(from[0], 0, to[1], 0, 1 << 20), "full");
        MemorySegment into = arena.allocate(1 << 16);
        long read;
        while ((read = libc.read(to[0], into.address(), 1 << 16)) > 0) {
            out += read;
        }
        assertEquals(moved, out);
        while ((read = libc.read(from[0], into.address(), 1 << 16)) > 0) {
            out += read;
        }
        assertEquals(in, out);
        close(from[0], from[1], to[0], to[1]);
    }

    @Test
    void callThatNoSystemHasIsRefused() {
        assertEquals(-Errno.ENOSYS, libc.syscall(Linux.SYS_EPOLL_PWAIT2, 0, 0, 0, 0, 0, 0));
    }

    private int open(Path path, int flags, int mode) {
        return libc.syscall(Linux.SYS_OPENAT, Linux.AT_FDCWD, name(path), flags, mode);
    }

    private int rename(Path from, Path to, int flags) {
        return libc.syscall(Linux.SYS_RENAMEAT2,
                Linux.AT_FDCWD, name(from), Linux.AT_FDCWD, name(to), flags, 0);
    }

    private int unlink(Path path, int flags) {
        return libc.syscall(Linux.SYS_UNLINKAT, Linux.AT_FDCWD, name(path), flags, 0);
    }

    private MemorySegment status(Libc by, Path path, int flags) {
        MemorySegment statx = arena.allocate(Statx.LAYOUT);
        assertEquals(0, stat(by, path, flags, statx));
        return statx;
    }

    private int stat(Libc by, Path path, int flags, MemorySegment statx) {
        return by.syscall(Linux.SYS_STATX, Linux.AT_FDCWD, name(path), flags, Statx.WANTED,
                statx.address(), 0);
    }

    private int transfer(int call, int fd, MemorySegment data, long offset, int flags) {
        MemorySegment piece = arena.allocate(16, 8);
        piece.set(JAVA_LONG, 0, data.address());
        piece.set(JAVA_LONG, 8, data.byteSize());
        return libc.syscall(call, fd, piece.address(), 1, offset, 0, flags);
    }

    private int splice(int from, long fromAt, int to, long toAt, long length) {
        return libc.syscall(Linux.SYS_SPLICE, from, fromAt, to, toAt, length, 2);
    }

    private int[] pair(int flags) {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        assertEquals(0, libc.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | flags, 0, pair));
        return pair.toArray(JAVA_INT);
    }

    private void close(int... fds) {
        for (int fd : fds) {
            assertEquals(0, libc.close(fd));
        }
    }

    private MemorySegment bytes(String text) {
        return arena.allocateFrom(JAVA_BYTE, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(MemorySegment memory) {
        return new String(memory.toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    private long name(Path path) {
        return arena.allocateFrom(path.toString()).address();
    }
}
