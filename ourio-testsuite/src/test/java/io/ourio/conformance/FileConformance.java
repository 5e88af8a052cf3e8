// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of files share: a folder with a file in it, and how a task has to end. */
abstract class FileConformance extends Conformance {
    static final byte[] CONTENT = "0123456789".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    String file;
    String missing;

    @BeforeEach
    void makeAFile() throws IOException {
        file = Files.write(directory.resolve("file"), CONTENT).toString();
        missing = directory.resolve("missing").toString();
    }

    String name(String name) {
        return directory.resolve(name).toString();
    }

    static void assertError(TaskError error, int errno, Ring ring, Task task) {
        assertResult(-errno, finish(ring, task));
        assertEquals(error, task.error());
        assertEquals(errno, task.errno());
    }

    static void assertDone(Ring ring, Task task) {
        assertResult(0, finish(ring, task));
        assertNull(task.error());
        assertEquals(0, task.errno());
    }

    int opened(Ring ring, String path, int flags) {
        int fd = finish(ring, ring.open(path, flags, 0640, Context.NONE));
        assertTrue(fd >= 0, () -> path + ": " + Errno.describe(-fd));
        return world.own(fd);
    }

    Task openAt(Ring ring, String path, int flags, int resolve) {
        return ring.openAt(world.directory(directory), path, flags, 0640, resolve, Context.NONE);
    }

    /** As the device and inode say. */
    void assertOpens(String expected, Ring ring, Task task) throws IOException {
        int fd = finish(ring, task);
        assertTrue(fd >= 0, () -> expected + ": " + Errno.describe(-fd));
        FileStatus status = new FileStatus();
        assertDone(ring, ring.fstat(world.own(fd), status, Context.NONE));
        assertEquals(Files.getAttribute(Path.of(expected), "unix:ino"), status.inode());
    }

    int write(Ring ring, int fd, String text, long offset) {
        return finish(ring, ring.write(fd,
                world.memory(text.getBytes(StandardCharsets.US_ASCII)), offset, Context.NONE));
    }
}
