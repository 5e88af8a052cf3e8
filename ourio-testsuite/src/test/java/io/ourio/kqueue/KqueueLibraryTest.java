// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.backend.Kqueues;
import io.ourio.sys.NativeKqueue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A kqueue that a library provides on Linux. All conformance tests run on one with {@code
 * -Dio.ourio.kqueue.library=PATH}.
 */
class KqueueLibraryTest {
    private static final String[] FOLDERS = {"/usr/lib", "/usr/lib64", "/usr/local/lib",
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"};

    @TempDir
    private Path folder;

    @Test
    void libraryThatIsNotThereIsRefused() {
        Path none = folder.resolve("none.so");
        assertThrows(IllegalArgumentException.class, () -> NativeKqueue.ofLibrary(none));
    }

    @Test
    void libraryWithoutAKqueueIsRefusedWithWhatIsMissing() throws IOException {
        Path libc;
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            libc = maps.filter(line -> line.matches(".*/(libc\\.so\\.6|ld-musl.*)"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .findFirst().orElseThrow();
        }
        var refused = assertThrows(
                IllegalArgumentException.class, () -> NativeKqueue.ofLibrary(libc));
        assertEquals(libc + " has no function kqueue", refused.getMessage());
    }

    @Test
    void ringRunsOnALibraryThatIsInstalled() {
        Path library = installed();
        assumeTrue(library != null, "no libkqueue.so is installed; one that is elsewhere is named"
                + " by -D" + Kqueues.LIBRARY);
        Kqueues.install(NativeKqueue.ofLibrary(library));
        try (Ring ring = Ring.open(RingOptions.defaults().withBackend(BackendKind.KQUEUE))) {
            Thread.ofPlatform().start(ring::wakeup);
            ring.run(RunMode.ONCE); // Nothing but the wakeup ends it.
            Task timer = ring.timer(Duration.ofMillis(5), Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(0, timer.result());
        } finally {
            Kqueues.install(null);
            EmulatedKqueue.installOnLinux();
        }
    }

    private static Path installed() {
        String named = System.getProperty(Kqueues.LIBRARY);
        return named != null ? Path.of(named) : Stream.of(FOLDERS)
                .flatMap(path -> Stream.of("libkqueue.so", "libkqueue.so.0", "libkqueue.so.1")
                        .map(name -> Path.of(path, name)))
                .filter(Files::exists).findFirst().orElse(null);
    }
}
