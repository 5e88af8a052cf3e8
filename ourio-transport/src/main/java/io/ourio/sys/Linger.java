// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct linger}, the value of {@code SO_LINGER}. */
public final class Linger {
    /** Bytes of the struct. */
    public static final int SIZE = 8;

    static final StructLayout LAYOUT = structLayout(
            JAVA_INT.withName("l_onoff"),
            JAVA_INT.withName("l_linger")).withName("linger"); // seconds

    private static final long ON = 0;
    private static final long SECONDS = 4;

    private Linger() {}

    /** Fills the struct. */
    public static void encode(boolean on, int seconds, MemorySegment into) {
        into.set(JAVA_INT, ON, on ? 1 : 0);
        into.set(JAVA_INT, SECONDS, seconds);
    }

    /** Whether close lingers. */
    public static boolean isOn(MemorySegment from) {
        return from.get(JAVA_INT, ON) != 0;
    }

    /** For how many seconds. */
    public static int seconds(MemorySegment from) {
        return from.get(JAVA_INT, SECONDS);
    }
}
