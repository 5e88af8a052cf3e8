// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * {@code splice(2)} where there is none, by a copy. What was read must find room, so it is moved in
 * parts that are written as a whole or not at all wherever {@code poll(2)} says that there is room:
 * {@code PIPE_BUF}, which is 512 bytes at least. A part from a pipe that a full disk does not take
 * is lost. Threads as {@link Libc}.
 */
final class CopySplice {
    /** Bytes that are written as a whole where there is room at all. */
    static final int PART = 512;

    private final Libc libc;
    private final MemorySegment piece;

    /** Two {@code struct pollfd}. */
    private final MemorySegment polled;

    CopySplice(Libc libc, Arena arena) {
        this.libc = libc;
        piece = arena.allocate(PART);
        polled = arena.allocate(2 * PollFd.SIZE, Long.BYTES);
    }

    /**
     * Moves what can be moved now.
     *
     * @param fromAt the address of an offset, which is moved on, or 0
     * @return the count of bytes, 0 at the end of the source, or {@code -errno}
     */
    long make(int from, long fromAt, int to, long toAt, long length) {
        if (!isPipe(from) && !isPipe(to)) {
            return -Linux.EINVAL;
        }
        long moved = 0;
        while (moved < length) {
            long result = areReady(from, to)
                    ? move(from, fromAt, to, toAt, Math.min(PART, length - moved))
                    : -Linux.EAGAIN;
            if (result <= 0) {
                return moved > 0 ? moved : result;
            }
            moved += result;
        }
        return moved;
    }

    /** All but files and devices are one to us; who is none has a position. */
    private boolean isPipe(int fd) {
        return libc.lseek(fd, 0, Linux.SEEK_CUR) < 0;
    }

    private boolean areReady(int from, int to) {
        PollFd.set(polled, 0, from, Linux.POLLIN);
        PollFd.set(polled, 1, to, Linux.POLLOUT);
        libc.poll(polled.address(), 2, 0);
        return PollFd.told(polled, 0) != 0 && PollFd.told(polled, 1) != 0;
    }

    private long move(int from, long fromAt, int to, long toAt, long length) {
        long offset = offset(fromAt);
        long read = offset < 0 ? libc.read(from, piece.address(), length)
                : libc.pread(from, piece.address(), length, offset);
        if (read <= 0) {
            return read;
        }
        long target = offset(toAt);
        long written = target < 0 ? libc.write(to, piece.address(), read)
                : libc.pwrite(to, piece.address(), read, target);
        advance(fromAt, written);
        advance(toAt, written);
        return written;
    }

    private static long offset(long address) {
        return address == 0 ? -1 : Libc.mapped(address, Long.BYTES).get(JAVA_LONG, 0);
    }

    private static void advance(long address, long by) {
        if (address != 0 && by > 0) {
            MemorySegment offset = Libc.mapped(address, Long.BYTES);
            offset.set(JAVA_LONG, 0, offset.get(JAVA_LONG, 0) + by);
        }
    }
}
