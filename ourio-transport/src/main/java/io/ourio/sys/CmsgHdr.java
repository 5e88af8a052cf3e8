// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct cmsghdr} of LP64: the head of one piece of control data, which follows it. It holds
 * the length of both, then the level and the type of the data, of 32 bits each.
 */
public final class CmsgHdr {
    /** The one of this system. The compiler takes what a record holds for constants. */
    private static final Shape SHAPE =
            Shape.of(Platform.CURRENT, System.getProperty("os.arch").equals("aarch64"));

    /** The bytes of a head, up to its data. */
    public static final int SIZE = SHAPE.size;

    private CmsgHdr() {}

    /** {@code CMSG_SPACE}: the bytes that a piece of {@code length} takes with its head. */
    public static long space(long length) {
        return SHAPE.space(length);
    }

    /** Writes a head for {@code length} bytes. */
    public static void set(MemorySegment control, long at, int level, int type, long length) {
        SHAPE.set(control, at, level, type, length);
    }

    /** The bytes behind the head, less than 0 if the kernel left none or the head is broken. */
    public static long length(MemorySegment control, long at) {
        return SHAPE.length(control, at);
    }

    public static int level(MemorySegment control, long at) {
        return control.get(JAVA_INT, at + SHAPE.level);
    }

    public static int type(MemorySegment control, long at) {
        return control.get(JAVA_INT, at + SHAPE.level + Integer.BYTES);
    }

    /**
     * How a system lays it out.
     *
     * @param level where the level is, right behind the length of 32 or 64 bits
     * @param size where the data is
     * @param align what the next head is at a multiple of
     */
    record Shape(int level, int size, int align) {
        static Shape of(Platform platform, boolean aarch64) {
            return switch (platform) {
                case LINUX -> new Shape(8, 16, 8);
                case MACOS -> new Shape(4, 12, 4);
                case NETBSD -> new Shape(4, 16, aarch64 ? 16 : 8);
                case FREEBSD, OPENBSD, DRAGONFLY -> new Shape(4, 16, 8);
            };
        }

        long space(long length) {
            return size + (length + align - 1 & -align);
        }

        void set(MemorySegment control, long at, int level, int type, long length) {
            if (isWide()) {
                control.set(JAVA_LONG, at, size + length);
            } else {
                control.set(JAVA_INT, at, size + (int) length);
            }
            control.set(JAVA_INT, at + this.level, level);
            control.set(JAVA_INT, at + this.level + Integer.BYTES, type);
        }

        long length(MemorySegment control, long at) {
            long length = isWide() ? control.get(JAVA_LONG, at) : control.get(JAVA_INT, at);
            return length - size;
        }

        private boolean isWide() {
            return level == Long.BYTES;
        }
    }
}
