// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user may not do with files: run by {@link AccessTest}, as a user for whom permissions
 * count.
 */
@OnEveryBackend
class AccessChecks extends Conformance {
    @TempDir
    Path directory;

    private static void permit(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    /** What everything that a directory can be asked for ends with. */
    private List<Integer> useAll(Path place) {
        String file = place.resolve("file").toString();
        String other = place.resolve("other").toString();
        List<Integer> errors = new ArrayList<>();
        try (Ring ring = open()) {
            List<Supplier<Task>> uses = List.of(
                    () -> ring.stat(file, new FileStatus(), Context.NONE),
                    () -> ring.lstat(file, new FileStatus(), Context.NONE),
                    () -> ring.open(file, OpenFlags.READ, 0, Context.NONE),
                    () -> ring.openAt(world.directory(directory), place.getFileName() + "/file",
                            OpenFlags.READ, 0, Ring.RESOLVE_BENEATH, Context.NONE),
                    () -> ring.open(other, OpenFlags.WRITE | OpenFlags.CREATE, 0600, Context.NONE),
                    () -> ring.unlink(other, Context.NONE),
                    () -> ring.link(file, other, Context.NONE),
                    () -> ring.rename(other, place.resolve("moved").toString(), 0, Context.NONE),
                    () -> ring.symlink("x", other, Context.NONE),
                    () -> ring.mkdir(place.resolve("sub").toString(), 0700, Context.NONE),
                    () -> ring.rmdir(place.resolve("sub").toString(), Context.NONE));
            for (Supplier<Task> use : uses) {
                Task task = use.get();
                int result = finish(ring, task);
                if (result > 0) {
                    world.own(result);
                }
                errors.add(task.errno());
                assertEquals(task.errno() == Errno.EACCES,
                        task.error() == TaskError.ACCESS_DENIED, task::toString);
            }
        }
        return errors;
    }

    @Test
    void directoryThatIsLockedDeniesEverything() throws IOException {
        Path place = Files.createDirectory(directory.resolve("place"));
        Files.writeString(place.resolve("file"), "x");
        List<Integer> open = useAll(place);
        assertEquals(List.of(0), open.stream().distinct().toList(), open::toString);
        permit(place, "---------");
        List<Integer> locked = useAll(place);
        permit(place, "rwx------");
        assertEquals(List.of(Errno.EACCES), locked.stream().distinct().toList(),
                locked::toString);
    }

    @Test
    void fileThatIsLockedIsOpenedOnlyForWhatIsLeft() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        permit(file, "-w-------");
        try (Ring ring = open()) {
            assertDenied(ring, file, OpenFlags.READ);
            assertDenied(ring, file, OpenFlags.READ_WRITE);
            int fd = finish(ring, ring.open(file.toString(), OpenFlags.WRITE, 0, Context.NONE));
            assertTrue(fd >= 0, () -> Errno.describe(-fd));
            world.own(fd);
            permit(file, "r--------");
            assertDenied(ring, file, OpenFlags.WRITE);
            assertResult(1, finish(ring, ring.write(
                    fd, world.memory(1), Ring.BEGINNING, Context.NONE))); // It has it open.
        }
    }

    private static void assertDenied(Ring ring, Path file, int flags) {
        Task task = ring.open(file.toString(), flags, 0, Context.NONE);
        assertResult(-Errno.EACCES, finish(ring, task));
        assertEquals(TaskError.ACCESS_DENIED, task.error());
    }
}
