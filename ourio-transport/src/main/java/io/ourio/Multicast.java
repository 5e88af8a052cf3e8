// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.GroupReq;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;

/**
 * The groups that a UDP socket receives for, and the interface on which it sends to groups. A group
 * of either protocol can be joined on an IPv6 socket. The rules of {@link Sockets} hold.
 */
public final class Multicast {
    /** {@code struct ip_mreqn}: the group, the address and the number of the interface. */
    private static final int IP_MREQN_SIZE = 12;

    /** What may be done about a group; the numbers are those of {@code linux/in.h}. */
    private enum Request {
        MCAST_JOIN_GROUP(42), MCAST_BLOCK_SOURCE(43), MCAST_UNBLOCK_SOURCE(44),
        MCAST_LEAVE_GROUP(45), MCAST_JOIN_SOURCE_GROUP(46), MCAST_LEAVE_SOURCE_GROUP(47);

        private final int number;

        Request(int number) {
            this.number = number;
        }
    }

    private Multicast() {}

    /**
     * Receives what is sent to {@code group}.
     *
     * @param source whose messages alone are wanted, or null for everybody's
     */
    public static void join(int fd, InetAddress group, NetworkInterface on, InetAddress source)
            throws IOException {
        request(fd, source == null ? Request.MCAST_JOIN_GROUP : Request.MCAST_JOIN_SOURCE_GROUP,
                group, on, source);
    }

    /** Ends what {@link #join} with the same arguments began. */
    public static void leave(int fd, InetAddress group, NetworkInterface on, InetAddress source)
            throws IOException {
        request(fd, source == null ? Request.MCAST_LEAVE_GROUP : Request.MCAST_LEAVE_SOURCE_GROUP,
                group, on, source);
    }

    /** Does not receive what {@code source} sends to a group that was joined for all sources. */
    public static void block(int fd, InetAddress group, NetworkInterface on, InetAddress source)
            throws IOException {
        request(fd, Request.MCAST_BLOCK_SOURCE, group, on, source);
    }

    /** Ends what {@link #block} began. */
    public static void unblock(int fd, InetAddress group, NetworkInterface on, InetAddress source)
            throws IOException {
        request(fd, Request.MCAST_UNBLOCK_SOURCE, group, on, source);
    }

    private static void request(
            int fd, Request request, InetAddress group, NetworkInterface on, InetAddress source)
            throws IOException {
        Scratch scratch = Scratch.get();
        int length = GroupReq.encode(on.getIndex(), group, source, scratch.value);
        int level = group instanceof Inet4Address ? Linux.IPPROTO_IP : Linux.IPPROTO_IPV6;
        int result = scratch.libc.setsockopt(fd, level, request.number, scratch.value, length);
        if (result < 0) {
            throw Errno.toException("setsockopt(" + request + ", " + group.getHostAddress()
                    + (source == null ? "" : " from " + source.getHostAddress())
                    + " on " + on.getName() + ")", -result);
        }
    }

    /** The interface on which a socket sends to groups, or null if the kernel chooses. */
    public static NetworkInterface networkInterface(int fd, int family) throws IOException {
        if (family == Sockets.IPV6) {
            int index = Sockets.option(fd, SockOpt.IPV6_MULTICAST_IF);
            return index == 0 ? null : NetworkInterface.getByIndex(index);
        }
        // The kernel tells the address that was set, and not the number.
        byte[] address = new byte[Integer.BYTES];
        int word = Sockets.option(fd, SockOpt.IP_MULTICAST_IF);
        Scratch.get().value.set(JAVA_INT, 0, word);
        MemorySegment.copy(Scratch.get().value, JAVA_BYTE, 0, address, 0, address.length);
        InetAddress set = InetAddress.getByAddress(address);
        return set.isAnyLocalAddress() ? null : NetworkInterface.getByInetAddress(set);
    }

    /** Sets the interface on which a socket sends to groups. */
    public static void networkInterface(int fd, int family, NetworkInterface on)
            throws IOException {
        if (family == Sockets.IPV6) {
            Sockets.option(fd, SockOpt.IPV6_MULTICAST_IF, on.getIndex());
        }
        Scratch scratch = Scratch.get();
        MemorySegment value = scratch.value.asSlice(0, IP_MREQN_SIZE).fill((byte) 0);
        InetAddress address = on.inetAddresses()
                .filter(Inet4Address.class::isInstance).findFirst().orElse(null);
        if (address != null) {
            MemorySegment.copy(address.getAddress(), 0, value, JAVA_BYTE, 4, 4);
        }
        value.set(JAVA_INT, 8, on.getIndex());
        SockOpt option = SockOpt.IP_MULTICAST_IF;
        int result = scratch.libc.setsockopt(
                fd, option.level(), option.number(), value, IP_MREQN_SIZE);
        if (result < 0) {
            throw Errno.toException(
                    "setsockopt(" + option + ", " + on.getName() + ")", -result);
        }
    }
}
