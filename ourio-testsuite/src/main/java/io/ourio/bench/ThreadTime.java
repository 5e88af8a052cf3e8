// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

/**
 * What a thread had of its processors so far, from {@code /proc/PID/task/TID/schedstat}.
 *
 * @param name of the thread, as the kernel has it: at most 15 characters
 * @param runNanos time on a processor
 * @param waitNanos time it could have run and did not, since another thread had the processor
 */
record ThreadTime(String name, long runNanos, long waitNanos) {
    static final ThreadTime NONE = new ThreadTime("", 0, 0);

    static ThreadTime parse(String name, String schedstat) {
        String[] fields = schedstat.strip().split(" ");
        if (fields.length != 3) {
            throw new IllegalArgumentException(
                    "not the content of /proc/PID/task/TID/schedstat: " + schedstat);
        }
        return new ThreadTime(name, Long.parseLong(fields[0]), Long.parseLong(fields[1]));
    }

    /** Whether it is one of the JVM's threads that compile. */
    boolean compiles() {
        return name.startsWith("C1 Comp") || name.startsWith("C2 Comp");
    }

    ThreadTime minus(ThreadTime earlier) {
        return new ThreadTime(name, runNanos - earlier.runNanos, waitNanos - earlier.waitNanos);
    }
}
