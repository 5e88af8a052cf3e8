// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads, writes and splices of descriptors of every kind. Whether a descriptor blocks is not asked
 * and not changed: each call says for itself that it does not wait. Belongs to one thread.
 */
final class Transfers {
    private final Libc libc;
    private final PollNow poll;

    /** A {@code struct iovec}. */
    private final MemorySegment piece;

    /** The two offsets of a splice. */
    private final MemorySegment offsets;

    Transfers(Libc libc, Arena arena, PollNow poll) {
        this.libc = libc;
        this.poll = poll;
        piece = arena.allocate(MsgHdr.IOVEC_SIZE, Long.BYTES);
        offsets = arena.allocate(2 * Long.BYTES, Long.BYTES);
    }

    /**
     * Reads what memory has. What is read at an offset is a file: if memory has not all of it, it
     * is read again, from the disk.
     */
    int read(Task task) {
        if (!isHere(task)) {
            int result = call(Linux.SYS_PREADV2, task, task.offset(), Linux.RWF_NOWAIT);
            if (result != -Errno.ESPIPE) {
                return result <= 0 ? orTime(result) : result < size(task)
                        ? PlainCalls.TAKES_TIME : result;
            }
        }
        return orReady(task, Linux.SYS_PREADV2, Linux.POLLIN);
    }

    /** Writes what a pipe or socket takes. What has a position is a file, and may take long. */
    int write(Task task) {
        long position = libc.lseek(task.fd(), 0, Linux.SEEK_CUR);
        return switch ((int) Math.min(position, 0)) {
            case -Errno.ESPIPE -> orReady(task, Linux.SYS_PWRITEV2, Linux.POLLOUT);
            case -Errno.EBADF -> -Errno.EBADF;
            default -> PlainCalls.TAKES_TIME;
        };
    }

    int readWaiting(Task task) {
        return callWaiting(Linux.SYS_PREADV2, task);
    }

    int writeWaiting(Task task) {
        return callWaiting(Linux.SYS_PWRITEV2, task);
    }

    /** Moves bytes if both ends are ready, at once if both are pipes or sockets. */
    int splice(Task task) {
        int ready = poll.ofBoth(task.sourceFd(), task.fd());
        if (ready != 0) {
            return ready;
        }
        if (hasPosition(task.sourceFd()) || hasPosition(task.fd())) {
            return PlainCalls.TAKES_TIME;
        }
        int result = spliceWaiting(task);
        return result == -Errno.EAGAIN ? PlainCalls.TAKES_TIME : result;
    }

    /** Waits for a disk and no pipe: {@code -EAGAIN} if somebody else was faster there. */
    int spliceWaiting(Task task) {
        return libc.syscall(Linux.SYS_SPLICE,
                task.sourceFd(), offset(0, task.address()),
                task.fd(), offset(1, task.offset()), task.length(), Linux.SPLICE_F_NONBLOCK);
    }

    /** Where the call reads an offset, or 0 for none. */
    private long offset(int index, long value) {
        if (value == Ring.CURRENT_POSITION) {
            return 0;
        }
        offsets.set(JAVA_LONG, (long) index * Long.BYTES, value);
        return offsets.address() + (long) index * Long.BYTES;
    }

    private boolean hasPosition(int fd) {
        return libc.lseek(fd, 0, Linux.SEEK_CUR) != -Errno.ESPIPE;
    }

    private static boolean isHere(Task task) {
        return task.offset() == Ring.CURRENT_POSITION;
    }

    private static long size(Task task) {
        return switch (task.op()) {
            case READV, WRITEV -> MsgHdr.bytes(task.address(), task.length());
            default -> task.length();
        };
    }

    /** An error that says no more than that the kernel would have to wait, or cannot know. */
    private static int orTime(int result) {
        return result == -Errno.EAGAIN || result == -Errno.EOPNOTSUPP
                ? PlainCalls.TAKES_TIME : result;
    }

    /** What cannot say whether it would wait, as a terminal, is tried when it is ready. */
    private int orReady(Task task, int call, int events) {
        int result = call(call, task, Ring.CURRENT_POSITION, Linux.RWF_NOWAIT);
        return switch (result) {
            case -Errno.EAGAIN -> PlainCalls.WAIT;
            case -Errno.EOPNOTSUPP -> poll.of(task.fd(), events) == PlainCalls.WAIT
                    ? PlainCalls.WAIT : PlainCalls.TAKES_TIME;
            default -> result;
        };
    }

    private int callWaiting(int call, Task task) {
        int result = call(call, task, task.offset(), 0);
        return result == -Errno.ESPIPE && !isHere(task)
                ? call(call, task, Ring.CURRENT_POSITION, 0) // There an offset means nothing.
                : result;
    }

    private int call(int call, Task task, long offset, int flags) {
        return switch (task.op()) {
            case READV, WRITEV -> libc.syscall(
                    call, task.fd(), task.address(), task.length(), offset, 0, flags);
            default -> {
                piece.set(JAVA_LONG, 0, task.address());
                piece.set(JAVA_LONG, Long.BYTES, task.length());
                yield libc.syscall(call, task.fd(), piece.address(), 1, offset, 0, flags);
            }
        };
    }
}
