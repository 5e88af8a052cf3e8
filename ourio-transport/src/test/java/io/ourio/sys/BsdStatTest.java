// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code struct stat} as {@code sys/stat.h} of each system lays it out. */
class BsdStatTest {
    private static final String[] FIELDS = {"dev", "ino", "mode", "nlink", "uid", "gid", "rdev",
        "atime", "mtime", "ctime", "btime", "size", "blocks", "blksize"};

    private final Arena arena = Arena.ofAuto();

    /** The offsets in the order of the fields above, -1 for none, and the size. */
    @ParameterizedTest
    @CsvSource({
        "LINUX, 0 8 24 16 28 32 40 72 88 104 -1 48 64 56, 144",
        "MACOS, 0 8 4 6 16 20 24 32 48 64 80 96 104 112, 144",
        "FREEBSD, 0 8 24 16 28 32 40 48 64 80 96 112 120 128, 224",
        "OPENBSD, 4 8 0 16 20 24 28 32 48 64 112 80 88 96, 128",
        "NETBSD, 0 16 8 24 28 32 40 48 64 80 96 112 120 128, 152",
        "DRAGONFLY, 12 0 16 8 20 24 28 32 48 64 -1 80 88 112, 128",
    })
    void fieldsLieWhereTheHeaderHasThem(Platform platform, String offsets, long size) {
        StructLayout layout = BsdStat.layout(platform);
        assertEquals(size, layout.byteSize());
        String[] expected = offsets.split(" ");
        for (int i = 0; i < FIELDS.length; i++) {
            long offset = expected[i].equals("-1")
                    ? -1 : layout.byteOffset(groupElement(FIELDS[i]));
            assertEquals(Long.parseLong(expected[i]), offset, FIELDS[i]);
        }
    }

    /** In the order of the fields above, without the times. */
    @ParameterizedTest
    @CsvSource({
        "LINUX, 8 8 4 8 4 4 8 8 8 8", "MACOS, 4 8 2 2 4 4 4 8 8 4",
        "FREEBSD, 8 8 2 8 4 4 8 8 8 4", "OPENBSD, 4 8 4 4 4 4 4 8 8 4",
        "NETBSD, 8 8 4 4 4 4 8 8 8 4", "DRAGONFLY, 4 8 2 4 4 4 4 8 8 8",
    })
    void fieldsHaveTheWidthOfTheHeader(Platform platform, String widths) {
        StructLayout layout = BsdStat.layout(platform);
        String[] expected = widths.split(" ");
        int i = 0;
        for (String field : FIELDS) {
            if (!field.endsWith("time")) {
                assertEquals(Long.parseLong(expected[i++]),
                        layout.select(groupElement(field)).byteSize(), field);
            }
        }
    }

    /** With all bits of the struct set, nothing may be read from beside a field. */
    @ParameterizedTest
    @EnumSource
    void statusIsReadFieldByField(Platform platform) {
        StructLayout layout = BsdStat.layout(platform);
        MemorySegment stat = arena.allocate(layout);
        MemorySegment statx = arena.allocate(Statx.LAYOUT);
        stat.fill((byte) 0xff);
        put(layout, stat, "uid", 7);
        put(layout, stat, "mode", 0x45);
        put(layout, stat, "size", 0x33);
        BsdStat.toStatx(platform, stat, statx);
        assertEquals(7, Statx.getInt(statx, "uid"));
        assertEquals(-1, Statx.getInt(statx, "gid"));
        assertEquals(0x45, Statx.mode(statx));
        assertEquals(0x33, Statx.getLong(statx, "size"));
        assertEquals(-1, Statx.getLong(statx, "ino"));
        assertEquals(-1, Statx.seconds(statx, "mtime"));
        boolean born = platform != Platform.LINUX && platform != Platform.DRAGONFLY;
        assertEquals(born ? 0xfff : 0x7ff, Statx.getInt(statx, "mask"));
        assertEquals(0, statx.get(JAVA_INT, 8), "attributes");
    }

    private static void put(StructLayout layout, MemorySegment stat, String field, int value) {
        long at = layout.byteOffset(groupElement(field));
        long size = layout.select(groupElement(field)).byteSize();
        for (long i = 0; i < size; i++) {
            stat.set(JAVA_BYTE, at + i, i == 0 ? (byte) value : 0);
        }
    }

    /** Numbers that {@code makedev(3)} of each system makes of the major and the minor one. */
    @ParameterizedTest
    @CsvSource({
        "LINUX, 0x12345671002, 0x710, 0x12345602", "LINUX, 0x801, 8, 1",
        "MACOS, 0x1000004, 1, 4", "MACOS, 0xe1234567, 0xe1, 0x234567",
        "FREEBSD, 0x1200003456, 0x34, 0x1256", "FREEBSD, 0x4d, 0, 77",
        "OPENBSD, 0x00120434, 4, 0x1234", "NETBSD, 0xa804, 0xa8, 4",
        "NETBSD, 0x1230a804, 0xa8, 0x12304", "DRAGONFLY, 0x12ab34, 0xab, 0x120034",
    })
    void devicesAreSplitAsTheSystemDoes(
            Platform platform, String device, String major, String minor) {
        long number = Long.decode(device);
        assertEquals(Long.decode(major), BsdStat.major(platform, number), "major");
        assertEquals(Long.decode(minor), BsdStat.minor(platform, number), "minor");
    }
}
