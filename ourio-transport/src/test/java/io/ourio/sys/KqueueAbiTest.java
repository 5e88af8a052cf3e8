// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code struct kevent} byte by byte, and the numbers, as {@code sys/event.h} of each has them. */
class KqueueAbiTest {
    /** ident, filter, flags, fflags, data, udata; the filter is that of reading. */
    private static final String NARROW =
            "3412000000000000 ffff 5180 04030281 1817161514131291 28272625242322a1";

    private static final String WIDE = "3412000000000000 00000000 51800000 04030281 00000000"
            + " 1817161514131291 28272625242322a1";

    private static final String EXTENSIONS = "0000000000000000".repeat(4);

    private final MemorySegment list = Arena.ofAuto().allocate(256, 8);

    KqueueAbiTest() {
        list.fill((byte) 0xee); // As memory of malloc may be: what is not written shows.
    }

    private static String golden(KqueueAbi abi) {
        return switch (abi) {
            case MACOS, FREEBSD_11, OPENBSD, DRAGONFLY, LIBRARY -> NARROW;
            case FREEBSD -> NARROW + EXTENSIONS;
            case NETBSD -> WIDE;
        };
    }

    @ParameterizedTest
    @EnumSource
    void changeIsTheBytesThatTheKernelReads(KqueueAbi abi) {
        byte[] golden = HexFormat.of().parseHex(golden(abi).replace(" ", ""));
        assertEquals(golden.length, abi.size());
        abi.change(list, 1, 0x1234, abi.read(), 0x8051, 0x81020304, 0x9112131415161718L,
                0xa122232425262728L);
        assertEquals(HexFormat.of().formatHex(golden), hex(abi.size(), abi.size()));
        assertEquals("ee", hex(abi.size() - 1, 1), "the byte before");
        assertEquals("ee", hex(2 * abi.size(), 1), "the byte behind");
    }

    @ParameterizedTest
    @EnumSource
    void eventIsReadWhereTheKernelWritesIt(KqueueAbi abi) {
        byte[] golden = HexFormat.of().parseHex(golden(abi).replace(" ", ""));
        MemorySegment.copy(golden, 0, list, JAVA_BYTE, 2L * abi.size(), golden.length);
        assertEquals(0x1234, abi.ident(list, 2));
        assertEquals(abi.read(), abi.filter(list, 2));
        assertEquals(0x8051, abi.flags(list, 2));
        assertEquals(0x81020304, abi.fflags(list, 2));
        assertEquals(0x9112131415161718L, abi.data(list, 2));
        assertEquals(0xa122232425262728L, abi.udata(list, 2));
    }

    /** Sizes, filters of reading, writing and the user, that of urgent data and its note. */
    @ParameterizedTest
    @CsvSource({
        "MACOS, 32, -1, -2, -10, -15, 2", "FREEBSD, 64, -1, -2, -11, -2147483648, 0",
        "FREEBSD_11, 32, -1, -2, -11, -2147483648, 0", "OPENBSD, 32, -1, -2, -10, -9, 4",
        "NETBSD, 40, 0, 1, 8, -2147483648, 0", "DRAGONFLY, 32, -1, -2, -9, -8, 2",
        "LIBRARY, 32, -1, -2, -11, -2147483648, 0",
    })
    void numbersAreThoseOfTheHeader(
            KqueueAbi abi, int size, int read, int write, int user, int except, int oob) {
        assertEquals(size, abi.size());
        assertEquals(read, abi.read());
        assertEquals(write, abi.write());
        assertEquals(user, abi.user());
        assertEquals(except, abi.except());
        assertEquals(except != Integer.MIN_VALUE, abi.hasExcept());
        assertEquals(oob, abi.oob());
    }

    @Test
    void flagsAreThoseOfTheHeaders() {
        assertEquals(0x1, Kqueue.EV_ADD);
        assertEquals(0x2, Kqueue.EV_DELETE);
        assertEquals(0x4, Kqueue.EV_ENABLE);
        assertEquals(0x8, Kqueue.EV_DISABLE);
        assertEquals(0x10, Kqueue.EV_ONESHOT);
        assertEquals(0x20, Kqueue.EV_CLEAR);
        assertEquals(0x40, Kqueue.EV_RECEIPT);
        assertEquals(0x80, Kqueue.EV_DISPATCH);
        assertEquals(0x4000, Kqueue.EV_ERROR);
        assertEquals(0x8000, Kqueue.EV_EOF);
        assertEquals(0x1000000, Kqueue.NOTE_TRIGGER);
        assertEquals(1, Kqueue.NOTE_LOWAT);
    }

    /** A list of 32 bytes an event, given to a kernel that writes 64, would be overrun. */
    @ParameterizedTest
    @CsvSource({
        "FREEBSD, 11.4-RELEASE, FREEBSD_11", "FREEBSD, 12.0-RELEASE, FREEBSD",
        "FREEBSD, 14.1-RELEASE-p5, FREEBSD", "FREEBSD, 16, FREEBSD", "MACOS, 15.1, MACOS",
        "OPENBSD, 7.6, OPENBSD", "NETBSD, 10.0, NETBSD", "NETBSD, 10.99.12, NETBSD",
        "DRAGONFLY, 6.4-RELEASE, DRAGONFLY",
    })
    void layoutIsThatOfTheRelease(Platform platform, String version, KqueueAbi abi) {
        assertEquals(abi, KqueueAbi.of(platform, version));
    }

    @Test
    void linuxHasNone() {
        assertNull(KqueueAbi.of(Platform.LINUX, "6.18.0"));
    }

    @ParameterizedTest
    @CsvSource({"MACOS, 89", "FREEBSD, 85", "FREEBSD_11, 85", "OPENBSD, 88", "NETBSD, 87",
        "DRAGONFLY, 85", "LIBRARY, 125"})
    void errorsInEventsAreTheSystems(KqueueAbi abi, int ecanceled) {
        assertEquals(125, abi.translation().errno(ecanceled));
    }

    private String hex(int from, int length) {
        return HexFormat.of().formatHex(list.asSlice(from, length).toArray(JAVA_BYTE));
    }
}
