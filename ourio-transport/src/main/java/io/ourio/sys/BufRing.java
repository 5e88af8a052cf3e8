// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * {@code struct io_uring_buf_ring}: entries of 16 bytes (address 8, length 4, id 2, reserved 2).
 * The tail is the reserved half word of the first entry, so that one is never written as a whole.
 * Beside it {@code struct io_uring_buf_reg}, which registers such a ring.
 */
public final class BufRing {
    public static final long ENTRY_SIZE = 16;
    public static final long REG_SIZE = 40;

    private static final long LENGTH = 8;
    private static final long ID = 12;
    private static final long TAIL_OFFSET = 14;
    private static final VarHandle TAIL = JAVA_SHORT.varHandle();

    private BufRing() {}

    /** Writes the entry at {@code index} (already masked). */
    public static void entry(MemorySegment ring, int index, long address, int length, int id) {
        long at = index * ENTRY_SIZE;
        ring.set(JAVA_LONG, at, address);
        ring.set(JAVA_INT, at + LENGTH, length);
        ring.set(JAVA_SHORT, at + ID, (short) id);
    }

    /** Shows the kernel all entries before {@code tail}: pairs with its load-acquire. */
    public static void tail(MemorySegment ring, int tail) {
        TAIL.setRelease(ring, TAIL_OFFSET, (short) tail);
    }

    /** Fills the argument of {@code IORING_REGISTER_PBUF_RING}, or of its opposite. */
    public static void registration(
            MemorySegment reg, long address, int entries, int group, int flags) {
        reg.fill((byte) 0);
        reg.set(JAVA_LONG, 0, address);
        reg.set(JAVA_INT, 8, entries);
        reg.set(JAVA_SHORT, 12, (short) group);
        reg.set(JAVA_SHORT, 14, (short) flags);
    }
}
