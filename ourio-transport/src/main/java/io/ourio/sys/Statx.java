// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct statx}: what the kernel knows of a file. The same on every architecture. */
public final class Statx {
    /** {@code STATX_BASIC_STATS | STATX_BTIME}: what {@link #LAYOUT} names. */
    public static final int WANTED = 0x7ff | 0x800;

    public static final int BTIME = 0x800;

    public static final int S_IFMT = 0xf000;
    public static final int S_IFSOCK = 0xc000;
    public static final int S_IFLNK = 0xa000;
    public static final int S_IFREG = 0x8000;
    public static final int S_IFBLK = 0x6000;
    public static final int S_IFDIR = 0x4000;
    public static final int S_IFCHR = 0x2000;
    public static final int S_IFIFO = 0x1000;

    private static final StructLayout TIME = structLayout(
            JAVA_LONG.withName("tv_sec"),
            JAVA_INT.withName("tv_nsec"),
            paddingLayout(4));

    public static final StructLayout LAYOUT = structLayout(
            JAVA_INT.withName("mask"), // what of the wanted there is
            JAVA_INT.withName("blksize"),
            JAVA_LONG.withName("attributes"),
            JAVA_INT.withName("nlink"),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            JAVA_SHORT.withName("mode"),
            paddingLayout(2),
            JAVA_LONG.withName("ino"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"), // of 512 bytes
            JAVA_LONG.withName("attributes_mask"),
            TIME.withName("atime"),
            TIME.withName("btime"),
            TIME.withName("ctime"),
            TIME.withName("mtime"),
            JAVA_INT.withName("rdev_major"),
            JAVA_INT.withName("rdev_minor"),
            JAVA_INT.withName("dev_major"),
            JAVA_INT.withName("dev_minor"),
            paddingLayout(112)).withName("statx"); // later kernels fill it

    private static final long MODE = LAYOUT.byteOffset(groupElement("mode"));

    private Statx() {}

    /** The field called so, of 32 bits. */
    public static int getInt(MemorySegment statx, String field) {
        return statx.get(JAVA_INT, LAYOUT.byteOffset(groupElement(field)));
    }

    /** The field called so, of 64 bits. */
    public static long getLong(MemorySegment statx, String field) {
        return statx.get(JAVA_LONG, LAYOUT.byteOffset(groupElement(field)));
    }

    /** Sets the number called so, of whatever size. */
    static void set(MemorySegment statx, String field, long value) {
        long at = LAYOUT.byteOffset(groupElement(field));
        switch ((int) LAYOUT.select(groupElement(field)).byteSize()) {
            case Short.BYTES -> statx.set(JAVA_SHORT, at, (short) value);
            case Integer.BYTES -> statx.set(JAVA_INT, at, (int) value);
            default -> statx.set(JAVA_LONG, at, value);
        }
    }

    /** Sets the time called so. */
    static void setTime(MemorySegment statx, String field, long seconds, int nanos) {
        long at = LAYOUT.byteOffset(groupElement(field));
        statx.set(JAVA_LONG, at, seconds);
        statx.set(JAVA_INT, at + Long.BYTES, nanos);
    }

    /** The kind of file and who may do what with it, of 16 bits. */
    public static int mode(MemorySegment statx) {
        return Short.toUnsignedInt(statx.get(JAVA_SHORT, MODE));
    }

    /** The seconds of the time called so. */
    public static long seconds(MemorySegment statx, String field) {
        return statx.get(JAVA_LONG, LAYOUT.byteOffset(groupElement(field)));
    }

    /** The nanoseconds of the time called so. */
    public static int nanos(MemorySegment statx, String field) {
        return statx.get(JAVA_INT, LAYOUT.byteOffset(groupElement(field)) + Long.BYTES);
    }
}
