// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Sqe;
import io.ourio.sys.UringParams;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The ring of SQEs. Its memory belongs to {@link Mapping}; the ring's thread alone uses it. */
final class SubmissionQueue {
    private static final VarHandle WORD = JAVA_INT.varHandle();

    private final MemorySegment ring;
    private final MemorySegment sqes;
    private final long headOffset;
    private final long tailOffset;
    private final long flagsOffset;
    private final int entries;
    private final int mask;

    /** The tail that the kernel has not been shown yet. */
    private int tail;

    SubmissionQueue(MemorySegment ring, MemorySegment sqes, MemorySegment params, boolean array) {
        this.ring = ring;
        this.sqes = sqes;
        headOffset = UringParams.sqOff(params, "head");
        tailOffset = UringParams.sqOff(params, "tail");
        flagsOffset = UringParams.sqOff(params, "flags");
        entries = UringParams.get(params, "sq_entries");
        mask = entries - 1;
        if (array) {
            long arrayOffset = UringParams.sqOff(params, "array");
            for (int i = 0; i < entries; i++) {
                ring.set(JAVA_INT, arrayOffset + i * 4L, i);
            }
        }
    }

    MemorySegment sqes() {
        return sqes;
    }

    /** The place of a fresh, zeroed SQE in {@link #sqes()}, or -1 if the queue is full. */
    long next() {
        if (tail - ring.get(JAVA_INT, headOffset) == entries) {
            return -1;
        }
        long at = (tail & mask) * Sqe.SIZE;
        tail++;
        Sqe.clear(sqes, at);
        return at;
    }

    /** Shows the kernel what was prepared: pairs with its load-acquire of the tail. */
    void publish() {
        WORD.setRelease(ring, tailOffset, tail);
    }

    /** How many SQEs the kernel has not consumed. Only an enter moves the head, so a plain read. */
    int pending() {
        return tail - ring.get(JAVA_INT, headOffset);
    }

    /** {@code IORING_SQ_*}: what the kernel wants us to know. */
    int flags() {
        return (int) WORD.getOpaque(ring, flagsOffset);
    }
}
