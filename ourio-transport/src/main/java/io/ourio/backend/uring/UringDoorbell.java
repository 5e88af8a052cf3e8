// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.Backend;
import io.ourio.backend.EventfdDoorbell;
import io.ourio.sys.Libc;
import io.ourio.sys.Uring;
import java.lang.foreign.MemorySegment;

/**
 * A doorbell that is struck by a completion, which the caller's ring puts before this ring, or else
 * a system call; and by the eventfd where neither can be.
 */
final class UringDoorbell extends EventfdDoorbell {
    private final int ringFd;

    /** What a thread without a ring hands to the kernel, or null if it cannot. */
    private final MemorySegment message;

    /** The beacon by which the ring's thread is called while it waits elsewhere, or -1. */
    private volatile int beacon = -1;

    /**
     * The doorbell of a ring.
     *
     * @param ringFd where other rings send messages, or -1 if none should
     * @param message a {@code MSG_RING} to the ring that any thread may send, or null
     */
    UringDoorbell(Libc libc, int ringFd, MemorySegment message) {
        super(libc);
        this.ringFd = ringFd;
        this.message = message;
    }

    @Override
    protected void strike(Backend from) {
        int lit = beacon;
        if (lit >= 0) {
            write(lit);
            return;
        }
        boolean told = from instanceof UringBackend ring && ring.message(ringFd);
        if (!told && !sent()) {
            super.strike(from);
        }
    }

    /**
     * Says where the ring's thread will sleep, before it does: at its ring if that is -1, else
     * where it polls the beacon. A completion would light that too, but one that a write to the
     * doorbell's eventfd causes can do so only after that write, and on Linux 6.18 only once.
     */
    void sleeper(int beaconFd) {
        beacon = beaconFd;
    }

    private boolean sent() {
        return message != null && Libc.current().syscall(
                Uring.SYS_REGISTER, -1, Uring.REGISTER_SEND_MSG_RING, message.address(), 1) >= 0;
    }
}
