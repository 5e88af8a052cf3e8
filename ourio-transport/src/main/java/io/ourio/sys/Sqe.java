// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct io_uring_sqe}, the 64 bytes that describe one operation to the kernel.
 *
 * <p>Fields that the kernel overlays in a union are named for the use we make of them.
 */
public final class Sqe {
    public static final StructLayout LAYOUT = structLayout(
            JAVA_BYTE.withName("opcode"),
            JAVA_BYTE.withName("flags"), // IOSQE_*
            JAVA_SHORT.withName("ioprio"), // also the flags of accept, recv and send
            JAVA_INT.withName("fd"),
            JAVA_LONG.withName("off"), // or addr2
            JAVA_LONG.withName("addr"), // buffer, iovec or msghdr
            JAVA_INT.withName("len"),
            JAVA_INT.withName("op_flags"), // msg_flags, accept_flags, poll32_events, ...
            JAVA_LONG.withName("user_data"),
            JAVA_SHORT.withName("buf_group"), // or buf_index
            JAVA_SHORT.withName("personality"),
            JAVA_INT.withName("file_index"), // or splice_fd_in
            JAVA_LONG.withName("addr3"),
            JAVA_LONG.withName("pad2")).withName("io_uring_sqe");

    public static final long SIZE = 64;

    private static final long OPCODE = offset("opcode");
    private static final long FLAGS = offset("flags");
    private static final long IOPRIO = offset("ioprio");
    private static final long FD = offset("fd");
    private static final long OFF = offset("off");
    private static final long ADDR = offset("addr");
    private static final long LEN = offset("len");
    private static final long OP_FLAGS = offset("op_flags");
    private static final long USER_DATA = offset("user_data");
    private static final long BUF_GROUP = offset("buf_group");
    private static final long FILE_INDEX = offset("file_index");

    private Sqe() {}

    /** Zeroes all of it: a field that an operation does not use must be 0. */
    public static void clear(MemorySegment sqes, long at) {
        for (long word = at; word < at + SIZE; word += Long.BYTES) {
            sqes.set(JAVA_LONG, word, 0);
        }
    }

    public static void opcode(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_BYTE, at + OPCODE, (byte) value);
    }

    public static void flags(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_BYTE, at + FLAGS, (byte) value);
    }

    public static void ioprio(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_SHORT, at + IOPRIO, (short) value);
    }

    public static void fd(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_INT, at + FD, value);
    }

    public static void off(MemorySegment sqes, long at, long value) {
        sqes.set(JAVA_LONG, at + OFF, value);
    }

    public static void addr(MemorySegment sqes, long at, long value) {
        sqes.set(JAVA_LONG, at + ADDR, value);
    }

    public static void len(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_INT, at + LEN, value);
    }

    public static void opFlags(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_INT, at + OP_FLAGS, value);
    }

    public static void userData(MemorySegment sqes, long at, long value) {
        sqes.set(JAVA_LONG, at + USER_DATA, value);
    }

    public static void bufGroup(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_SHORT, at + BUF_GROUP, (short) value);
    }

    public static void fileIndex(MemorySegment sqes, long at, int value) {
        sqes.set(JAVA_INT, at + FILE_INDEX, value);
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(groupElement(field));
    }
}
