// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes and offsets are those of linux/in.h, linux/in6.h, linux/socket.h and linux/tcp.h. */
class SockAddrTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(SockAddr.SIZE, 8);

    SockAddrTest() {
        memory.fill((byte) 0xee); // As memory of malloc may be: what is not written shows.
    }

    @Test
    void layoutsHaveTheKernelsSizesAndOffsets() {
        assertEquals(16, SockAddr.IN.byteSize());
        assertEquals(2, offset(SockAddr.IN, "sin_port"));
        assertEquals(4, offset(SockAddr.IN, "sin_addr"));
        assertEquals(28, SockAddr.IN6.byteSize());
        assertEquals(2, offset(SockAddr.IN6, "sin6_port"));
        assertEquals(8, offset(SockAddr.IN6, "sin6_addr"));
        assertEquals(24, offset(SockAddr.IN6, "sin6_scope_id"));
        assertEquals(Linger.SIZE, Linger.LAYOUT.byteSize());
        assertEquals(4, offset(Linger.LAYOUT, "l_linger"));
        assertEquals(TcpMd5Sig.SIZE, TcpMd5Sig.LAYOUT.byteSize());
        assertEquals(130, offset(TcpMd5Sig.LAYOUT, "tcpm_keylen"));
        assertEquals(136, offset(TcpMd5Sig.LAYOUT, "tcpm_key"));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 8080, 2, 02001f90c00002010000000000000000",
        "255.255.255.255, 65535, 2, 0200ffffffffffff0000000000000000",
        "192.0.2.1, 443, 10, 0a0001bb0000000000000000000000000000ffffc000020100000000",
        "2001:db8::1, 443, 10, 0a0001bb0000000020010db800000000000000000000000100000000",
        "fe80::1%3, 80, 10, 0a00005000000000fe80000000000000000000000000000103000000",
        "::, 0, 10, 0a000000000000000000000000000000000000000000000000000000",
        "0.0.0.0, 80, 10, 0a0000500000000000000000000000000000ffff0000000000000000",
    })
    void encodesToTheBytesThatTheKernelReads(String host, int port, int family, String golden)
            throws UnknownHostException {
        assertGolden(golden, SockAddr.encode(address(host, port), family, memory));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 80, 10, 0a000050000000000000000000000000000000000000000000000000",
        "::, 80, 10, 0a000050000000000000000000000000000000000000000000000000",
        "0.0.0.0, 80, 2, 02000050000000000000000000000000",
        "127.0.0.1, 80, 10, 0a0000500000000000000000000000000000ffff7f00000100000000",
    })
    void theIpv4WildcardToBindToMeansBothProtocolsOnAnIpv6Socket(
            String host, int port, int family, String golden) throws UnknownHostException {
        assertGolden(golden, SockAddr.encodeLocal(address(host, port), family, memory));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 1, 2", "192.0.2.1, 65535, 10", "0.0.0.0, 0, 2", "2001:db8::1, 443, 10",
        "fe80::1%2, 80, 10", "::, 7, 10", "::1, 32768, 10",
    })
    void whatIsEncodedDecodesToTheSame(String host, int port, int family)
            throws UnknownHostException {
        InetSocketAddress address = address(host, port);
        SockAddr.encode(address, family, memory);
        InetSocketAddress decoded = SockAddr.decode(memory);
        assertEquals(address, decoded);
        // equals of Inet6Address does not look at the scope, the text does.
        assertEquals(address.getAddress().getHostAddress(), decoded.getAddress().getHostAddress());
    }

    @Test
    void mappedAddressDecodesToIpv4() throws UnknownHostException {
        SockAddr.encode(address("198.51.100.7", 9), Linux.AF_INET6, memory);
        assertInstanceOf(Inet4Address.class, SockAddr.decode(memory).getAddress());
    }

    @Test
    void addressScopedByItsInterfaceKeepsTheIndex() throws Exception {
        NetworkInterface loopback = NetworkInterface.networkInterfaces()
                .filter(SockAddrTest::isLoopback).findFirst().orElseThrow();
        byte[] bytes = InetAddress.getByName("fe80::1").getAddress();
        var numbered = Inet6Address.getByAddress(null, bytes, loopback.getIndex());
        SockAddr.encode(new InetSocketAddress(numbered, 80), Linux.AF_INET6, memory);
        var decoded = assertInstanceOf(Inet6Address.class, SockAddr.decode(memory).getAddress());
        assertEquals(loopback.getIndex(), decoded.getScopeId());
    }

    @Test
    void familyOfNeitherKindDecodesToNull() {
        memory.fill((byte) 0);
        assertNull(SockAddr.decode(memory));
    }

    @Test
    void nameWithoutAddressIsRefused() {
        var unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
        assertThrows(UnresolvedAddressException.class,
                () -> SockAddr.encode(unresolved, Linux.AF_INET6, memory));
        assertThrows(UnresolvedAddressException.class,
                () -> SockAddr.encodeLocal(unresolved, Linux.AF_INET6, memory));
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "::"})
    void ipv6AddressForAnIpv4SocketIsRefusedByName(String host) {
        var refused = assertThrows(UnsupportedAddressTypeException.class,
                () -> SockAddr.encode(address(host, 80), Linux.AF_INET, memory));
        assertTrue(refused.getCause().getMessage().contains("is an IPv6 address"),
                refused.getCause().getMessage());
    }

    private void assertGolden(String golden, int length) {
        byte[] bytes = memory.asSlice(0, length).toArray(JAVA_BYTE);
        assertEquals(golden, HexFormat.of().formatHex(bytes));
        assertEquals((byte) 0xee, memory.get(JAVA_BYTE, length), "wrote behind the struct");
    }

    private static InetSocketAddress address(String host, int port) throws UnknownHostException {
        int scope = host.indexOf('%');
        InetAddress address = scope < 0 ? InetAddress.getByName(host)
                : Inet6Address.getByAddress(null,
                        InetAddress.getByName(host.substring(0, scope)).getAddress(),
                        Integer.parseInt(host.substring(scope + 1)));
        return new InetSocketAddress(address, port);
    }

    private static boolean isLoopback(NetworkInterface candidate) {
        try {
            return candidate.isLoopback();
        } catch (java.net.SocketException e) {
            throw new AssertionError(candidate.getName(), e);
        }
    }

    private static long offset(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }
}
