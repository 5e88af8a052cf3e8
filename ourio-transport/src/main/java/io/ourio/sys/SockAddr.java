// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/**
 * {@code struct sockaddr_in} and {@code struct sockaddr_in6}: the one place where an address
 * crosses between Java and the kernel. Any thread may call; the memory is the caller's, aligned
 * to 4 bytes.
 *
 * <p>The systems agree on all but the first two bytes: the family on Linux, and on the others the
 * length of the struct and then the family. Families have Linux's numbers everywhere in Java.
 */
public final class SockAddr {
    /** Bytes of {@code struct sockaddr_storage}, enough for an address of every family. */
    public static final int SIZE = 128;

    /** Bytes of {@code struct sockaddr}, of which only the family counts. */
    public static final int MIN_SIZE = 16;

    private static final ValueLayout.OfShort PORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    static final StructLayout IN = structLayout(
            JAVA_SHORT.withName("sin_family"),
            PORT.withName("sin_port"),
            sequenceLayout(4, JAVA_BYTE).withName("sin_addr"),
            sequenceLayout(8, JAVA_BYTE).withName("sin_zero")).withName("sockaddr_in");

    static final StructLayout IN6 = structLayout(
            JAVA_SHORT.withName("sin6_family"),
            PORT.withName("sin6_port"),
            JAVA_INT.withName("sin6_flowinfo"),
            sequenceLayout(16, JAVA_BYTE).withName("sin6_addr"),
            JAVA_INT.withName("sin6_scope_id")).withName("sockaddr_in6");

    private static final int IN_SIZE = (int) IN.byteSize();
    private static final int IN6_SIZE = (int) IN6.byteSize();

    /** The family and the port are at the same place in both. */
    private static final long FAMILY = 0;
    private static final long PORT_AT = offset(IN, "sin_port");
    private static final long ADDR4 = offset(IN, "sin_addr");
    private static final long ADDR6 = offset(IN6, "sin6_addr");
    private static final long SCOPE = offset(IN6, "sin6_scope_id");

    /** Where the IPv4 address is in {@code ::ffff:a.b.c.d}, behind two bytes of ones. */
    private static final int MAPPED_AT = 12;

    private static final boolean BSD = Platform.CURRENT.isBsd();
    private static final Translation TRANSLATION = new Translation(Platform.CURRENT);

    private SockAddr() {}

    /**
     * Writes an address for a socket of {@code family}, {@code AF_INET} or {@code AF_INET6}. An
     * IPv4 address for an IPv6 socket becomes {@code ::ffff:a.b.c.d}; a scope id is kept.
     *
     * @param into takes the struct; the bytes of it that say nothing become zero
     * @return the length of the struct in bytes, as the kernel wants to be told
     * @throws UnresolvedAddressException if {@code address} is a name without an address
     * @throws UnsupportedAddressTypeException for an IPv6 address on an IPv4 socket
     */
    public static int encode(InetSocketAddress address, int family, MemorySegment into) {
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new UnresolvedAddressException();
        }
        return family == Linux.AF_INET6
                ? encode6(host, address.getPort(), into)
                : encode4(host, address.getPort(), into);
    }

    /**
     * As {@link #encode}, for an address to bind to: the IPv4 wildcard on an IPv6 socket becomes
     * the IPv6 one, so that the socket serves both protocols, as the JDK's do.
     */
    public static int encodeLocal(InetSocketAddress address, int family, MemorySegment into) {
        InetAddress host = address.getAddress();
        if (host != null && host.isAnyLocalAddress() && family == Linux.AF_INET6) {
            return begin(family, address.getPort(), IN6_SIZE, into);
        }
        return encode(address, family, into);
    }

    /**
     * Reads an address that the kernel wrote. {@code ::ffff:a.b.c.d} becomes the IPv4 address that
     * it stands for; a scope id is kept.
     *
     * @return the address, or null if it is of neither family
     */
    public static InetSocketAddress decode(MemorySegment from) {
        int port = Short.toUnsignedInt(from.get(PORT, PORT_AT));
        return switch (family(from)) {
            case Linux.AF_INET -> new InetSocketAddress(host(bytes(from, ADDR4, 4), 0), port);
            case Linux.AF_INET6 -> new InetSocketAddress(
                    host(bytes(from, ADDR6, 16), from.get(JAVA_INT, SCOPE)), port);
            default -> null;
        };
    }

    /** The family of an address that the kernel wrote, {@code AF_*} with Linux's number. */
    public static int family(MemorySegment from) {
        short head = from.get(JAVA_SHORT, FAMILY);
        return BSD ? familyOf(head, TRANSLATION) : head;
    }

    private static int encode4(InetAddress host, int port, MemorySegment into) {
        if (!(host instanceof Inet4Address)) {
            throw unsupported(host);
        }
        begin(Linux.AF_INET, port, IN_SIZE, into);
        MemorySegment.copy(host.getAddress(), 0, into, JAVA_BYTE, ADDR4, 4);
        return IN_SIZE;
    }

    private static int encode6(InetAddress host, int port, MemorySegment into) {
        begin(Linux.AF_INET6, port, IN6_SIZE, into);
        byte[] bytes = host.getAddress();
        if (host instanceof Inet6Address scoped) {
            MemorySegment.copy(bytes, 0, into, JAVA_BYTE, ADDR6, bytes.length);
            into.set(JAVA_INT, SCOPE, scoped.getScopeId());
        } else {
            into.set(JAVA_SHORT, ADDR6 + MAPPED_AT - 2, (short) -1);
            MemorySegment.copy(bytes, 0, into, JAVA_BYTE, ADDR6 + MAPPED_AT, bytes.length);
        }
        return IN6_SIZE;
    }

    private static int begin(int family, int port, int size, MemorySegment into) {
        into.asSlice(0, size).fill((byte) 0);
        into.set(JAVA_SHORT, FAMILY, head(family, size));
        into.set(PORT, PORT_AT, (short) port);
        return size;
    }

    /** What a struct of {@code size} bytes begins with. */
    static short head(int family, int size) {
        return BSD ? head(family, size, TRANSLATION) : (short) family;
    }

    /** What it begins with elsewhere than on Linux: the length and the family, a byte each. */
    static short head(int family, int size, Translation to) {
        return (short) (to.family(family) << Byte.SIZE | size);
    }

    /** The family, Linux's number for it, in such a beginning. */
    static int familyOf(short head, Translation from) {
        return from.linuxFamily(head >> Byte.SIZE & 0xff);
    }

    private static byte[] bytes(MemorySegment from, long at, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(from, JAVA_BYTE, at, bytes, 0, length);
        return bytes;
    }

    /** A scope of 0 is none: given to the JDK it would print as {@code %0}. */
    private static InetAddress host(byte[] bytes, int scope) {
        try {
            InetAddress host = InetAddress.getByAddress(bytes);
            return scope > 0 && host instanceof Inet6Address
                    ? Inet6Address.getByAddress(null, bytes, scope) : host;
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are always an address", e);
        }
    }

    private static UnsupportedAddressTypeException unsupported(InetAddress host) {
        var refused = new UnsupportedAddressTypeException();
        refused.initCause(new SocketException(
                host.getHostAddress() + " is an IPv6 address and the socket is for IPv4 only, as"
                + " java.net.preferIPv4Stack or a kernel without IPv6 makes it"));
        return refused;
    }

    private static long offset(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }
}
