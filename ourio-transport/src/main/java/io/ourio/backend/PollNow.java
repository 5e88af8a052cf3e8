// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.Errno;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.PollFd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** {@code poll(2)} that does not wait, of one descriptor or two. Belongs to one thread. */
public final class PollNow {
    private final Libc libc;
    private final MemorySegment fds;

    /** Calls for the thread that uses {@code libc}; its memory is of {@code arena}. */
    public PollNow(Libc libc, Arena arena) {
        this.libc = libc;
        fds = arena.allocate(2 * PollFd.SIZE, Long.BYTES);
    }

    /** What of {@code events} it is ready for, {@code -errno} or {@link PlainCalls#WAIT}. */
    public int of(int fd, int events) {
        PollFd.set(fds, 0, fd, events);
        int count = libc.poll(fds.address(), 1, 0);
        if (count <= 0) {
            return count == 0 ? PlainCalls.WAIT : count;
        }
        return (PollFd.told(fds, 0) & Linux.POLLNVAL) != 0 ? -Errno.EBADF : PollFd.told(fds, 0);
    }

    /**
     * 0 if there is something to read from {@code source} and room in {@code target}; else {@code
     * -errno} or the word of {@link PlainCalls} for whom to wait.
     */
    int ofBoth(int source, int target) {
        PollFd.set(fds, 0, source, Linux.POLLIN);
        PollFd.set(fds, 1, target, Linux.POLLOUT);
        int count = libc.poll(fds.address(), 2, 0);
        if (count < 0) {
            return count;
        }
        int fromSource = PollFd.told(fds, 0);
        int fromTarget = PollFd.told(fds, 1);
        if (((fromSource | fromTarget) & Linux.POLLNVAL) != 0) {
            return -Errno.EBADF;
        }
        return fromSource == 0 ? PlainCalls.WAIT_FOR_SOURCE
                : fromTarget == 0 ? PlainCalls.WAIT : 0;
    }
}
