// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

/**
 * The CPU time a process used between two moments.
 *
 * @param runNanos time on processors, user and system
 * @param waitNanos time its threads could have run and had no processor: a measure of disturbance
 * @param compileNanos the part of {@code runNanos} that went into the JVM's compilers
 * @param source where {@code runNanos} is from
 */
record CpuUse(long runNanos, long waitNanos, long compileNanos, Source source) {
    /** Where the figure is from. */
    enum Source {
        /** {@code /proc/PID/task/TID/schedstat} of all threads, in nanoseconds. */
        SCHEDSTAT,
        /** {@code /proc/PID/stat}, in clock ticks. */
        STAT
    }
}
