// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static io.ourio.sys.Linux.IPPROTO_IP;
import static io.ourio.sys.Linux.IPPROTO_IPV6;
import static io.ourio.sys.Linux.IPPROTO_TCP;
import static io.ourio.sys.Linux.IPPROTO_UDP;
import static io.ourio.sys.Linux.SOL_SOCKET;

import io.ourio.sys.Constant;
import io.ourio.sys.Platform;

/**
 * The socket options that we name, each with Linux's numbers for it; what they are elsewhere is
 * looked up by the name. {@link Sockets} also takes the plain numbers of the system, for those that
 * are not here. An option that the system does not have is refused with {@link Errno#ENOPROTOOPT}.
 */
public enum SockOpt {
    /** A local address may be bound while old connections of it linger. */
    SO_REUSEADDR(SOL_SOCKET, 2),
    /** The type of the socket, as {@link Sockets#STREAM}; read only. */
    SO_TYPE(SOL_SOCKET, 3),
    /** Datagrams may be sent to a broadcast address. */
    SO_BROADCAST(SOL_SOCKET, 6),
    /** The error that waits on the socket; reading takes it away. */
    SO_ERROR(SOL_SOCKET, 4),
    /** Bytes of the send buffer. The kernel doubles what is set. */
    SO_SNDBUF(SOL_SOCKET, 7),
    /** Bytes of the receive buffer. The kernel doubles what is set. */
    SO_RCVBUF(SOL_SOCKET, 8),
    /** An idle connection is probed. */
    SO_KEEPALIVE(SOL_SOCKET, 9),
    /** Urgent data comes in its place in the stream. */
    SO_OOBINLINE(SOL_SOCKET, 10),
    /** What close does with unsent data; see {@link Sockets#linger(int)}. */
    SO_LINGER(SOL_SOCKET, 13),
    /** Several sockets share a local address, and the kernel spreads connections over them. */
    SO_REUSEPORT(SOL_SOCKET, 15),
    /** Who is at the other end; see {@link UnixSockets#peerCredentials}. */
    SO_PEERCRED(SOL_SOCKET, 17),
    /** The network interface that the socket keeps to; see {@link Sockets#device(int)}. */
    SO_BINDTODEVICE(SOL_SOCKET, 25),
    /** Whether the socket listens; read only. */
    SO_ACCEPTCONN(SOL_SOCKET, 30),
    /** The protocol family of the socket; read only. */
    SO_DOMAIN(SOL_SOCKET, 39),
    /** Microseconds to poll the device for, before a wait sleeps. */
    SO_BUSY_POLL(SOL_SOCKET, 46),
    /** The processor that the packets of the socket arrive on. */
    SO_INCOMING_CPU(SOL_SOCKET, 49),
    /** The receive queue that the packets of the socket arrive on; read only. */
    SO_INCOMING_NAPI_ID(SOL_SOCKET, 56),

    /** The type of service of what an IPv4 socket sends. */
    IP_TOS(IPPROTO_IP, 1),
    /** Whether packets may be cut on their way: 2 for never, 0 for as the path needs it. */
    IP_MTU_DISCOVER(IPPROTO_IP, 10),
    /** An address that no interface has may be bound. */
    IP_FREEBIND(IPPROTO_IP, 15),
    /** Addresses of others may be bound, for a transparent proxy. Needs CAP_NET_ADMIN. */
    IP_TRANSPARENT(IPPROTO_IP, 19),
    /** Received datagrams tell the address that they were sent to, before it was redirected. */
    IP_RECVORIGDSTADDR(IPPROTO_IP, 20),
    /** A bind to port 0 leaves the choice of the port to connect. */
    IP_BIND_ADDRESS_NO_PORT(IPPROTO_IP, 24),

    /** The interface for what an IPv4 socket sends to groups; see {@link Multicast}. */
    IP_MULTICAST_IF(IPPROTO_IP, 32),
    /** How many routers what is sent to a group may pass. */
    IP_MULTICAST_TTL(IPPROTO_IP, 33),
    /** What is sent to a group reaches this machine's members too. */
    IP_MULTICAST_LOOP(IPPROTO_IP, 34),
    /** What comes for groups that others have joined is received too. */
    IP_MULTICAST_ALL(IPPROTO_IP, 49),

