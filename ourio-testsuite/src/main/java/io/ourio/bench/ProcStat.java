// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.time.Duration;

/** Reads {@code /proc/PID/stat}, described in proc_pid_stat(5). */
final class ProcStat {
    /** 100 a second in what the kernel shows to programs on x86 and ARM, whatever its own HZ. */
    static final Duration CLOCK_TICK = Duration.ofMillis(10);

    /** Fields are counted from 1; the command's name is field 2. */
    private static final int FIRST_FIELD_AFTER_NAME = 3;
    private static final int USER_TIME_FIELD = 14;
    private static final int SYSTEM_TIME_FIELD = 15;

    private ProcStat() {
    }

    /**
     * The time the process had on processors, user and system, in nanoseconds at a resolution of
     * {@link #CLOCK_TICK}. It counts ended threads too.
     */
    static long cpuNanos(String stat) {
        // The name may hold blanks and brackets, so the fields start after the last bracket.
        int endOfName = stat.lastIndexOf(')');
        String[] fields = stat.substring(endOfName + 1).strip().split(" ");
        if (endOfName < 0 || fields.length <= SYSTEM_TIME_FIELD - FIRST_FIELD_AFTER_NAME) {
            throw new IllegalArgumentException("not the content of /proc/PID/stat: " + stat);
        }
        long ticks = Long.parseLong(fields[USER_TIME_FIELD - FIRST_FIELD_AFTER_NAME])
                + Long.parseLong(fields[SYSTEM_TIME_FIELD - FIRST_FIELD_AFTER_NAME]);
        return ticks * CLOCK_TICK.toNanos();
    }
}
