// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The structs of sockets byte by byte, where they differ from Linux's. */
class BsdStructsTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(64, 16);

    BsdStructsTest() {
        memory.fill((byte) 0xee);
    }

    /** The first two bytes of an address: its length and its family. All others are Linux's. */
    @ParameterizedTest
    @CsvSource({
        "MACOS, 2, 16, 1002", "MACOS, 10, 28, 1c1e", "FREEBSD, 2, 16, 1002",
        "FREEBSD, 10, 28, 1c1c", "OPENBSD, 10, 28, 1c18", "NETBSD, 10, 28, 1c18",
        "DRAGONFLY, 10, 28, 1c1c", "DRAGONFLY, 2, 16, 1002", "OPENBSD, 1, 106, 6a01",
    })
    void addressBeginsWithItsLength(Platform platform, int family, int size, String golden) {
        var translation = new Translation(platform);
        short head = SockAddr.head(family, size, translation);
        assertEquals(golden, HexFormat.of().toHexDigits((byte) head)
                + HexFormat.of().toHexDigits((byte) (head >> 8)));
        assertEquals(family, SockAddr.familyOf(head, translation));
    }

    @ParameterizedTest
    @CsvSource({"LINUX, 108", "MACOS, 104", "FREEBSD, 104", "OPENBSD, 104", "NETBSD, 104",
        "DRAGONFLY, 104"})
    void pathOfASocketIsAsLongAsItsStruct(Platform platform, int size) {
        assertEquals(size, UnixAddr.pathSize(platform));
    }

    /** Level 41, type 7 and three bytes of data in a head that begins at {@code at}. */
    @ParameterizedTest
    @CsvSource({
        "LINUX, false, 8, 13000000000000002900000007000000, 24",
        "MACOS, true, 4, 0f0000002900000007000000, 16",
        "MACOS, false, 4, 0f0000002900000007000000, 16",
        "FREEBSD, false, 8, 130000002900000007000000eeeeeeee, 24",
        "OPENBSD, true, 8, 130000002900000007000000eeeeeeee, 24",
        "DRAGONFLY, false, 8, 130000002900000007000000eeeeeeee, 24",
        "NETBSD, false, 8, 130000002900000007000000eeeeeeee, 24",
        "NETBSD, true, 16, 130000002900000007000000eeeeeeee, 32",
    })
    void headOfControlDataIsTheBytesThatTheKernelReads(
            Platform platform, boolean aarch64, int at, String golden, long space) {
        CmsgHdr.Shape shape = CmsgHdr.Shape.of(platform, aarch64);
        shape.set(memory, at, 41, 7, 3);
        assertEquals(golden, HexFormat.of().formatHex(
                memory.asSlice(at, shape.size()).toArray(JAVA_BYTE)));
        assertEquals(3, shape.length(memory, at));
        assertEquals(space, shape.space(3));
    }

    @ParameterizedTest
    @CsvSource({"LINUX, 48", "MACOS, 44", "FREEBSD, 44", "OPENBSD, 44", "NETBSD, 44",
        "DRAGONFLY, 44"})
    void flagsOfAMessageFollowTheControlData(Platform platform, long at) {
        assertEquals(at, MsgHdr.flagsAt(platform));
    }
}
