// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct io_uring_recvmsg_out}, with which a multishot recvmsg begins each buffer. Behind it
 * lie the name and the control data, each with all the room that the submitted {@code msghdr} gives
 * it, and then the payload. The lengths here say what there was, which may be more than there is.
 */
public final class RecvmsgOut {
    public static final StructLayout LAYOUT = structLayout(
            JAVA_INT.withName("namelen"),
            JAVA_INT.withName("controllen"),
            JAVA_INT.withName("payloadlen"),
            JAVA_INT.withName("flags") // MSG_*
            ).withName("io_uring_recvmsg_out");

    public static final int SIZE = 16;

    private static final long NAMELEN = LAYOUT.byteOffset(groupElement("namelen"));
    private static final long CONTROLLEN = LAYOUT.byteOffset(groupElement("controllen"));
    private static final long PAYLOADLEN = LAYOUT.byteOffset(groupElement("payloadlen"));
    private static final long FLAGS = LAYOUT.byteOffset(groupElement("flags"));

    private RecvmsgOut() {}

    /** Writes all of it, with the lengths that there were. */
    public static void set(MemorySegment memory, long at, int nameLength, int controlLength,
            int payloadLength, int flags) {
        memory.set(JAVA_INT, at + NAMELEN, nameLength);
        memory.set(JAVA_INT, at + CONTROLLEN, controlLength);
        memory.set(JAVA_INT, at + PAYLOADLEN, payloadLength);
        memory.set(JAVA_INT, at + FLAGS, flags);
    }

    public static int nameLength(MemorySegment memory, long at) {
        return memory.get(JAVA_INT, at + NAMELEN);
    }

    public static int controlLength(MemorySegment memory, long at) {
        return memory.get(JAVA_INT, at + CONTROLLEN);
    }

    public static int payloadLength(MemorySegment memory, long at) {
        return memory.get(JAVA_INT, at + PAYLOADLEN);
    }

    public static int flags(MemorySegment memory, long at) {
        return memory.get(JAVA_INT, at + FLAGS);
    }
}
