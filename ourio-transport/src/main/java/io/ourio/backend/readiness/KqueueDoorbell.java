// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.Backend;
import io.ourio.KernelException;
import io.ourio.backend.Doorbell;
import io.ourio.sys.Kqueue;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.KqueueCalls;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Triggers the filter of the user; where a release has none, it sends a byte through a pair of
 * sockets, one of which the kqueue watches.
 */
final class KqueueDoorbell extends Doorbell {
    private static final int NONE = -1;

    /** More than there ever is to receive: one byte for each sleep. */
    private static final int RECEIVED = 64;

    private final KqueueCalls calls;
    private final KqueueAbi abi;
    private final Libc libc;
    private final int kqueue;

    /** The change that strikes, which the kernel only reads; and room for one byte or more. */
    private final MemorySegment trigger;
    private final MemorySegment bytes;
    private final MemorySegment noTime;

    private int watched = NONE;
    private int other = NONE;

    /**
     * Has {@code kqueue} watch it.
     *
     * @param libc of the ring's thread
     * @param arena of memory that lives as long as the doorbell
     * @throws KernelException if the kernel refuses it
     */
    KqueueDoorbell(KqueueCalls calls, Libc libc, Arena arena, int kqueue) {
        this.calls = calls;
        this.libc = libc;
        this.kqueue = kqueue;
        abi = calls.abi();
        trigger = arena.allocate(abi.size(), Long.BYTES);
        bytes = arena.allocate(RECEIVED);
        noTime = arena.allocate(2 * Long.BYTES, Long.BYTES);
        // EV_CLEAR here and not with the trigger, which on some systems it would undo.
        if (watch(0, abi.user()) < 0) {
            watchSocket(arena);
        }
        abi.change(trigger, 0, 0, abi.user(), 0, Kqueue.NOTE_TRIGGER, 0, 0);
    }

    private void watchSocket(Arena arena) {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        int result = libc.socketpair(Linux.AF_UNIX,
                Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0, pair);
        if (result < 0) {
            throw new KernelException(
                    "socketpair", -result, "raise the limit of open files (ulimit -n)");
        }
        watched = pair.get(JAVA_INT, 0);
        other = pair.get(JAVA_INT, Integer.BYTES);
        result = watch(watched, abi.read());
        if (result < 0) {
            closeSockets();
            throw new KernelException("kevent(EV_ADD)", -result, "");
        }
    }

    /** Adds the filter: 0 or {@code -errno}. */
    private int watch(long ident, int filter) {
        abi.change(trigger, 0, ident, filter,
                Kqueue.EV_ADD | Kqueue.EV_CLEAR | Kqueue.EV_RECEIPT, 0, 0, 0);
        int count = calls.kevent(
                libc, kqueue, trigger.address(), 1, trigger.address(), 1, noTime.address());
        return count < 0 ? count : -abi.translation().errno((int) abi.data(trigger, 0));
    }

    /** Whether the event is of the doorbell, which then can be rung again. */
    boolean isRung(long ident, int filter) {
        if (watched == NONE) {
            return filter == abi.user();
        }
        if (ident != watched || filter != abi.read()) {
            return false;
        }
        libc.recv(watched, bytes.address(), RECEIVED, Linux.MSG_DONTWAIT);
        return true;
    }

    @Override
    protected void strike(Backend from) {
        Libc callers = Libc.current();
        if (watched == NONE) {
            calls.kevent(callers, kqueue, trigger.address(), 1, 0, 0, noTime.address());
        } else {
            callers.send(other, bytes.address(), 1, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
        }
    }

    /** Silences it; whoever made the kqueue closes that. */
    void close() {
        silence();
        closeSockets();
    }

    private void closeSockets() {
        if (watched != NONE) {
            libc.close(watched);
            libc.close(other);
        }
    }
}
