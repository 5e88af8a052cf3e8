// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.KernelException;
import io.ourio.backend.TimerFd;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What says that a ring has something to do while its thread waits elsewhere: an eventfd that is
 * readable then. The kernel writes to it with each completion, and when work waits for the ring's
 * thread. (The descriptor of the ring itself does not do: with DEFER_TASKRUN nobody who polls it
 * hears of work that waits.) A timerfd, which the ring polls, stands for the ring's own timers.
 * The ring's thread makes every call; others may write to {@link #fd()}.
 */
final class Beacon {
    private final Libc libc;
    private final MemorySegment counter;
    private final MemorySegment pollRing;
    private final int fd;
    private final TimerFd timer;

    Beacon(Libc libc, Arena arena, int ringFd) {
        this.libc = libc;
        counter = arena.allocate(JAVA_LONG);
        pollRing = arena.allocate(Long.BYTES, Long.BYTES); // struct pollfd
        pollRing.set(JAVA_INT, 0, ringFd);
        pollRing.set(JAVA_SHORT, 4, (short) Linux.POLLIN);
        timer = new TimerFd(libc, arena);
        fd = libc.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK);
        try {
            if (fd < 0) {
                throw new KernelException(
                        "eventfd", -fd, "raise the limit of open files (ulimit -n)");
            }
            register(ringFd);
        } catch (KernelException e) {
            close();
            throw e;
        }
    }

    private void register(int ringFd) {
        counter.set(JAVA_INT, 0, fd);
        int result = libc.syscall(
                Uring.SYS_REGISTER, ringFd, Uring.REGISTER_EVENTFD, counter.address(), 1);
        if (result < 0) {
            throw new KernelException("io_uring_register(EVENTFD)", -result, "");
        }
    }

    /** What others poll. */
    int fd() {
        return fd;
    }

    /** What the ring polls, for its own timers. */
    TimerFd timer() {
        return timer;
    }

    /** Makes it readable. */
    void show() {
        counter.set(JAVA_LONG, 0, 1);
        libc.write(fd, counter.address(), Long.BYTES);
    }

    /** Makes it unreadable. What it told of before must be looked for after this. */
    void hide() {
        libc.read(fd, counter.address(), Long.BYTES);
    }

    /** Whether the kernel has completions, or work for the ring's thread that makes some. */
    boolean ringHasWork() {
        return libc.poll(pollRing.address(), 1, 0) > 0;
    }

    void close() {
        if (fd >= 0) {
            libc.close(fd);
        }
        timer.close();
    }
}
