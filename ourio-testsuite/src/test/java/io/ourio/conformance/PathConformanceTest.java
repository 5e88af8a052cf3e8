// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of files: how they reach the kernel, what is done with them, and what is refused. */
@OnEveryBackend
class PathConformanceTest extends FileConformance {
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
}
