// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * {@code struct stat} of each system (LP64), and how it becomes a {@link Statx}, which is what the
 * runtime reads. Of FreeBSD it is the one from release 12 on.
 */
final class BsdStat {
    private static final StructLayout TIME =
            structLayout(JAVA_LONG.withName("sec"), JAVA_LONG.withName("nsec"));

    private static final StructLayout LINUX = structLayout( // of x86-64
            JAVA_LONG.withName("dev"),
            JAVA_LONG.withName("ino"),
            JAVA_LONG.withName("nlink"),
            JAVA_INT.withName("mode"),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            paddingLayout(4),
            JAVA_LONG.withName("rdev"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blksize"),
            JAVA_LONG.withName("blocks"),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            paddingLayout(24));

    private static final StructLayout MACOS = structLayout(
            JAVA_INT.withName("dev"),
            JAVA_SHORT.withName("mode"),
            JAVA_SHORT.withName("nlink"),
            JAVA_LONG.withName("ino"),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            JAVA_INT.withName("rdev"),
            paddingLayout(4),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            TIME.withName("btime"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"),
            JAVA_INT.withName("blksize"),
            paddingLayout(28)); // flags, generation, spare

    private static final StructLayout FREEBSD = structLayout(
            JAVA_LONG.withName("dev"),
            JAVA_LONG.withName("ino"),
            JAVA_LONG.withName("nlink"),
            JAVA_SHORT.withName("mode"),
            paddingLayout(2),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            paddingLayout(4),
            JAVA_LONG.withName("rdev"),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            TIME.withName("btime"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"),
            JAVA_INT.withName("blksize"),
            paddingLayout(92)); // flags, generation, spare

    private static final StructLayout OPENBSD = structLayout(
            JAVA_INT.withName("mode"),
            JAVA_INT.withName("dev"),
            JAVA_LONG.withName("ino"),
            JAVA_INT.withName("nlink"),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            JAVA_INT.withName("rdev"),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"),
            JAVA_INT.withName("blksize"),
            paddingLayout(12), // flags, generation
            TIME.withName("btime"));

    private static final StructLayout NETBSD = structLayout(
            JAVA_LONG.withName("dev"),
            JAVA_INT.withName("mode"),
            paddingLayout(4),
            JAVA_LONG.withName("ino"),
            JAVA_INT.withName("nlink"),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            paddingLayout(4),
            JAVA_LONG.withName("rdev"),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            TIME.withName("btime"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"),
            JAVA_INT.withName("blksize"),
            paddingLayout(20)); // flags, generation, spare

    private static final StructLayout DRAGONFLY = structLayout(
            JAVA_LONG.withName("ino"),
            JAVA_INT.withName("nlink"),
            JAVA_INT.withName("dev"),
            JAVA_SHORT.withName("mode"),
            paddingLayout(2),
            JAVA_INT.withName("uid"),
            JAVA_INT.withName("gid"),
            JAVA_INT.withName("rdev"),
            TIME.withName("atime"),
            TIME.withName("mtime"),
            TIME.withName("ctime"),
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("blocks"),
            paddingLayout(16), // an older block size, flags, generation, spare
            JAVA_LONG.withName("blksize"),
            paddingLayout(8));

    private BsdStat() {}

    static StructLayout layout(Platform platform) {
        return switch (platform) {
            case LINUX -> LINUX;
            case MACOS -> MACOS;
            case FREEBSD -> FREEBSD;
            case OPENBSD -> OPENBSD;
            case NETBSD -> NETBSD;
            case DRAGONFLY -> DRAGONFLY;
        };
    }

    /** Fills {@code statx} with what {@code stat} of a system has. */
    static void toStatx(Platform platform, MemorySegment stat, MemorySegment statx) {
        StructLayout layout = layout(platform);
        statx.fill((byte) 0);
        for (String same : new String[] {"blksize", "nlink", "uid", "gid", "mode", "ino", "size",
            "blocks"}) {
            Statx.set(statx, same, number(layout, stat, same));
        }
        int mask = Statx.WANTED & ~Statx.BTIME;
        for (String time : new String[] {"atime", "mtime", "ctime", "btime"}) {
            if (has(layout, time)) {
                long at = layout.byteOffset(groupElement(time));
                Statx.setTime(statx, time, stat.get(JAVA_LONG, at),
                        (int) stat.get(JAVA_LONG, at + Long.BYTES));
                mask |= time.equals("btime") ? Statx.BTIME : 0;
            }
        }
        Statx.set(statx, "mask", mask);
        for (String device : new String[] {"dev", "rdev"}) {
            long number = number(layout, stat, device);
            Statx.set(statx, device + "_major", major(platform, number));
            Statx.set(statx, device + "_minor", minor(platform, number));
        }
    }

    private static boolean has(StructLayout layout, String field) {
        return layout.memberLayouts().stream()
                .anyMatch(member -> member.name().filter(field::equals).isPresent());
    }

    private static long number(StructLayout layout, MemorySegment stat, String field) {
        MemoryLayout found = layout.select(groupElement(field));
        long at = layout.byteOffset(groupElement(field));
        return switch ((int) found.byteSize()) {
            case Short.BYTES -> Short.toUnsignedLong(stat.get(JAVA_SHORT, at));
            case Integer.BYTES -> Integer.toUnsignedLong(stat.get(JAVA_INT, at));
            default -> stat.get(JAVA_LONG, at);
        };
    }

    /** {@code major(3)}. */
    static long major(Platform platform, long device) {
        return switch (platform) {
            case LINUX -> device >> 32 & ~0xfffL | device >> 8 & 0xfff;
            case MACOS -> device >> 24 & 0xff;
            case FREEBSD -> device >> 32 & ~0xffL | device >> 8 & 0xff;
            case OPENBSD, DRAGONFLY -> device >> 8 & 0xff;
            case NETBSD -> device >> 8 & 0xfff;
        };
    }

    /** {@code minor(3)}. */
    static long minor(Platform platform, long device) {
        return switch (platform) {
            case LINUX -> device >> 12 & 0xffffff00L | device & 0xff;
            case MACOS -> device & 0xffffff;
            case FREEBSD -> device >> 24 & 0xff00 | device & 0xffff00ffL;
            case OPENBSD -> device & 0xff | (device & 0xffff0000L) >> 8;
            case NETBSD -> device >> 12 & 0xfff00 | device & 0xff;
            case DRAGONFLY -> device & 0xffff00ffL;
        };
    }
}
