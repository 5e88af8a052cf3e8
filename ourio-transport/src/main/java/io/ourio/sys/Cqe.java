// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct io_uring_cqe}: the 16 bytes in which the kernel reports one completion. */
public final class Cqe {
    public static final StructLayout LAYOUT = structLayout(
            JAVA_LONG.withName("user_data"),
            JAVA_INT.withName("res"),
            JAVA_INT.withName("flags")).withName("io_uring_cqe");

    public static final long SIZE = 16;

    private static final long USER_DATA = LAYOUT.byteOffset(groupElement("user_data"));
    private static final long RES = LAYOUT.byteOffset(groupElement("res"));
    private static final long FLAGS = LAYOUT.byteOffset(groupElement("flags"));

    private Cqe() {}

    public static long userData(MemorySegment ring, long at) {
        return ring.get(JAVA_LONG, at + USER_DATA);
    }

    public static int res(MemorySegment ring, long at) {
        return ring.get(JAVA_INT, at + RES);
    }

    public static int flags(MemorySegment ring, long at) {
        return ring.get(JAVA_INT, at + FLAGS);
    }
}