    /** The interface for what an IPv6 socket sends to groups, by number. */
    IPV6_MULTICAST_IF(IPPROTO_IPV6, 17),
    /** {@link #IP_MULTICAST_TTL} of IPv6. */
    IPV6_MULTICAST_HOPS(IPPROTO_IPV6, 18),
    /** {@link #IP_MULTICAST_LOOP} of IPv6. */
    IPV6_MULTICAST_LOOP(IPPROTO_IPV6, 19),
    /** {@link #IP_MTU_DISCOVER} of IPv6. */
    IPV6_MTU_DISCOVER(IPPROTO_IPV6, 23),
    /** The socket is for IPv6 alone. */
    IPV6_V6ONLY(IPPROTO_IPV6, 26),
    /** {@link #IP_MULTICAST_ALL} of IPv6. */
    IPV6_MULTICAST_ALL(IPPROTO_IPV6, 29),
    /** {@link #IP_RECVORIGDSTADDR} of IPv6. */
    IPV6_RECVORIGDSTADDR(IPPROTO_IPV6, 74),
    /** The traffic class of what an IPv6 socket sends. */
    IPV6_TCLASS(IPPROTO_IPV6, 67),

    /** The size of the datagrams that the kernel makes of what is sent; 0 is off. */
    UDP_SEGMENT(IPPROTO_UDP, 103),
    /** The kernel may put received datagrams together, and tells their size. */
    UDP_GRO(IPPROTO_UDP, 104),

    /** Small segments are sent at once. */
    TCP_NODELAY(IPPROTO_TCP, 1),
    /** The largest segment in bytes. */
    TCP_MAXSEG(IPPROTO_TCP, 2),
    /** Only full segments are sent, until it is off again or 200 ms are over. */
    TCP_CORK(IPPROTO_TCP, 3),
    /** Seconds of idleness before the first probe. */
    TCP_KEEPIDLE(IPPROTO_TCP, 4),
    /** Seconds between probes. */
    TCP_KEEPINTVL(IPPROTO_TCP, 5),
    /** Probes without an answer that end the connection. */
    TCP_KEEPCNT(IPPROTO_TCP, 6),
    /** Seconds that a connection may wait for its first data before it is accepted without. */
    TCP_DEFER_ACCEPT(IPPROTO_TCP, 9),
    /** The state of the connection; see {@link Sockets#tcpInfo}. */
    TCP_INFO(IPPROTO_TCP, 11),
    /** Acknowledgements are sent at once. The kernel turns it on and off by itself. */
    TCP_QUICKACK(IPPROTO_TCP, 12),
    /** Keys that sign the segments, RFC 2385; see {@link Sockets#tcpMd5Key}. */
    TCP_MD5SIG(IPPROTO_TCP, 14),
    /** Milliseconds that sent data may stay without an acknowledgement; 0 is the system's rule. */
    TCP_USER_TIMEOUT(IPPROTO_TCP, 18),
    /** How many connections with data in their first packet a listener holds; 0 is none. */
    TCP_FASTOPEN(IPPROTO_TCP, 23),
    /** Unsent bytes above which the socket is not writable, an unsigned int. */
    TCP_NOTSENT_LOWAT(IPPROTO_TCP, 25),
    /** The first data goes with the first packet of a connection. */
    TCP_FASTOPEN_CONNECT(IPPROTO_TCP, 30);

    private final int level;
    private final int number;

    SockOpt(int level, int number) {
        this.level = level == SOL_SOCKET ? Constant.SOL_SOCKET.on(Platform.CURRENT) : level;
        this.number = number(Platform.CURRENT, number);
    }

    /** Its number on a system, or one of its own that no kernel knows. */
    private int number(Platform platform, int linux) {
        int number = Constant.option(name(), linux, platform);
        return number == Constant.NONE ? -1 - ordinal() : number;
    }

    /** The protocol level, as {@code getsockopt(2)} takes it. */
    public int level() {
        return level;
    }

    /** The number of the option within its level, as {@code getsockopt(2)} takes it. */
    public int number() {
        return number;
    }

    /** What a message calls an option. Not for the hot path: it searches. */
    static String describe(int level, int number) {
        for (SockOpt option : values()) {
            if (option.level == level && option.number == number) {
                return option.name();
            }
        }
        return "level " + level + ", option " + number;
    }
}
