// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.net.InetAddress;
import java.util.Map;

/**
 * Options of the kernel's that Netty's own {@link ChannelOption} has no name for. A program that
 * uses the constants of Netty's epoll, io_uring or NIO transport for them may go on to do so: they
 * mean the same to our channels.
 *
 * <p>Each is described in {@code tcp(7)}, {@code ip(7)} or {@code socket(7)}. Units are the
 * kernel's.
 *
 * @param <T> the type of the value
 */
public final class OurioChannelOption<T> extends UnixChannelOption<T> {
    /** Seconds of idleness before the first keepalive probe; with {@code SO_KEEPALIVE}. */
    public static final ChannelOption<Integer> TCP_KEEPIDLE =
            valueOf(OurioChannelOption.class, "TCP_KEEPIDLE");
    /** Seconds between keepalive probes. */
    public static final ChannelOption<Integer> TCP_KEEPINTVL =
            valueOf(OurioChannelOption.class, "TCP_KEEPINTVL");
    /** Keepalive probes without an answer that end the connection, 1 to 127. */
    public static final ChannelOption<Integer> TCP_KEEPCNT =
            valueOf(OurioChannelOption.class, "TCP_KEEPCNT");
    /** Milliseconds that sent data may stay unacknowledged; 0 leaves it to the system. */
    public static final ChannelOption<Integer> TCP_USER_TIMEOUT =
            valueOf(OurioChannelOption.class, "TCP_USER_TIMEOUT");
    /** Only full segments are sent, until this is off again or 200 ms are over. */
    public static final ChannelOption<Boolean> TCP_CORK =
            valueOf(OurioChannelOption.class, "TCP_CORK");
    /** Unsent bytes above which the kernel calls the socket not writable, 0 to 2^32 - 1. */
    public static final ChannelOption<Long> TCP_NOTSENT_LOWAT =
            valueOf(OurioChannelOption.class, "TCP_NOTSENT_LOWAT");
    /** Acknowledgements are sent at once. The kernel also turns it on and off by itself. */
    public static final ChannelOption<Boolean> TCP_QUICKACK =
            valueOf(OurioChannelOption.class, "TCP_QUICKACK");
    /** The largest segment in bytes. */
    public static final ChannelOption<Integer> TCP_MAXSEG =
            valueOf(OurioChannelOption.class, "TCP_MAXSEG");
    /** Servers: seconds that a connection may wait for its first data; the kernel rounds up. */
    public static final ChannelOption<Integer> TCP_DEFER_ACCEPT =
            valueOf(OurioChannelOption.class, "TCP_DEFER_ACCEPT");
    /**
     * The keys of all peers that sign their segments (RFC 2385), 1 to 80 bytes each. The map
     * replaces the one before; reading gives null, since keys are secret.
     */
    public static final ChannelOption<Map<InetAddress, byte[]>> TCP_MD5SIG =
            valueOf("TCP_MD5SIG");

    /**
     * The network interface that the socket keeps to, by its name; empty, the default, is any. To
     * take one back needs CAP_NET_RAW.
     */
    public static final ChannelOption<String> SO_BINDTODEVICE =
            valueOf(OurioChannelOption.class, "SO_BINDTODEVICE");
    /** Urgent data comes in its place in the stream. */
    public static final ChannelOption<Boolean> SO_OOBINLINE =
            valueOf(OurioChannelOption.class, "SO_OOBINLINE");
    /** Microseconds to poll the device before a wait sleeps. Raising it needs CAP_NET_ADMIN. */
    public static final ChannelOption<Integer> SO_BUSY_POLL =
            valueOf(OurioChannelOption.class, "SO_BUSY_POLL");
    /** The processor whose packets a socket of a {@code SO_REUSEPORT} group prefers. */
    public static final ChannelOption<Integer> SO_INCOMING_CPU =
            valueOf(OurioChannelOption.class, "SO_INCOMING_CPU");
    /** The receive queue of the device that the packets arrive on; read only, 0 if none. */
    public static final ChannelOption<Integer> SO_INCOMING_NAPI_ID =
            valueOf(OurioChannelOption.class, "SO_INCOMING_NAPI_ID");

