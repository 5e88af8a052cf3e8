// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CpuTimeTest {
    private static final long MILLI = 1_000_000;

    @Test
    void threadsAreSummedAndThoseThatCompileToldApart() {
        CpuTime before = new CpuTime(0, Map.of(
                "1", new ThreadTime("java", 10 * MILLI, MILLI),
                "2", new ThreadTime("C2 CompilerThre", 5 * MILLI, 0)));
        CpuTime after = new CpuTime(20 * MILLI, Map.of(
                "1", new ThreadTime("java", 25 * MILLI, 4 * MILLI),
                "2", new ThreadTime("C2 CompilerThre", 7 * MILLI, 0),
                "3", new ThreadTime("C1 CompilerThre", MILLI, 2 * MILLI)));
        assertEquals(new CpuUse(18 * MILLI, 5 * MILLI, 3 * MILLI, CpuUse.Source.SCHEDSTAT),
                after.since(before));
    }

    @Test
    void timeOfEndedThreadsIsTakenFromTheProcess() {
        CpuTime before = new CpuTime(0, Map.of(
                "1", new ThreadTime("java", 0, 0), "2", new ThreadTime("worker", 0, 0)));
        CpuTime after = new CpuTime(500 * MILLI, Map.of("1", new ThreadTime("java", MILLI, 0)));
        assertEquals(new CpuUse(500 * MILLI, 0, 0, CpuUse.Source.STAT), after.since(before));
    }

    @Test
    void kernelWithoutSchedstatLeavesTheClockTicks() {
        CpuUse use = new CpuTime(900 * MILLI, Map.of()).since(new CpuTime(100 * MILLI, Map.of()));
        assertEquals(new CpuUse(800 * MILLI, 0, 0, CpuUse.Source.STAT), use);
    }

    @Test
    void schedstatHasRunAndWaitTime() {
        assertEquals(new ThreadTime("java", 824_602, 52_127),
                ThreadTime.parse("java", "824602 52127 1\n"));
        assertThrows(IllegalArgumentException.class, () -> ThreadTime.parse("java", "1 2\n"));
    }

    @Test
    void compilersAreKnownByTheNameTheKernelCuts() {
        assertTrue(new ThreadTime("C1 CompilerThre", 0, 0).compiles());
        assertTrue(new ThreadTime("C2 CompilerThre", 0, 0).compiles());
        assertFalse(new ThreadTime("multiThreadIoEv", 0, 0).compiles());
    }

    @Test
    void workOfThisProcessShows() throws IOException {
        assumeTrue(Files.exists(Path.of("/proc/self/stat")), "no /proc");
        long pid = ProcessHandle.current().pid();
        CpuTime before = CpuTime.of(pid);
        long wantedNanos = 100 * MILLI;
        long end = System.nanoTime() + 20_000 * MILLI;
        long spent;
        do {
            spent = CpuTime.of(pid).since(before).runNanos();
        } while (spent < wantedNanos && System.nanoTime() < end);
        assertTrue(spent >= wantedNanos, "20 s of work show as " + spent + " ns of CPU time");
    }
}
