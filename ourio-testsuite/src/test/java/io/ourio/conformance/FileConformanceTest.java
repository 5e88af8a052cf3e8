// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.Iovecs;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files themselves: what is known of them, and what is done with their bytes. */
@OnEveryBackend
class FileConformanceTest extends FileConformance {
    @Test
    void statTellsWhatTheJdkTells() throws IOException {
        Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-r-x--x"));
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            assertDone(ring, ring.stat(file, status, Context.NONE));
        }
        Map<String, Object> expected =
                Files.readAttributes(Path.of(file), "unix:*", LinkOption.NOFOLLOW_LINKS);
        assertEquals(expected.get("size"), status.size());
        assertEquals(expected.get("mode"), status.mode());
        assertEquals(0651, status.permissions());
        assertEquals(expected.get("ino"), status.inode());
        assertEquals(expected.get("nlink"), status.links());
        assertEquals(expected.get("uid"), status.uid());
        assertEquals(expected.get("gid"), status.gid());
        assertEquals(time(expected, "lastAccessTime"), status.accessTime());
        assertEquals(time(expected, "lastModifiedTime"), status.modificationTime());
        assertEquals(time(expected, "ctime"), status.changeTime());
        if (status.creationTime() != null) {
            assertEquals(time(expected, "creationTime"), status.creationTime());
        }
        long device = (Long) expected.get("dev");
        assertEquals(device >>> 8 & 0xfff, status.deviceMajor());
        assertEquals(device & 0xff | device >>> 12 & 0xfff00, status.deviceMinor());
        assertTrue(status.blockSize() > 0);
        assertTrue(status.isRegularFile());
        assertEquals("FileStatus[mode=0100651 size=10 inode=" + status.inode() + ']',
                status.toString());
    }

    private static Instant time(Map<String, Object> attributes, String name) {
        return ((FileTime) attributes.get(name)).toInstant();
    }

    /** The whole struct at a time: an answer does not mix with the one before. */
    @Test
    void statusThatIsUsedAgainHoldsTheLastAnswer() {
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            assertDone(ring, ring.stat(file, status, Context.NONE));
            assertEquals(10, status.size());
            assertDone(ring, ring.stat("/dev/null", status, Context.NONE));
            assertTrue(status.isDevice());
            assertEquals(0, status.size());
            assertDone(ring, ring.stat(directory.toString(), status, Context.NONE));
            assertTrue(status.isDirectory());
            assertFalse(status.isDevice() || status.isRegularFile() || status.isSymbolicLink()
                    || status.isPipe() || status.isSocket());
        }
    }

    @Test
    void lstatSeesTheLinkAndStatWhatItLeadsTo() {
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            assertDone(ring, ring.symlink("file", name("link"), Context.NONE));
            assertDone(ring, ring.lstat(name("link"), status, Context.NONE));
            assertTrue(status.isSymbolicLink());
            assertEquals("file".length(), status.size());
            assertDone(ring, ring.stat(name("link"), status, Context.NONE));
            assertTrue(status.isRegularFile());
            assertEquals(CONTENT.length, status.size());
        }
    }

    /** Also when it has no name any more, and of what never had one. */
    @Test
    void fstatTellsOfWhatIsOpen() {
        FileStatus byName = new FileStatus();
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            int fd = opened(ring, file, OpenFlags.READ);
            assertDone(ring, ring.stat(file, byName, Context.NONE));
            Task task = ring.fstat(fd, status, Context.NONE);
            assertDone(ring, task);
            assertEquals(byName.inode(), status.inode());
            assertEquals(byName.mode(), status.mode());
            assertEquals(CONTENT.length, status.size());
            assertEquals(byName.modificationTime(), status.modificationTime());
            assertDone(ring, ring.unlink(file, Context.NONE));
            assertResult(0, finish(ring, ring.fstat(fd, status, task)));
            assertEquals(0, status.links());
            assertDone(ring, ring.fstat(world.pipe().ours(), status, Context.NONE));
            assertTrue(status.isPipe());
            assertDone(ring, ring.fstat(world.pair().ours(), status, Context.NONE));
            assertTrue(status.isSocket());
            assertDone(ring, ring.fstat(world.directory(directory), status, Context.NONE));
            assertTrue(status.isDirectory());
            assertThrows(IllegalArgumentException.class,
                    () -> ring.fstat(-1, status, Context.NONE));
            assertThrows(NullPointerException.class, () -> ring.fstat(fd, null, Context.NONE));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 10, 1L << 32})
    void ftruncateCutsAndLengthens(long size) throws IOException {
        try (Ring ring = open()) {
            int fd = opened(ring, file, OpenFlags.READ_WRITE);
            assertDone(ring, ring.ftruncate(fd, size, Context.NONE));
        }
        assertEquals(size, Files.size(Path.of(file)));
    }

    @Test
    void sizesAndSpacesThatCannotBeAreRefused() throws IOException {
        try (Ring ring = open()) {
            int readOnly = opened(ring, file, OpenFlags.READ);
            assertError(TaskError.INVALID, Errno.EINVAL, ring,
                    ring.ftruncate(readOnly, 1, Context.NONE));
            assertError(TaskError.BAD_DESCRIPTOR, Errno.EBADF, ring,
                    ring.fallocate(readOnly, 0, 0, 1, Context.NONE));
            int fd = opened(ring, file, OpenFlags.WRITE);
            assertError(TaskError.UNEXPECTED, Errno.EFBIG, ring,
                    ring.fallocate(fd, 0, Long.MAX_VALUE - 1, 2, Context.NONE));
            assertEquals("size -1 is negative", assertThrows(IllegalArgumentException.class,
                    () -> ring.ftruncate(fd, -1, Context.NONE)).getMessage());
            for (long[] bad : new long[][] {{-1, 1}, {0, 0}, {0, -1}}) {
                assertEquals("offset " + bad[0] + " is negative, or length " + bad[1]
                        + " is not above 0", assertThrows(IllegalArgumentException.class, () ->
                                ring.fallocate(fd, 0, bad[0], bad[1], Context.NONE)).getMessage());
            }
            for (int mode : new int[] {-1, 010000}) {
                assertEquals("mode 0" + Integer.toOctalString(mode) + " is outside 0..07777",
                        assertThrows(IllegalArgumentException.class,
                                () -> ring.mkdir("x", mode, Context.NONE)).getMessage());
            }
            assertArrayEquals(CONTENT, Files.readAllBytes(Path.of(file)));
        }
    }

    @Test
    void fallocateTakesKeepsAndFreesSpace() throws IOException {
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            int fd = opened(ring, file, OpenFlags.READ_WRITE);
            int kept = finish(ring, ring.fallocate(
                    fd, Ring.FALLOCATE_KEEP_SIZE, 0, 1 << 20, Context.NONE));
            if (kept == -Errno.EOPNOTSUPP) {
                return; // The file system decides; the refusal is the answer then.
            }
            assertResult(0, kept);
            assertEquals(CONTENT.length, Files.size(Path.of(file)));
            assertDone(ring, ring.stat(file, status, Context.NONE));
            assertTrue(status.allocated() >= 1 << 20, status.allocated() + " bytes");
            assertDone(ring, ring.fallocate(fd, 0, 0, 1 << 20, Context.NONE));
            assertEquals(1 << 20, Files.size(Path.of(file)));
            assertDone(ring, ring.fallocate(
                    fd, Ring.FALLOCATE_PUNCH_HOLE, 1, 3, Context.NONE));
            MemorySegment read = world.memory(6);
            assertResult(6, finish(ring, ring.read(fd, read, Ring.BEGINNING, Context.NONE)));
            assertArrayEquals(new byte[] {'0', 0, 0, 0, '4', '5'}, read.toArray(JAVA_BYTE));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fsyncCompletesForAFileAndFailsForAPipe(boolean dataOnly) {
        try (Ring ring = open()) {
            int fd = opened(ring, file, OpenFlags.WRITE);
            assertResult(1, write(ring, fd, "x", Ring.BEGINNING));
            assertDone(ring, ring.fsync(fd, dataOnly, Context.NONE));
            assertError(TaskError.INVALID, Errno.EINVAL, ring,
                    ring.fsync(world.pipe().peer(), dataOnly, Context.NONE));
        }
    }

    @Test
    void readvFillsItsPiecesInOrder() {
        MemorySegment memory = world.memory(12);
        try (Ring ring = open()) {
            Iovecs pieces = ring.iovecs();
            pieces.add(memory.address() + 8, 4);
            pieces.add(memory.address(), 0);
            pieces.add(memory.address(), 8);
            int fd = opened(ring, file, OpenFlags.READ);
            assertResult(10, finish(ring, ring.readv(fd, pieces, Ring.BEGINNING, Context.NONE)));
            assertEquals("456789\0\0" + "0123", new String(memory.toArray(JAVA_BYTE)));
            assertResult(2, finish(ring, ring.readv(fd, pieces, 8, Context.NONE)));
            assertEquals("8923", new String(memory.asSlice(8).toArray(JAVA_BYTE)));
            assertResult(10, finish(ring,
                    ring.readv(fd, pieces, Ring.CURRENT_POSITION, Context.NONE)));
            assertResult(0, finish(ring,
                    ring.readv(fd, pieces, Ring.CURRENT_POSITION, Context.NONE)));
            pieces.release();
        }
    }

    @Test
    void taskThatIsStartedAgainIsCheckedEachTime() {
        MemorySegment memory = world.memory(10);
        long at = memory.address();
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            int fd = opened(ring, file, OpenFlags.READ_WRITE);
            Iovecs pieces = ring.iovecs();
            pieces.add(at, 10);
            for (Executable call : List.<Executable>of(
                    () -> ring.read(-1, at, 1, 0, task), () -> ring.write(-1, at, 1, 0, task),
                    () -> ring.read(fd, at, -1, 0, task), () -> ring.write(fd, at, -1, 0, task),
                    () -> ring.read(fd, at, 1, -2, task), () -> ring.write(fd, at, 1, -2, task),
                    () -> ring.readv(-1, pieces, 0, task), () -> ring.readv(fd, pieces, -2, task),
                    () -> ring.writev(-1, pieces, 0, task),
                    () -> ring.writev(fd, pieces, -2, task),
                    () -> ring.splice(-1, 0, fd, 0, 1, task),
                    () -> ring.splice(fd, 0, -1, 0, 1, task),
                    () -> ring.splice(fd, 0, fd, 0, -1, task),
                    () -> ring.fsync(-1, true, task), () -> ring.close(-1, task),
                    () -> ring.accept(-1, task))) {
                assertThrows(IllegalArgumentException.class, call);
                assertTrue(task.isFree());
            }
            assertResult(3, finish(ring, ring.read(fd, at, 3, 7, task)));
            assertResult(3, finish(ring, ring.write(fd, at, 3, Ring.BEGINNING, task)));
            assertResult(10, finish(ring, ring.readv(fd, pieces, Ring.BEGINNING, task)));
            assertEquals("7893456789", new String(memory.toArray(JAVA_BYTE)));
            assertResult(10, finish(ring, ring.writev(fd, pieces, 10, task)));
            assertResult(0, finish(ring, ring.fsync(fd, true, task)));
            assertResult(0, finish(ring, ring.close(world.disown(fd), task)));
            pieces.release();
            assertEquals(0, ring.active());
        }
    }

    @Test
    void spliceMovesBytesThroughAPipe() throws IOException {
        World.Pair pipe = world.pipe();
        String copy = name("copy");
        try (Ring ring = open()) {
            int from = opened(ring, file, OpenFlags.READ);
            int to = opened(ring, copy, OpenFlags.WRITE | OpenFlags.CREATE);
            Task in = ring.splice(from, 2, pipe.peer(), Ring.CURRENT_POSITION, 5, Context.NONE);
            assertEquals(from, in.sourceFd());
            assertEquals(pipe.peer(), in.fd());
            assertResult(5, finish(ring, in));
            assertResult(5, finish(ring, ring.splice(
                    pipe.ours(), Ring.CURRENT_POSITION, to, 1, 100, Context.NONE)));
            assertResult(0, finish(ring, ring.splice(
                    from, 10, pipe.peer(), Ring.CURRENT_POSITION, 5, Context.NONE)));
        }
        assertEquals("\00023456", Files.readString(Path.of(copy)));
    }

    @Test
    void spliceThatCannotBeIsRefused() {
        World.Pair pipe = world.pipe();
        int closed = 1 << 20;
        try (Ring ring = open()) {
            int from = opened(ring, file, OpenFlags.READ);
            int to = opened(ring, name("copy"), OpenFlags.WRITE | OpenFlags.CREATE);
            assertError(TaskError.INVALID, Errno.EINVAL, ring,
                    ring.splice(from, 0, to, 0, 1, Context.NONE));
            assertError(TaskError.UNEXPECTED, Errno.ESPIPE, ring,
                    ring.splice(from, 0, pipe.peer(), 3, 1, Context.NONE));
            assertError(TaskError.BAD_DESCRIPTOR, Errno.EBADF, ring, ring.splice(
                    closed, 0, pipe.peer(), Ring.CURRENT_POSITION, 1, Context.NONE));
            assertError(TaskError.BAD_DESCRIPTOR, Errno.EBADF, ring,
                    ring.splice(from, 0, closed, 0, 1, Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.splice(-1, 0, to, 0, 1, Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.splice(from, 0, -1, 0, 1, Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.splice(from, -2, to, 0, 1, Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.splice(from, 0, to, 0, -1, Context.NONE));
            assertEquals(-1, ring.noop(Context.NONE).sourceFd());
        }
    }

    private static void end(Ring ring, Task task, boolean deadline) {
        turns(ring, 2);
        assertFalse(task.isFree(), task::toString);
        if (deadline) {
            task.deadline(Instant.now().plusMillis(2));
        } else {
            task.cancel(Context.NONE);
        }
        assertError(TaskError.CANCELED, Errno.ECANCELED, ring, task);
    }

    /** Waits in a thread of the kernel, which a cancel interrupts. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void spliceThatWaitsForBytesIsEndedAndTakesNone(boolean deadline) throws IOException {
        World.Pair pipe = world.pipe();
        String copy = name("copy");
        try (Ring ring = open()) {
            int to = opened(ring, copy, OpenFlags.WRITE | OpenFlags.CREATE);
            end(ring, ring.splice(pipe.ours(), Ring.CURRENT_POSITION,
                    to, Ring.CURRENT_POSITION, 8, Context.NONE), deadline);
            assertEquals(3, write(ring, pipe.peer(), "abc", Ring.CURRENT_POSITION));
            assertResult(3, finish(ring, ring.splice(pipe.ours(), Ring.CURRENT_POSITION,
                    to, Ring.CURRENT_POSITION, 8, Context.NONE)));
        }
        assertEquals("abc", Files.readString(Path.of(copy)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void spliceThatWaitsForRoomIsEndedAndMovesNothing(boolean deadline) {
        World.Pair pipe = world.fullPipe();
        MemorySegment memory = world.memory(1 << 20);
        try (Ring ring = open()) {
            int from = opened(ring, file, OpenFlags.READ);
            end(ring, ring.splice(from, Ring.CURRENT_POSITION,
                    pipe.peer(), Ring.CURRENT_POSITION, 8, Context.NONE), deadline);
            int full = finish(ring,
                    ring.read(pipe.ours(), memory, Ring.CURRENT_POSITION, Context.NONE));
            assertTrue(full > 0, () -> full + " bytes");
            assertResult(8, finish(ring, ring.splice(from, Ring.CURRENT_POSITION,
                    pipe.peer(), Ring.CURRENT_POSITION, 8, Context.NONE)));
            assertResult(8, finish(ring,
                    ring.read(pipe.ours(), memory, Ring.CURRENT_POSITION, Context.NONE)));
            assertEquals("01234567", new String(memory.asSlice(0, 8).toArray(JAVA_BYTE)));
        }
    }

    @Test
    void errorOfACancelTellsWhatBecameOfIt() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task ended = ring.noop(Context.NONE);
            assertDone(ring, ended);
            assertError(TaskError.ENTRY_NOT_FOUND, Errno.ENOENT, ring,
                    ended.cancel(Context.NONE));
            Task recv = ring.recv(pair.ours(), world.memory(1), 0, Context.NONE);
            turns(ring, 1);
            assertDone(ring, recv.cancel(Context.NONE));
            assertError(TaskError.CANCELED, Errno.ECANCELED, ring, recv);
        }
    }
}