    /** Listeners: which loops make the channels of connections and serve them. */
    public static final ChannelOption<HandOver> HAND_OVER =
            valueOf(OurioChannelOption.class, "HAND_OVER");

    /** An address that no interface has may be bound. */
    public static final ChannelOption<Boolean> IP_FREEBIND = valueOf("IP_FREEBIND");
    /** Addresses of others may be bound, for a transparent proxy. Needs CAP_NET_ADMIN. */
    public static final ChannelOption<Boolean> IP_TRANSPARENT = valueOf("IP_TRANSPARENT");
    /** Clients: a bind to port 0 leaves the choice of the port to connect. */
    public static final ChannelOption<Boolean> IP_BIND_ADDRESS_NO_PORT =
            valueOf("IP_BIND_ADDRESS_NO_PORT");

    /** UDP: packets are not cut on their way; one that is too large is an error of its write. */
    public static final ChannelOption<Boolean> IP_DONTFRAGMENT =
            valueOf(OurioChannelOption.class, "IP_DONTFRAGMENT");
    /** UDP: what comes for groups that other sockets have joined is received too; off at first. */
    public static final ChannelOption<Boolean> IP_MULTICAST_ALL = valueOf("IP_MULTICAST_ALL");
    /** UDP: the recipient of a packet is the address that it was sent to, before a redirection. */
    public static final ChannelOption<Boolean> IP_RECVORIGDSTADDR = valueOf("IP_RECVORIGDSTADDR");
    /**
     * UDP: the kernel may hand over several packets of one sender by one call. The pipeline gets
     * each of them.
     */
    public static final ChannelOption<Boolean> UDP_GRO = valueOf("UDP_GRO");
    /** UDP: the most bytes of a packet that are read; 0, the default, has no limit. */
    public static final ChannelOption<Integer> MAX_DATAGRAM_PAYLOAD_SIZE =
            valueOf("MAX_DATAGRAM_PAYLOAD_SIZE");

    /**
     * From how many bytes on a write of a TCP channel is sent without a copy ({@code
     * IORING_OP_SEND_ZC} and {@code IORING_OP_SENDMSG_ZC}, Linux 6.0 and 6.1): all that is gathered
     * for one send counts. Negative, -1 by default, is never; tens of thousands are of use. Netty's
     * {@code IO_URING_WRITE_ZERO_COPY_THRESHOLD} is the same.
     *
     * <p>The future of such a write succeeds when the bytes are on their way, and its buffer is
     * held until the peer has acknowledged them: what is written to it before then, through another
     * reference, may be what the peer gets. A close waits for that, at most as long as for data
     * that has not left.
     *
     * <p>A channel goes back to copies by itself once the kernel says that it has copied (always on
     * the loopback, and where the card cannot gather) or has no such sends or not enough lockable
     * memory ({@code RLIMIT_MEMLOCK}). Without io_uring, and for Unix domain sockets, the option
     * does nothing.
     */
    public static final ChannelOption<Integer> ZERO_COPY_THRESHOLD =
            valueOf(OurioChannelOption.class, "ZERO_COPY_THRESHOLD");

    /**
     * How many messages that were sent to the channel ({@link OurioChannel#send(int, Object)}) may
     * wait to be delivered; one more is refused with a {@link MailboxFullException}. 0, the
     * default, has no limit; what was sent while there was none does not count later.
     */
    public static final ChannelOption<Integer> MAILBOX_LIMIT =
            valueOf(OurioChannelOption.class, "MAILBOX_LIMIT");

    /** The constants above are made by the pool; there is no instance of this class. */
    private OurioChannelOption() {}
}
