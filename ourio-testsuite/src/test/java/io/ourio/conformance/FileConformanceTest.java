// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
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
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and their names: what every operation does, and what it says where it cannot. */
@OnEveryBackend
class FileConformanceTest extends Conformance {
    private static final byte[] CONTENT = "0123456789".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private String file;
    private String missing;

    @BeforeEach
    void makeAFile() throws IOException {
        file = Files.write(directory.resolve("file"), CONTENT).toString();
        missing = directory.resolve("missing").toString();
    }

    private String name(String name) {
        return directory.resolve(name).toString();
    }

    private static void assertError(TaskError error, int errno, Ring ring, Task task) {
        assertResult(-errno, finish(ring, task));
        assertEquals(error, task.error());
        assertEquals(errno, task.errno());
    }

    private static void assertDone(Ring ring, Task task) {
        assertResult(0, finish(ring, task));
        assertNull(task.error());
        assertEquals(0, task.errno());
    }

    private int opened(Ring ring, String path, int flags) {
        int fd = finish(ring, ring.open(path, flags, 0640, Context.NONE));
        assertTrue(fd >= 0, () -> path + ": " + Errno.describe(-fd));
        return world.own(fd);
    }

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

    private Task openAt(Ring ring, String path, int flags, int resolve) {
        return ring.openAt(world.directory(directory), path, flags, 0640, resolve, Context.NONE);
    }

