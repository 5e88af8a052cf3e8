// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/** {@code struct pollfd}: a descriptor, what is asked and what is told of it, 16 bits each. */
public final class PollFd {
    public static final long SIZE = 8;

    private static final long EVENTS = 4;
    private static final long TOLD = 6;

    private PollFd() {}

    /** Writes the one at {@code index}. */
    public static void set(MemorySegment list, int index, int fd, int events) {
        list.set(JAVA_INT, index * SIZE, fd);
        events(list, index, events);
        list.set(JAVA_SHORT, index * SIZE + TOLD, (short) 0);
    }

    /** What is told of the one at {@code index}. */
    public static int told(MemorySegment list, int index) {
        return Short.toUnsignedInt(list.get(JAVA_SHORT, index * SIZE + TOLD));
    }

    static int events(MemorySegment list, int index) {
        return Short.toUnsignedInt(list.get(JAVA_SHORT, index * SIZE + EVENTS));
    }

    static void events(MemorySegment list, int index, int events) {
        list.set(JAVA_SHORT, index * SIZE + EVENTS, (short) events);
    }

    static void told(MemorySegment list, int index, int told) {
        list.set(JAVA_SHORT, index * SIZE + TOLD, (short) told);
    }
}
