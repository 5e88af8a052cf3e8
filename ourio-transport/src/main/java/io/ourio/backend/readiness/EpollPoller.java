// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.backend.Doorbell;
import io.ourio.backend.EventfdDoorbell;
import io.ourio.backend.TimerFd;
import io.ourio.sys.EpollEvent;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Linux's epoll. A descriptor is registered for edges: each change is told once. So a task that
 * goes on receiving costs no call of epoll's, and a readiness that nobody can use up (an error
 * queue, urgent data) does not keep the ring awake.
 */
final class EpollPoller extends Poller {
    private static final int MAX_EVENTS = 256;
    private static final int DONT_WAIT = 0;
    private static final int FOREVER = -1;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Libc libc;
    private final Arena arena;
    private final MemorySegment event;
    private final MemorySegment events;

    /** A {@code struct timespec}. */
    private final MemorySegment timeout;

    private final EventfdDoorbell doorbell;
    private final int epoll;

    /** Null until somebody polls the ring. */
    private TimerFd timer;

    /** Whether the kernel takes nanoseconds: from Linux 5.11 on, if no filter forbids the call. */
    private boolean takesNanos = true;

    EpollPoller(Libc libc, Arena arena, Descriptors descriptors) {
        super(descriptors);
        this.libc = libc;
        this.arena = arena;
        event = arena.allocate(EpollEvent.SIZE, EpollEvent.ALIGNMENT);
        events = arena.allocate((long) MAX_EVENTS * EpollEvent.SIZE, EpollEvent.ALIGNMENT);
        timeout = arena.allocate(2 * Long.BYTES, Long.BYTES);
        doorbell = new EventfdDoorbell(libc);
        epoll = libc.epollCreate1(Linux.EPOLL_CLOEXEC);
        if (epoll < 0) {
            doorbell.close(libc);
            throw new KernelException(
                    "epoll_create1", -epoll, "raise the limit of open files (ulimit -n)");
        }
        try {
            watch(doorbell.fd());
        } catch (KernelException e) {
            close();
            throw e;
        }
    }

    /** Has a descriptor of ours end the wait. It is told as the doorbell, of which no task is. */
    private void watch(int fd) {
        EpollEvent.set(event, 0, Linux.POLLIN | Linux.EPOLLET, doorbell.fd());
        int result = libc.epollCtl(epoll, Linux.EPOLL_CTL_ADD, fd, event.address());
        if (result < 0) {
            throw new KernelException("epoll_ctl(ADD)", -result, "raise the limit of descriptors"
                    + " that a user may watch (fs.epoll.max_user_watches)");
        }
    }

    @Override
    void arm(Descriptor descriptor, int mask) {
        int operation = descriptor.registered ? Linux.EPOLL_CTL_MOD : Linux.EPOLL_CTL_ADD;
        int result = control(operation, descriptor.fd, mask);
        if (result == -Errno.ENOENT) { // The number is another file's than when it was registered.
            result = control(Linux.EPOLL_CTL_ADD, descriptor.fd, mask);
        } else if (result == -Errno.EEXIST) {
            result = control(Linux.EPOLL_CTL_MOD, descriptor.fd, mask);
        }
        descriptor.registered = result >= 0;
        descriptor.armed = result >= 0 ? mask : 0;
        if (result < 0) {
            descriptors.refused(descriptor, -result);
        }
    }

    @Override
    void disarm(Descriptor descriptor) {
        if (descriptor.registered) {
            control(Linux.EPOLL_CTL_DEL, descriptor.fd, 0); // It may be closed: gone already.
        }
        descriptor.registered = false;
        descriptor.armed = 0;
    }

    private int control(int operation, int fd, int mask) {
        EpollEvent.set(event, 0, mask | Linux.EPOLLET, fd);
        return libc.epollCtl(epoll, operation, fd, event.address());
    }

    @Override
    void poll(long timeoutNanos) {
        int count = await(timeoutNanos);
        if (count < 0 && count != -Errno.EINTR) {
            throw new KernelException("epoll_wait", -count, "");
        }
        for (int i = 0; i < count; i++) {
            Descriptor descriptor = descriptors.find((int) EpollEvent.data(events, i));
            if (descriptor != null) { // Else it is one of ours, which has done what it is for.
                descriptors.ready(descriptor, EpollEvent.mask(events, i));
            }
        }
    }

    private int await(long nanos) {
        if (nanos <= 0) {
            return libc.epollWait(
                    epoll, events.address(), MAX_EVENTS, nanos == 0 ? DONT_WAIT : FOREVER);
        }
        if (takesNanos) {
            timeout.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
            timeout.set(JAVA_LONG, Long.BYTES, nanos % NANOS_PER_SECOND);
            int count = libc.syscall(Linux.SYS_EPOLL_PWAIT2,
                    epoll, events.address(), MAX_EVENTS, timeout.address(), 0, 0);
            if (count != -Errno.ENOSYS && count != -Errno.EPERM) {
                return count;
            }
            takesNanos = false;
        }
        long millis = Math.min((nanos - 1) / NANOS_PER_MILLI + 1, Integer.MAX_VALUE);
        return libc.epollWait(epoll, events.address(), MAX_EVENTS, (int) millis);
    }

    /** The epoll itself, which has a timer from now on. */
    @Override
    int pollableFd() {
        if (timer == null) {
            TimerFd made = new TimerFd(libc, arena);
            descriptors.forget(made.fd());
            try {
                watch(made.fd());
            } catch (KernelException e) {
                made.close();
                throw e;
            }
            timer = made;
        }
        return epoll;
    }

    @Override
    void within(long nanos) {
        timer.within(nanos);
    }

    @Override
    Doorbell doorbell() {
        return doorbell;
    }

    @Override
    void close() {
        doorbell.close(libc);
        if (timer != null) {
            timer.close();
        }
        libc.close(epoll);
    }
}