    /** As the device and inode say. */
    private void assertOpens(String expected, Ring ring, Task task) throws IOException {
        int fd = finish(ring, task);
        assertTrue(fd >= 0, () -> expected + ": " + Errno.describe(-fd));
        FileStatus status = new FileStatus();
        assertDone(ring, ring.fstat(world.own(fd), status, Context.NONE));
        assertEquals(Files.getAttribute(Path.of(expected), "unix:ino"), status.inode());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, OpenFlags.NON_BLOCKING})
    void openAtTakesThePathFromItsDirectory(int flags) throws IOException {
        try (Ring ring = open()) {
            assertDone(ring, ring.mkdir(name("sub"), 0755, Context.NONE));
            assertOpens(file, ring, openAt(ring, "file", flags, Ring.RESOLVE_BENEATH));
            assertOpens(file, ring, openAt(ring, "sub/../file", flags, Ring.RESOLVE_BENEATH));
            assertOpens(file, ring, openAt(ring, file, flags, 0));
            assertOpens(name("sub"), ring, openAt(ring, "sub/", flags, Ring.RESOLVE_NO_LINKS));
            Task making = openAt(ring, "sub/made", flags | OpenFlags.READ_WRITE | OpenFlags.CREATE,
                    Ring.RESOLVE_BENEATH);
            int fd = finish(ring, making);
            assertTrue(fd >= 0, making::toString);
            assertTrue(closeOnExec(world.own(fd)));
            assertEquals(3, write(ring, fd, "abc", Ring.BEGINNING));
            int mode = (int) Files.getAttribute(Path.of(name("sub/made")), "unix:mode");
            assertEquals(0, mode & ~(0100000 | 0640), () -> Integer.toOctalString(mode));
            assertError(TaskError.FILE_NOT_FOUND, Errno.ENOENT, ring,
                    openAt(ring, "missing", flags, Ring.RESOLVE_BENEATH));
            assertError(TaskError.FILE_NOT_FOUND, Errno.ENOENT, ring,
                    openAt(ring, "", flags, Ring.RESOLVE_BENEATH));
            assertError(TaskError.NOT_A_DIRECTORY, Errno.ENOTDIR, ring,
                    openAt(ring, "file/below", flags, 0));
            assertError(TaskError.NOT_A_DIRECTORY, Errno.ENOTDIR, ring, ring.openAt(
                    opened(ring, file, OpenFlags.READ), "x", flags, 0, 0, Context.NONE));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, OpenFlags.NON_BLOCKING})
    void openAtDoesNotLeadOut(int flags) throws IOException {
        String inside = directory.getFileName().toString();
        Files.createDirectory(directory.resolve("sub"));
        Files.createSymbolicLink(directory.resolve("sub/in"), Path.of("../file"));
        Files.createSymbolicLink(directory.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(directory.resolve("root"), Path.of("/"));
        Files.createSymbolicLink(directory.resolve("whole"), Path.of(file));
        int beneath = Ring.RESOLVE_BENEATH;
        try (Ring ring = open()) {
            for (String path : List.of("..", "../" + inside + "/file", "/", file, "up", "root",
                    "up/" + inside + "/file", "root/proc", "whole", "sub/../../x")) {
                Task task = openAt(ring, path, flags, beneath);
                assertResult(-Errno.EXDEV, finish(ring, task));
            }
            assertOpens(file, ring, openAt(ring, "sub/in", flags, beneath));
            for (String path : List.of("sub/in", "up", "root/proc", "whole")) {
                assertResult(-Errno.ELOOP, finish(ring,
                        openAt(ring, path, flags, beneath | Ring.RESOLVE_NO_LINKS)));
            }
            assertOpens(file, ring, openAt(ring, "/file", flags, Ring.RESOLVE_IN_ROOT));
            assertOpens(file, ring, openAt(ring, "../../file", flags, Ring.RESOLVE_IN_ROOT));
            assertOpens(file, ring, openAt(ring, "root/file", flags, Ring.RESOLVE_IN_ROOT));
        }
    }

    @Test
    void openAtDoesNotLeadToWhatIsMounted() {
        try (Ring ring = open()) {
            int root = world.directory(Path.of("/"));
            world.own(finish(ring, ring.openAt(root, "proc/self/status", OpenFlags.READ, 0,
                    Ring.RESOLVE_BENEATH, Context.NONE)));
            assertResult(-Errno.EXDEV, finish(ring, ring.openAt(root, "proc/self/status",
                    OpenFlags.READ, 0, Ring.RESOLVE_NO_MOUNTS, Context.NONE)));
        }
    }

    /** Else whoever may make one in the directory could stop a loop. */
    @Test
    void openOfAPipeThatMustNotBlockIsDoneAtOnce() {
        String fifo = world.fifo(directory.resolve("fifo")).toString();
        try (Ring ring = open()) {
            int fd = finish(ring, openAt(ring, "fifo", OpenFlags.NON_BLOCKING, 0));
            assertTrue(fd >= 0, () -> fifo + ": " + Errno.describe(-fd));
            world.own(fd);
        }
    }

    @Test
    void openAtWithoutADirectoryOrByAWordUnknownIsRefused() {
        try (Ring ring = open()) {
            assertThrows(IllegalArgumentException.class,
                    () -> ring.openAt(-1, "file", 0, 0, 0, Context.NONE));
            assertThrows(IllegalArgumentException.class, () -> openAt(ring, "a\0b", 0, 0));
            assertEquals("resolve 0x20 has bits that are no RESOLVE_*", assertThrows(
                    IllegalArgumentException.class, () -> openAt(ring, "file", 0, 0x20))
                    .getMessage());
            assertThrows(IllegalArgumentException.class, () -> ring.openAt(
                    world.directory(directory), "file", 0, 010000, 0, Context.NONE));
            assertEquals(0, ring.active());
        }
    }

    /** All of them, since each says it with its own part of the path. */
    @Test
    void pathsThatLeadNowhereAreNamedSo() {
        String below = missing + "/below";
        try (Ring ring = open()) {
            for (Task task : List.of(
                    ring.stat(missing, new FileStatus(), Context.NONE),
                    ring.lstat(missing, new FileStatus(), Context.NONE),
                    ring.open(missing, OpenFlags.READ, 0, Context.NONE),
                    ring.open("", OpenFlags.READ, 0, Context.NONE),
                    ring.unlink(missing, Context.NONE),
                    ring.rmdir(missing, Context.NONE),
                    ring.rename(missing, name("other"), 0, Context.NONE),
                    ring.mkdir(below, 0755, Context.NONE),
                    ring.symlink("file", below, Context.NONE),
                    ring.link(missing, name("other"), Context.NONE))) {
                assertError(TaskError.FILE_NOT_FOUND, Errno.ENOENT, ring, task);
            }
        }
    }

    @Test
    void fileWhereADirectoryIsNeededIsNamedSo() {
        String below = file + "/below";
        try (Ring ring = open()) {
            for (Task task : List.of(
                    ring.stat(below, new FileStatus(), Context.NONE),
                    ring.open(below, OpenFlags.READ, 0, Context.NONE),
                    ring.open(file, OpenFlags.DIRECTORY, 0, Context.NONE),
                    ring.unlink(below, Context.NONE),
                    ring.rmdir(file, Context.NONE),
                    ring.rename(file, below, 0, Context.NONE),
                    ring.mkdir(below, 0755, Context.NONE),
                    ring.symlink("x", below, Context.NONE),
                    ring.link(file, below, Context.NONE))) {
                assertError(TaskError.NOT_A_DIRECTORY, Errno.ENOTDIR, ring, task);
            }
        }
    }

    @Test
    void directoryWhereAFileIsNeededIsNamedSo() {
        try (Ring ring = open()) {
            String path = directory.toString();
            assertError(TaskError.IS_A_DIRECTORY, Errno.EISDIR, ring,
                    ring.open(path, OpenFlags.WRITE, 0, Context.NONE));
            assertError(TaskError.IS_A_DIRECTORY, Errno.EISDIR, ring,
                    ring.unlink(path, Context.NONE));
            assertDone(ring, ring.mkdir(name("sub"), 0755, Context.NONE));
            assertError(TaskError.IS_A_DIRECTORY, Errno.EISDIR, ring,
                    ring.rename(file, name("sub"), 0, Context.NONE));
            int fd = opened(ring, path, OpenFlags.DIRECTORY);
            assertError(TaskError.IS_A_DIRECTORY, Errno.EISDIR, ring,
                    ring.read(fd, world.memory(8), Ring.BEGINNING, Context.NONE));
        }
    }

    @Test
    void nameThatIsTakenIsRefused() {
        try (Ring ring = open()) {
            assertDone(ring, ring.mkdir(name("sub"), 0755, Context.NONE));
            for (Task task : List.of(
                    ring.mkdir(file, 0755, Context.NONE),
                    ring.mkdir(name("sub"), 0755, Context.NONE),
                    ring.symlink("x", file, Context.NONE),
                    ring.link(file, file, Context.NONE),
                    ring.rename(file, name("sub"), Ring.RENAME_NO_REPLACE, Context.NONE),
                    ring.open(file, OpenFlags.CREATE | OpenFlags.EXCLUSIVE, 0, Context.NONE))) {
                assertError(TaskError.ALREADY_EXISTS, Errno.EEXIST, ring, task);
            }
        }
    }

    /** What nobody may do, also root. */
    @Test
    void whatNobodyMayDoIsDenied() {
        try (Ring ring = open()) {
            assertError(TaskError.ACCESS_DENIED, Errno.EPERM, ring,
                    ring.link(directory.toString(), name("other"), Context.NONE));
        }
    }

    @Test
    void openMakesEmptiesAppendsAndKeepsTheMode() throws IOException {
        String made = name("made");
        try (Ring ring = open()) {
            int fd = opened(ring, made, OpenFlags.READ_WRITE | OpenFlags.CREATE);
            assertEquals(0, Files.size(Path.of(made)));
            int mode = (int) Files.getAttribute(Path.of(made), "unix:mode");
            assertEquals(0, mode & ~(0100000 | 0640), () -> Integer.toOctalString(mode));
            assertNotEquals(0, mode & 0400);
            assertEquals(3, write(ring, fd, "abc", Ring.BEGINNING));
            int append = opened(ring, made, OpenFlags.WRITE | OpenFlags.APPEND);
            assertEquals(1, write(ring, append, "d", Ring.CURRENT_POSITION));
            assertEquals("abcd", Files.readString(Path.of(made)));
            opened(ring, made, OpenFlags.WRITE | OpenFlags.TRUNCATE);
            assertEquals(0, Files.size(Path.of(made)));
            assertEquals(closeOnExec(fd), true);
        }
    }

    private int write(Ring ring, int fd, String text, long offset) {
        return finish(ring, ring.write(fd,
                world.memory(text.getBytes(StandardCharsets.US_ASCII)), offset, Context.NONE));
    }

    private static boolean closeOnExec(int fd) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                .filter(line -> line.startsWith("flags:"))
                .anyMatch(line -> (Long.parseLong(line.substring(6).strip(), 8) & 02000000) != 0);
    }

    @Test
    void openFollowsLinksOrNot() {
        try (Ring ring = open()) {
            assertDone(ring, ring.symlink(file, name("link"), Context.NONE));
            opened(ring, name("link"), OpenFlags.READ);
            assertError(TaskError.UNEXPECTED, 40, ring,
                    ring.open(name("link"), OpenFlags.NO_FOLLOW, 0, Context.NONE));
        }
    }

    @Test
    void temporaryFileHasNoName() throws IOException {
        try (Ring ring = open()) {
            int fd = finish(ring, ring.open(directory.toString(),
                    OpenFlags.TEMPORARY | OpenFlags.READ_WRITE, 0600, Context.NONE));
            if (fd != -Errno.EOPNOTSUPP) { // The file system decides.
                assertTrue(fd >= 0, () -> Errno.describe(-fd));
                assertEquals(1, write(ring, world.own(fd), "x", Ring.BEGINNING));
            }
            try (var list = Files.list(directory)) {
                assertEquals(1, list.count());
            }
        }
    }

    /** Neither made, seen nor removed by the JDK, which takes the locale's encoding. */
    @Test
    void pathsGoToTheKernelInUtf8() throws IOException {
        String name = "gr\u00fc\u00df \u4e2d\ud83d\ude00";
        try (Ring ring = open()) {
            assertDone(ring, ring.mkdir(directory + "/" + name, 0755, Context.NONE));
            Process list = new ProcessBuilder("ls", directory.toString()).start();
            List<String> names = new String(
                    list.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
            assertTrue(names.contains(name), names::toString);
            assertDone(ring, ring.rmdir(directory + "/" + name, Context.NONE));
        }
    }

    @Test
    void pathThatTheKernelWouldReadOtherwiseIsRefused() {
        try (Ring ring = open()) {
            String nul = "the path has a NUL at index 3, where the kernel would take it to end";
            String half = "the path has half of a surrogate pair, which UTF-8 cannot say";
            FileStatus status = new FileStatus();
            for (String bad : List.of("abc\0def", "abc\0", "ab\ud83d")) {
                String message = bad.contains("\0") ? nul : half;
                for (Executable call : List.<Executable>of(
                            () -> ring.stat(bad, status, Context.NONE),
                            () -> ring.lstat(bad, status, Context.NONE),
                            () -> ring.open(bad, 0, 0, Context.NONE),
                            () -> ring.unlink(bad, Context.NONE),
                            () -> ring.rmdir(bad, Context.NONE),
                            () -> ring.mkdir(bad, 0, Context.NONE),
                            () -> ring.rename(bad, "x", 0, Context.NONE),
                            () -> ring.rename("x", bad, 0, Context.NONE),
                            () -> ring.symlink(bad, "x", Context.NONE),
                            () -> ring.symlink("x", bad, Context.NONE),
                            () -> ring.link(bad, "x", Context.NONE),
                            () -> ring.link("x", bad, Context.NONE))) {
                    assertEquals(message,
                            assertThrows(IllegalArgumentException.class, call).getMessage());
                }
            }
            assertThrows(NullPointerException.class,
                    () -> ring.stat(null, status, Context.NONE));
            assertThrows(NullPointerException.class,
                    () -> ring.stat("x", null, Context.NONE));
            assertEquals(0, ring.active());
        }
    }

    @Test
    void longestPathWorksAndALongerOneIsTooLong() {
        StringBuilder path = new StringBuilder(directory.toString());
        while (path.length() < 4095 - "/file".length()) {
            path.append('/');
        }
        path.append("/file");
        try (Ring ring = open()) {
            assertEquals(4095, path.length());
            assertDone(ring, ring.stat(path.toString(), new FileStatus(), Context.NONE));
            assertError(TaskError.UNEXPECTED, 36, ring,
                    ring.stat("/" + path, new FileStatus(), Context.NONE));
        }
    }

    @Test
    void renameMovesReplacesAndExchanges() throws IOException {
        String other = name("other");
        try (Ring ring = open()) {
            assertDone(ring, ring.rename(file, other, 0, Context.NONE));
            assertFalse(Files.exists(Path.of(file)));
            assertArrayEquals(CONTENT, Files.readAllBytes(Path.of(other)));
            Files.writeString(Path.of(file), "new");
            assertDone(ring, ring.rename(file, other, Ring.RENAME_EXCHANGE, Context.NONE));
            assertEquals("new", Files.readString(Path.of(other)));
            assertArrayEquals(CONTENT, Files.readAllBytes(Path.of(file)));
            assertDone(ring, ring.rename(file, other, 0, Context.NONE));
            assertArrayEquals(CONTENT, Files.readAllBytes(Path.of(other)));
            assertError(TaskError.INVALID, Errno.EINVAL, ring,
                    ring.rename(other, file, 0x100, Context.NONE));
        }
    }

    @Test
    void unlinkAndRmdirRemoveEachItsOwnKind() throws IOException {
        String sub = name("sub");
        try (Ring ring = open()) {
            assertDone(ring, ring.mkdir(sub, 0750, Context.NONE));
            assertEquals(0, (int) Files.getAttribute(Path.of(sub), "unix:mode") & 027);
            assertDone(ring, ring.link(file, sub + "/inside", Context.NONE));
            assertEquals(2, Files.getAttribute(Path.of(file), "unix:nlink"));
            assertError(TaskError.DIRECTORY_NOT_EMPTY, Errno.ENOTEMPTY, ring,
                    ring.rmdir(sub, Context.NONE));
            assertDone(ring, ring.unlink(sub + "/inside", Context.NONE));
            assertDone(ring, ring.rmdir(sub, Context.NONE));
            assertFalse(Files.exists(Path.of(sub)));
            assertDone(ring, ring.unlink(file, Context.NONE));
            assertFalse(Files.exists(Path.of(file)));
        }
    }

    @Test
    void symbolicLinkKeepsItsTargetAsItWasGiven() throws IOException {
        try (Ring ring = open()) {
            assertDone(ring, ring.symlink("../no//where/", name("link"), Context.NONE));
        }
        // The JDK would tidy the target up.
        Process read = new ProcessBuilder("readlink", name("link")).start();
        assertEquals("../no//where/\n", new String(
                read.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    /** A hard link to a symbolic link is a further name of the link. */
    @Test
    void linkDoesNotFollowItsTarget() {
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            assertDone(ring, ring.symlink("file", name("soft"), Context.NONE));
            assertDone(ring, ring.link(name("soft"), name("hard"), Context.NONE));
            assertDone(ring, ring.lstat(name("hard"), status, Context.NONE));
            assertTrue(status.isSymbolicLink());
            assertEquals(2, status.links());
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

    /** To open a pipe is to wait for the other end. CREATE has the kernel do it in a thread. */
    private Task openOfAPipe(Ring ring, String fifo) {
        Task task = ring.open(fifo, OpenFlags.READ | OpenFlags.CREATE, 0600, Context.NONE);
        turns(ring, 3);
        assertFalse(task.isFree(), task::toString);
        return task;
    }

    @Test
    void openThatWaitsIsCanceled() throws Exception {
        String fifo = world.fifo(directory.resolve("fifo")).toString();
        try (Ring ring = open()) {
            Task task = openOfAPipe(ring, fifo);
            task.cancel(Context.NONE);
            assertError(TaskError.CANCELED, Errno.ECANCELED, ring, task);
            finishAll(ring);
            assertFalse(World.openFiles().containsValue(fifo));
        }
    }

    @Test
    void closeOfTheRingEndsAnOpenThatWaits() throws Exception {
        String fifo = world.fifo(directory.resolve("fifo")).toString();
        Task task;
        try (Ring ring = open()) {
            task = openOfAPipe(ring, fifo);
        }
        assertResult(-Errno.ECANCELED, task.result());
        assertEquals(TaskError.CANCELED, task.error());
    }

    /** It has the file when its cancel comes: nobody expects the descriptor. */
    @Test
    void descriptorOfAnOpenThatWasCanceledFirstIsClosed() throws Exception {
        assumeTrue(kind != BackendKind.MOCK, "what its script opens, it opens at once");
        String fifo = world.fifo(directory.resolve("fifo")).toString();
        try (Ring ring = open()) {
            Task task = openOfAPipe(ring, fifo);
            task.cancel(Context.NONE);
            FileChannel.open(Path.of(fifo), StandardOpenOption.WRITE).close();
            assertError(TaskError.CANCELED, Errno.ECANCELED, ring, task);
            finishAll(ring);
            assertFalse(World.openFiles().containsValue(fifo));
        }
    }

    @Test
    void queuedOpenThatIsCanceledNeverHappens() {
        try (Ring ring = open()) {
            Task task = ring.open(missing, OpenFlags.CREATE | OpenFlags.WRITE, 0600, Context.NONE);
            task.cancel(Context.NONE);
            assertError(TaskError.CANCELED, Errno.ECANCELED, ring, task);
            finishAll(ring);
            assertFalse(Files.exists(Path.of(missing)));
        }
    }

    /** Short names follow long ones in the same memory, and the longest have their own. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100, 225, 226, 227, 237, 238, 239, 240, 600, 1000})
    void pathOfAnyLengthReachesTheKernelWhole(int count) throws IOException {
        FileStatus status = new FileStatus();
        try (Ring ring = open()) {
            String path = directory + "/" + "./".repeat(count) + "file";
            for (String each : List.of(path, file, path)) {
                assertDone(ring, ring.stat(each, status, Context.NONE));
                assertEquals(CONTENT.length, status.size());
            }
            assertOpens(file, ring, openAt(ring, "./".repeat(count) + "file", 0, 0));
            assertDone(ring, ring.rename(path, name("new"), 0, Context.NONE));
            assertDone(ring, ring.rename(name("new"), path, 0, Context.NONE));
            assertError(TaskError.FILE_NOT_FOUND, Errno.ENOENT, ring,
                    ring.stat(path + "x", status, Context.NONE));
        }
    }

    /** The memory of their paths lives until the end of each, whatever the collector does. */
    @Test
    void manyPathsAtATimeDoNotMix() {
        int count = 300;
        Log log = new Log();
        List<Task> tasks = new ArrayList<>();
        List<FileStatus> statuses = new ArrayList<>();
        try (Ring ring = open(8)) {
            for (int i = 0; i < count; i++) {
                ring.mkdir(name("d" + i), 0700, log.context());
            }
            System.gc();
            finishAll(ring);
            for (int i = 0; i < count; i++) {
                statuses.add(new FileStatus());
                tasks.add(ring.stat(name("d" + i), statuses.get(i), log.context()));
            }
            System.gc();
            finishAll(ring);
        }
        assertEquals(2 * count, log.size());
        assertTrue(log.results().stream().allMatch(result -> result == 0), log.results()::toString);
        assertEquals(count, statuses.stream().map(FileStatus::inode).distinct().count());
        tasks.forEach(task -> assertNull(task.resource(), "what it kept is let go"));
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
