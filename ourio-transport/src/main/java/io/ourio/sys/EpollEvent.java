// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct epoll_event}: 32 bits of events and 64 of the program's own, between which x86-64
 * alone leaves no gap.
 */
public final class EpollEvent {
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

    /** The bytes of one. */
    public static final int SIZE = PACKED ? 12 : 16;

    /** The alignment of an array of them. */
    public static final long ALIGNMENT = Long.BYTES;

    private static final long DATA = PACKED ? 4 : 8;

    private EpollEvent() {}

    /** Writes the one at {@code index}. */
    public static void set(MemorySegment events, int index, int mask, long data) {
        long at = (long) index * SIZE;
        events.set(JAVA_INT, at, mask);
        events.set(JAVA_LONG_UNALIGNED, at + DATA, data);
    }

    /** What the one at {@code index} is ready for. */
    public static int mask(MemorySegment events, int index) {
        return events.get(JAVA_INT, (long) index * SIZE);
    }

    /** What the program said of the one at {@code index}. */
    public static long data(MemorySegment events, int index) {
        return events.get(JAVA_LONG_UNALIGNED, (long) index * SIZE + DATA);
    }
}
