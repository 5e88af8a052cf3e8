// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * The CPU time of a process at one moment, all its threads; those that the kernel makes for
 * io_uring (iou-wrk, iou-sqp) are threads of the process as well.
 *
 * @param tickNanos by {@code /proc/PID/stat}: coarse, and complete
 * @param threads by thread id: fine, and without the threads that have ended
 */
record CpuTime(long tickNanos, Map<String, ThreadTime> threads) {
    /** User and system time are each cut to whole ticks, at the start and at the end. */
    private static final long TICK_ERROR_NANOS = 4 * ProcStat.CLOCK_TICK.toNanos();

    static CpuTime of(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        return new CpuTime(ProcStat.cpuNanos(Files.readString(process.resolve("stat"))),
                threads(process));
    }

    /** What was used from {@code earlier} to this moment. */
    CpuUse since(CpuTime earlier) {
        long ticks = tickNanos - earlier.tickNanos;
        Collection<ThreadTime> used = threads.entrySet().stream()
                .map(e -> e.getValue().minus(
                        earlier.threads.getOrDefault(e.getKey(), ThreadTime.NONE)))
                .toList();
        long run = used.stream().mapToLong(ThreadTime::runNanos).sum();
        long wait = used.stream().mapToLong(ThreadTime::waitNanos).sum();
        long compile = used.stream().filter(ThreadTime::compiles)
                .mapToLong(ThreadTime::runNanos).sum();
        // Threads that ended take their time with them, and some kernels have no schedstat.
        boolean complete = ticks - run <= TICK_ERROR_NANOS;
        return new CpuUse(complete ? run : ticks, wait, compile,
                complete ? CpuUse.Source.SCHEDSTAT : CpuUse.Source.STAT);
    }

    private static Map<String, ThreadTime> threads(Path process) throws IOException {
        Map<String, ThreadTime> threads = new HashMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                read(task, threads);
            }
        }
        return threads;
    }

    private static void read(Path task, Map<String, ThreadTime> threads) {
        try {
            String name = Files.readString(task.resolve("comm")).strip();
            String schedstat = Files.readString(task.resolve("schedstat"));
            threads.put(task.getFileName().toString(), ThreadTime.parse(name, schedstat));
        } catch (IOException _) {
            // The thread has ended since the folder was read: since() sees what is missing.
        }
    }
}
