// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.KernelException;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A timerfd that stands for a ring's own timers while its thread waits elsewhere. It is never read:
 * each time it goes off is one event to who watches it for edges. Belongs to one thread.
 */
public final class TimerFd {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long VALUE = 16; // Behind the interval, which stays 0.

    private final Libc libc;
    private final MemorySegment time;
    private final int fd;

    /** When it goes off, by {@link System#nanoTime()}. */
    private long due;

    private boolean set;

    /**
     * One that is not set.
     *
     * @throws KernelException if the kernel refuses it
     */
    public TimerFd(Libc libc, Arena arena) {
        this.libc = libc;
        time = arena.allocate(2 * VALUE, Long.BYTES);
        fd = libc.timerfdCreate(Linux.CLOCK_MONOTONIC, Linux.TFD_CLOEXEC | Linux.TFD_NONBLOCK);
        if (fd < 0) {
            throw new KernelException(
                    "timerfd_create", -fd, "raise the limit of open files (ulimit -n)");
        }
    }

    /** What is to be watched for edges. */
    public int fd() {
        return fd;
    }

    /** Goes off after a time above 0, or sooner: what is set and sooner stays, as it costs less. */
    public void within(long nanos) {
        long now = System.nanoTime();
        if (set && due - now > 0 && due - now <= nanos) {
            return;
        }
        time.set(JAVA_LONG, VALUE, nanos / NANOS_PER_SECOND);
        time.set(JAVA_LONG, VALUE + Long.BYTES, nanos % NANOS_PER_SECOND);
        int result = libc.timerfdSettime(fd, 0, time.address());
        if (result < 0) {
            throw new KernelException("timerfd_settime(" + nanos + " ns)", -result, "");
        }
        due = now + nanos;
        set = true;
    }

    /** Closes the descriptor. */
    public void close() {
        libc.close(fd);
    }
}
