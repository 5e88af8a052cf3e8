// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The argument of an {@code io_uring_enter} that waits for a time: {@code struct
 * io_uring_getevents_arg} (24 bytes: sigmask, its size, min_wait_usec, a pointer to a timespec) and
 * behind it the {@code struct __kernel_timespec} (16 bytes) that it points to.
 */
public final class EnterArg {
    /** What the kernel wants to hear as the size of the argument. */
    public static final int SIZE = 24;

    private static final long TS = 16;
    private static final long TIMESPEC = SIZE;
    private static final long TIMESPEC_SIZE = 16;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final MemorySegment memory;

    /** One for a ring, since only one enter of a ring waits at a time. */
    public EnterArg(Arena arena) {
        memory = arena.allocate(SIZE + TIMESPEC_SIZE, Long.BYTES);
        memory.set(JAVA_INT, 8, 0);
        memory.set(JAVA_LONG, TS, memory.address() + TIMESPEC);
    }

    /** The address to pass, after the time to wait was set. */
    public long address(long timeoutNanos) {
        memory.set(JAVA_LONG, TIMESPEC, timeoutNanos / NANOS_PER_SECOND);
        memory.set(JAVA_LONG, TIMESPEC + Long.BYTES, timeoutNanos % NANOS_PER_SECOND);
        return memory.address();
    }
}
