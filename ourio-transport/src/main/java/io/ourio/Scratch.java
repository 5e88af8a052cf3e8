// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Libc;
import io.ourio.sys.SockAddr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of one thread for the arguments of one call on a socket; dies with its thread. */
final class Scratch {
    private static final ThreadLocal<Scratch> CURRENT = ThreadLocal.withInitial(Scratch::new);

    /** Two multicast addresses and a number: the longest value. */
    private static final int VALUE_SIZE = 8 + 2 * SockAddr.SIZE;

    final Libc libc = Libc.current();
    final MemorySegment value;
    private final MemorySegment length;

    private Scratch() {
        Arena arena = Arena.ofAuto();
        value = arena.allocate(VALUE_SIZE, 8);
        length = arena.allocate(JAVA_INT);
    }

    static Scratch get() {
        return CURRENT.get();
    }

    /** A {@code socklen_t} that is {@code bytes} at first. */
    MemorySegment length(long bytes) {
        length.set(JAVA_INT, 0, (int) bytes);
        return length;
    }

    /** What the kernel has made of it. */
    int length() {
        return length.get(JAVA_INT, 0);
    }
}
