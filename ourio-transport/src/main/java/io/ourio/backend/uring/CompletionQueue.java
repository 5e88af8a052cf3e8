// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Cqe;
import io.ourio.sys.UringParams;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The ring of CQEs. Its memory belongs to {@link Mapping}; the ring's thread alone uses it. */
final class CompletionQueue {
    private static final VarHandle WORD = JAVA_INT.varHandle();

    private final MemorySegment ring;
    private final long headOffset;
    private final long tailOffset;
    private final long overflowOffset;
    private final long cqesOffset;
    private final int mask;
    private int head;

    CompletionQueue(MemorySegment ring, MemorySegment params) {
        this.ring = ring;
        headOffset = UringParams.cqOff(params, "head");
        tailOffset = UringParams.cqOff(params, "tail");
        overflowOffset = UringParams.cqOff(params, "overflow");
        cqesOffset = UringParams.cqOff(params, "cqes");
        mask = UringParams.get(params, "cq_entries") - 1;
        head = ring.get(JAVA_INT, headOffset);
    }

    MemorySegment ring() {
        return ring;
    }

    /** How many CQEs are there: pairs with the kernel's store-release of the tail. */
    int ready() {
        return (int) WORD.getAcquire(ring, tailOffset) - head;
    }

    /** Whether one of those that are there, but for the oldest few, has this token. */
    boolean has(long token, int butFor) {
        int tail = (int) WORD.getAcquire(ring, tailOffset);
        for (int next = head + butFor; next != tail; next++) {
            if (Cqe.userData(ring, cqesOffset + (next & mask) * Cqe.SIZE) == token) {
                return true;
            }
        }
        return false;
    }

    /** Takes the place of the next CQE in {@link #ring()}; there must be one. */
    long take() {
        return cqesOffset + (head++ & mask) * Cqe.SIZE;
    }

    /** Gives the kernel back the places taken: pairs with its load-acquire of the head. */
    void release() {
        WORD.setRelease(ring, headOffset, head);
    }

    /** How many CQEs were lost for want of memory. Above 0 the ring is broken. */
    int lost() {
        return (int) WORD.getOpaque(ring, overflowOffset);
    }
}
