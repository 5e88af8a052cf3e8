// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The structs of linux/un.h and of the groups of linux/in.h. */
class UnixAddrTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(GroupReq.SIZE, 8);

    UnixAddrTest() {
        memory.fill((byte) 0xee); // As memory of malloc may be: what is not written shows.
    }

    private String hex(long from, long length) {
        return HexFormat.of().formatHex(memory.asSlice(from, length).toArray(JAVA_BYTE));
    }

    @Test
    void lengthTellsWhereThePathEnds() {
        assertEquals(5, UnixAddr.encode("ab", memory));
        assertEquals("0100616200ee", hex(0, 6));
        assertEquals("ab", UnixAddr.decode(memory, 5));
        assertEquals("ab", UnixAddr.decode(memory, SockAddr.SIZE)); // With zeros behind it.
    }

    @Test
    void abstractNameHasNoZeroBehindIt() {
        assertEquals(5, UnixAddr.encode("\0ab", memory));
        assertEquals("0100006162ee", hex(0, 6));
        assertEquals("\0ab", UnixAddr.decode(memory, 5));
        assertEquals(6, UnixAddr.encode("\0a\0b", memory));
        assertEquals("\0a\0b", UnixAddr.decode(memory, 6));
    }

    @Test
    void socketWithoutANameHasTheEmptyPath() {
        assertEquals(2, UnixAddr.encode("", memory));
        assertEquals("0100ee", hex(0, 3));
        assertEquals("", UnixAddr.decode(memory, 2));
        assertEquals("", UnixAddr.decode(memory, 0));
    }

    @Test
    void pathIsInUtf8() {
        assertEquals(2 + 3 + 1, UnixAddr.encode("aü", memory));
        assertEquals("aü", UnixAddr.decode(memory, 6));
    }

    @Test
    void longestPathFitsAndALongerOneIsRefused() {
        String longest = "x".repeat(107);
        assertEquals(110, UnixAddr.encode(longest, memory));
        assertEquals(longest, UnixAddr.decode(memory, 110));
        assertEquals(110, UnixAddr.encode("\0" + longest, memory));
        assertEquals("\0" + longest, UnixAddr.decode(memory, 110));
        assertThrows(IllegalArgumentException.class,
                () -> UnixAddr.encode(longest + "x", memory));
        assertThrows(IllegalArgumentException.class,
                () -> UnixAddr.encode("\0" + longest + "x", memory));
        assertThrows(IllegalArgumentException.class, () -> UnixAddr.encode("a\0b", memory));
    }

    @Test
    void memberOfAGroupHasTheKernelsOffsets() throws UnknownHostException {
        InetAddress group = InetAddress.getByName("230.1.2.3");
        assertEquals(136, GroupReq.encode(5, group, null, memory));
        assertEquals("0500000000000000" + "02000000e6010203" + "0000000000000000", hex(0, 24));
        InetAddress source = InetAddress.getByName("fe80::1");
        assertEquals(264, GroupReq.encode(5, group, source, memory));
        assertEquals("0a00000000000000" + "fe80000000000000" + "0000000000000001" + "00000000",
                hex(136, 28));
    }
}
