// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * What can be asked of a {@link Ring}, one method for each {@link Op}: here what is about neither
 * files nor sockets.
 *
 * <p>Each queues a task, which goes to the kernel with the ring's next turn, and returns it. A
 * negative result of the task is {@code -errno} (see {@link Errno}). The methods that take a {@link
 * Context} make a new task; those that take a {@link Task} start one again that is {@linkplain
 * Task#isFree() free}, and allocate nothing.
 *
 * <p>Memory: what a task reads or writes must stay valid, in place and (what it reads) unchanged
 * until its callback was called with {@link Task#hasMore()} false. A {@link MemorySegment} is
 * checked and kept reachable until then; one of an arena that is closed by hand must not be closed
 * before. An address is taken on trust.
 *
 * <p>All of them throw {@link WrongThreadException} from another thread than the ring's, {@link
 * RingClosedException} if the ring is closed, {@link IllegalArgumentException} for a value outside
 * its range (naming both), and {@link IllegalStateException} for a task that is not free.
 */
public abstract sealed class Operations permits FileOperations {
    static final int NO_FD = -1;

    /** 146 years, for ever: half of what a long holds, so that two times can be compared. */
    private static final long MAX_DELAY = Long.MAX_VALUE >> 1;

    Operations() {}

    /** Throws unless the ring is open, and its thread asks. */
    abstract void checkOpen();

    abstract Task enqueue(Task task, Op op, int fd, int flags, long address, int length,
            long offset, Object resource);

    /** A task that tells {@code context}, to be started and started again. */
    public abstract Task task(Context context);

    /** Completes with 0. */
    public final Task noop(Context context) {
        return noop(task(context));
    }

    /** Completes with 0. */
    public final Task noop(Task task) {
        return enqueue(task, Op.NOOP, NO_FD, 0, 0, 0, 0, null);
    }

    /** Completes with 0 after {@code delay} on the monotonic clock; at once if negative. */
    public final Task timer(Duration delay, Context context) {
        return timer(saturatedNanos(delay), task(context));
    }

    /** The same in nanoseconds. */
    public final Task timer(long delayNanos, Task task) {
        return enqueue(task, Op.TIMER, NO_FD, 0, 0, 0,
                Math.clamp(delayNanos, 0, MAX_DELAY), null);
    }

    /**
     * Waits until {@code fd} is ready: the mask of what it is ready for.
     *
     * @param events {@code POLL*} of {@code poll(2)}
     */
    public final Task poll(int fd, int events, Context context) {
        return poll(fd, events, task(context));
    }

    /** The same with a task that is started again. */
    public final Task poll(int fd, int events, Task task) {
        return enqueue(task, Op.POLL, checkFd(fd), events, 0, 0, 0, null);
    }

    /** Tells of each change of readiness until the task is canceled. */
    public final Task pollMultishot(int fd, int events, Context context) {
        return enqueue(task(context), Op.POLL_MULTISHOT, checkFd(fd), events, 0, 0, 0, null);
    }

    /** Closes {@code fd}. No other task may be using it. */
    public final Task close(int fd, Context context) {
        return close(fd, task(context));
    }

    /** The same with a task that is started again. */
    public final Task close(int fd, Task task) {
        return enqueue(task, Op.CLOSE, checkFd(fd), 0, 0, 0, 0, null);
    }

    /** What this ring can do that not every kernel can. */
    public abstract Capabilities capabilities();

    static int checkFd(int fd) {
        if (fd < 0) {
            throw new IllegalArgumentException("fd " + fd + " is not a file descriptor");
        }
        return fd;
    }

    static int checkLength(int length) {
        if (length < 0) {
            throw new IllegalArgumentException("length " + length + " is negative");
        }
        return length;
    }

    static int checkWritable(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("the segment to read into is read-only");
        }
        return checkNative(segment);
    }

    static int checkNative(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("the segment is on the heap, where the collector"
                    + " moves it; the kernel needs native memory");
        }
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the arena of the segment is closed");
        }
        if (segment.byteSize() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "the segment has " + segment.byteSize() + " bytes, more than 2147483647");
        }
        return (int) segment.byteSize();
    }

    private static long saturatedNanos(Duration delay) {
        try {
            return delay.toNanos();
        } catch (ArithmeticException e) {
            return delay.isNegative() ? 0 : MAX_DELAY;
        }
    }
}
