// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are opened: from where, by which links, and an end that comes before. */
@OnEveryBackend
class OpenConformanceTest extends FileConformance {
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
}
