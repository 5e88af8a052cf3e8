// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Libc;
import io.ourio.sys.Linger;
import io.ourio.sys.Linux;
import io.ourio.sys.Platform;
import io.ourio.sys.SockAddr;
import io.ourio.sys.TcpMd5Sig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What is the same for sockets on every backend: to make, bind and close them, their addresses and
 * options. A socket is its file descriptor, an {@code int}.
 *
 * <p>Any thread may call. Every method is one or two quick system calls; none blocks, except
 * {@link #close} of a socket with a linger time. A refusal of the kernel is an
 * {@link IOException} that names the call, its value, the error and a way out; which class it has
 * is said at {@link Errno#toException}.
 */
public final class Sockets {
    /** The family of IPv4 sockets. */
    public static final int IPV4 = Linux.AF_INET;
    /** The family of IPv6 sockets, which speak IPv4 as well. */
    public static final int IPV6 = Linux.AF_INET6;
    /** The family of Unix domain sockets; see {@link UnixSockets}. */
    public static final int UNIX = Linux.AF_UNIX;
    /** A type of socket: a stream of bytes. */
    public static final int STREAM = Linux.SOCK_STREAM;
    /** A type of socket: messages that keep their bounds. */
    public static final int DATAGRAM = Linux.SOCK_DGRAM;
    /** For {@link #shutdown}: nothing more will be received. */
    public static final int SHUT_RD = Linux.SHUT_RD;
    /** For {@link #shutdown}: nothing more will be sent; the peer sees the end of the stream. */
    public static final int SHUT_WR = Linux.SHUT_WR;
    /** For {@link #shutdown}: both directions. */
    public static final int SHUT_RDWR = Linux.SHUT_RDWR;
    /** Bytes that {@link #encode} and {@link #decode} want, whatever the family. */
    public static final int ADDRESS_SIZE = SockAddr.SIZE;
    /** The longest key of {@link #tcpMd5Key} in bytes. */
    public static final int MD5_KEY_MAX = TcpMd5Sig.KEY_MAX;
    /** What {@link #linger(int)} returns when close does not linger. */
    public static final int NO_LINGER = -1;

    /** Asked on first use and not at class loading, which must not fail. */
    private static final class Family {
        static final int PREFERRED =
                !Boolean.getBoolean("java.net.preferIPv4Stack") && ipv6Works() ? IPV6 : IPV4;

        private static boolean ipv6Works() {
            Libc libc = Libc.current();
            int fd = libc.socket(IPV6, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0);
            if (fd >= 0) {
                libc.close(fd);
            }
            return fd >= 0;
        }
    }

    private Sockets() {}

    /**
     * Whether {@link #tcp} makes IPv6 sockets: the kernel has IPv6, and the system property
     * {@code java.net.preferIPv4Stack} was not true when this was first asked.
     */
    public static boolean ipv6Available() {
        return preferredFamily() == IPV6;
    }

    /** The family of new sockets, {@link #IPV6} wherever that is available. */
    public static int preferredFamily() {
        return Family.PREFERRED;
    }

    /** A new TCP socket of the {@link #preferredFamily}. The caller owns and closes it. */
    public static int tcp() throws IOException {
        return socket(preferredFamily(), Linux.SOCK_STREAM, 0);
    }

    /** A new UDP socket of a family. The caller owns and closes it. */
    public static int udp(int family) throws IOException {
        return socket(family, Linux.SOCK_DGRAM, 0);
    }

    /**
     * A new socket, not blocking and closed on exec. An IPv6 one speaks IPv4 too. The caller owns
     * and closes it.
     */
    public static int socket(int family, int type, int protocol) throws IOException {
        int fd = Libc.current().socket(
                family, type | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw Errno.toException("socket(family " + family + ", type " + type + ")", -fd);
        }
        if (family == IPV6) {
            speakIpv4Too(fd);
        }
        return fd;
    }

    private static void speakIpv4Too(int fd) throws IOException {
        try {
            option(fd, SockOpt.IPV6_V6ONLY, 0);
        } catch (IOException e) {
            close(fd);
            throw e;
        }
    }

    /**
     * Binds to a local address; port 0 lets the kernel choose. The IPv4 wildcard on an IPv6 socket
     * means both protocols.
     *
     * @param family of the socket, as {@link #family} would say
     */
    public static void bind(int fd, int family, InetSocketAddress local) throws IOException {
        Scratch scratch = Scratch.get();
        int length = SockAddr.encodeLocal(local, family, scratch.value);
        int result = scratch.libc.bind(fd, scratch.value, length);
        if (result < 0) {
            throw Errno.toException("bind(" + text(local) + ")", -result);
        }
    }

    /**
     * Connects a UDP socket, so that it sends to {@code remote} and receives from there alone. That
     * does not wait; to connect a TCP socket is {@link Ring#connect}.
     *
     * @param family of the socket
     */
    public static void connect(int fd, int family, InetSocketAddress remote) throws IOException {
        Scratch scratch = Scratch.get();
        int length = SockAddr.encode(remote, family, scratch.value);
        int result = scratch.libc.connect(fd, scratch.value, length);
        if (result < 0) {
            throw Errno.toException("connect(" + text(remote) + ")", -result);
        }
    }

    /**
     * Ends the connection of a datagram socket. A port that the kernel has chosen may be lost with
     * it.
     */
    public static void disconnect(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        scratch.value.fill((byte) 0); // The family is AF_UNSPEC.
        int result = scratch.libc.connect(fd, scratch.value, SockAddr.MIN_SIZE);
        if (result < 0) {
            throw Errno.toException("connect(AF_UNSPEC)", -result);
        }
    }

    /** Makes a bound socket listen; the kernel cuts {@code backlog} to its own limit. */
    public static void listen(int fd, int backlog) throws IOException {
        int result = Libc.current().listen(fd, backlog);
        if (result < 0) {
            throw Errno.toException("listen(" + backlog + ")", -result);
        }
    }

    /** The address that the socket is bound to, or null if it is not. */
    public static InetSocketAddress localAddress(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        int result = scratch.libc.getsockname(fd, scratch.value, scratch.length(ADDRESS_SIZE));
        if (result < 0) {
            throw Errno.toException("getsockname", -result);
        }
        InetSocketAddress local = SockAddr.decode(scratch.value);
        boolean unbound = local != null && local.getPort() == 0
                && local.getAddress().isAnyLocalAddress();
        return unbound ? null : local;
    }

    /** The address of the peer, or null if the socket is not connected. */
    public static InetSocketAddress remoteAddress(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        int result = scratch.libc.getpeername(fd, scratch.value, scratch.length(ADDRESS_SIZE));
        if (result == -Errno.ENOTCONN) {
            return null;
        }
        if (result < 0) {
            throw Errno.toException("getpeername", -result);
        }
        return SockAddr.decode(scratch.value);
    }

    /** Ends one or both directions: {@link #SHUT_RD}, {@link #SHUT_WR}, {@link #SHUT_RDWR}. */
    public static void shutdown(int fd, int how) throws IOException {
        int result = Libc.current().shutdown(fd, how);
        if (result < 0) {
            throw Errno.toException("shutdown", -result);
        }
    }

    /**
     * Closes the descriptor. It is free for reuse afterwards even if this throws, so it must never
     * be closed again.
     */
    public static void close(int fd) throws IOException {
        int result = Libc.current().close(fd);
        if (result < 0 && result != -Errno.EINTR) {
            throw Errno.toException("close", -result);
        }
    }

    /** The protocol family of a socket from elsewhere; of our own we know it. */
    public static int family(int fd) throws IOException {
        if (Platform.CURRENT == Platform.LINUX) {
            return option(fd, SockOpt.SO_DOMAIN);
        }
        // Not every system has the option, but each gives an unbound socket an address.
        Scratch scratch = Scratch.get();
        int result = scratch.libc.getsockname(fd, scratch.value, scratch.length(ADDRESS_SIZE));
        if (result < 0) {
            throw Errno.toException("getsockname", -result);
        }
        return SockAddr.family(scratch.value);
    }

    /** Has calls on a descriptor from elsewhere not wait; our own sockets never do. */
    public static void doNotBlock(int fd) throws IOException {
        Libc libc = Libc.current();
        int flags = libc.fcntl(fd, Linux.F_GETFL, 0);
        int result = flags < 0 ? flags : libc.fcntl(fd, Linux.F_SETFL, flags | Linux.O_NONBLOCK);
        if (result < 0) {
            throw Errno.toException("fcntl(O_NONBLOCK)", -result);
        }
    }

    /** Reads an option that is an {@code int}. */
    public static int option(int fd, SockOpt option) throws IOException {
        return option(fd, option.level(), option.number());
    }

    /** Sets an option that is an {@code int}. */
    public static void option(int fd, SockOpt option, int value) throws IOException {
        option(fd, option.level(), option.number(), value);
    }

    /** Reads an option that is an {@code int}, by its numbers. */
    public static int option(int fd, int level, int number) throws IOException {
        Scratch scratch = Scratch.get();
        scratch.value.set(JAVA_INT, 0, 0); // Some options write one byte.
        get(fd, level, number, scratch, JAVA_INT.byteSize());
        return scratch.value.get(JAVA_INT, 0);
    }

    /** Sets an option that is an {@code int}, by its numbers. */
    public static void option(int fd, int level, int number, int value) throws IOException {
        Scratch scratch = Scratch.get();
        scratch.value.set(JAVA_INT, 0, value);
        int result = scratch.libc.setsockopt(fd, level, number, scratch.value, Integer.BYTES);
        if (result < 0) {
            throw Errno.toException(
                    "setsockopt(" + SockOpt.describe(level, number) + ", " + value + ")", -result);
        }
    }

    /**
     * Reads any option as the bytes that the kernel has for it.
     *
     * @param into takes the bytes from its position on; its position moves behind them
     */
    public static void readOption(int fd, int level, int number, ByteBuffer into)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Math.max(1, into.remaining()), 8);
            MemorySegment length = arena.allocateFrom(JAVA_INT, into.remaining());
            int result = Libc.current().getsockopt(fd, level, number, value, length);
            if (result < 0) {
                throw refusedGet(level, number, result);
            }
            into.put(value.asSlice(0, length.get(JAVA_INT, 0)).asByteBuffer());
        }
    }

    /**
     * Sets any option from the bytes that the kernel wants for it.
     *
     * @param value its remaining bytes; its position stays
     */
    public static void writeOption(int fd, int level, int number, ByteBuffer value)
            throws IOException {
        int bytes = value.remaining();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, bytes), 8);
            copy.asByteBuffer().put(value.duplicate());
            int result = Libc.current().setsockopt(fd, level, number, copy, bytes);
            if (result < 0) {
                throw Errno.toException("setsockopt(" + SockOpt.describe(level, number)
                        + ", " + bytes + " bytes)", -result);
            }
        }
    }

    /** The seconds that close waits for unsent data, or {@link #NO_LINGER}. */
    public static int linger(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        get(fd, SockOpt.SO_LINGER.level(), SockOpt.SO_LINGER.number(), scratch, Linger.SIZE);
        return Linger.isOn(scratch.value) ? Linger.seconds(scratch.value) : NO_LINGER;
    }

    /**
     * Sets how close ends a connection: a negative number lets unsent data go out in the
     * background, 0 throws it away and resets the connection, more waits so many seconds.
     */
    public static void linger(int fd, int seconds) throws IOException {
        Scratch scratch = Scratch.get();
        Linger.encode(seconds >= 0, Math.max(0, seconds), scratch.value);
        int result = scratch.libc.setsockopt(fd, SockOpt.SO_LINGER.level(),
                SockOpt.SO_LINGER.number(), scratch.value, Linger.SIZE);
        if (result < 0) {
            throw Errno.toException("setsockopt(SO_LINGER, " + seconds + ")", -result);
        }
    }

    /**
     * Reads an option that each protocol has for itself, as the type of service.
     *
     * @param family of the socket; of an IPv6 one this is what {@code ipv6} says
     */
    public static int option(int fd, int family, SockOpt ipv4, SockOpt ipv6) throws IOException {
        return option(fd, family == IPV6 ? ipv6 : ipv4);
    }

    /** Sets such an option; an IPv6 socket has one for each protocol that it speaks. */
    public static void option(int fd, int family, SockOpt ipv4, SockOpt ipv6, int value)
            throws IOException {
        if (family == IPV6) {
            option(fd, ipv6, value);
        }
        option(fd, ipv4, value);
    }

    /** The name of the network interface that the socket keeps to, empty if it takes any. */
    public static String device(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        get(fd, SockOpt.SO_BINDTODEVICE.level(), SockOpt.SO_BINDTODEVICE.number(), scratch,
                Linux.IFNAMSIZ);
        int length = scratch.length();
        return length == 0 ? "" : scratch.value.getString(0);
    }

    /**
     * Has the socket send and receive by one network interface alone, or by any if the name is
     * empty. To take an interface back needs CAP_NET_RAW.
     *
     * @throws IllegalArgumentException if the name is longer than 15 bytes, which Linux would cut
     */
    public static void device(int fd, String name) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= Linux.IFNAMSIZ) {
            throw new IllegalArgumentException("the name of a network interface has at most "
                    + (Linux.IFNAMSIZ - 1) + " bytes, not " + bytes.length + ": " + name);
        }
        Scratch scratch = Scratch.get();
        MemorySegment.copy(bytes, 0, scratch.value, JAVA_BYTE, 0, bytes.length);
        int result = scratch.libc.setsockopt(fd, SockOpt.SO_BINDTODEVICE.level(),
                SockOpt.SO_BINDTODEVICE.number(), scratch.value, bytes.length);
        if (result < 0) {
            throw Errno.toException("setsockopt(SO_BINDTODEVICE, " + name + ")", -result);
        }
    }

    /** A snapshot of what the kernel knows of a TCP connection. */
    public static TcpInfo tcpInfo(int fd) throws IOException {
        ByteBuffer struct = ByteBuffer.allocate(TcpInfo.CAPACITY);
        readOption(fd, SockOpt.TCP_INFO.level(), SockOpt.TCP_INFO.number(), struct);
        return new TcpInfo(struct.flip());
    }

    /**
     * Sets the key that signs the segments to and from a peer (TCP MD5, RFC 2385).
     *
     * @param key at most {@link #MD5_KEY_MAX} bytes; an empty one removes the peer's key
     */
    public static void tcpMd5Key(int fd, int family, InetAddress peer, byte[] key)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = TcpMd5Sig.encode(peer, family, key, arena);
            int result = Libc.current().setsockopt(fd, SockOpt.TCP_MD5SIG.level(),
                    SockOpt.TCP_MD5SIG.number(), value, TcpMd5Sig.SIZE);
            if (result < 0) {
                throw Errno.toException("setsockopt(TCP_MD5SIG, " + peer.getHostAddress()
                        + ", key of " + key.length + " bytes)", -result);
            }
        }
    }

    /**
     * Writes an address as the kernel wants it, for an operation of a ring.
     *
     * @param family of the socket; IPv4 addresses are mapped for an IPv6 one
     * @param into {@link #ADDRESS_SIZE} bytes, aligned to 4
     * @return the length in bytes
     * @throws java.nio.channels.UnresolvedAddressException if it is a name without an address
     * @throws java.nio.channels.UnsupportedAddressTypeException for IPv6 on an IPv4 socket
     */
    public static int encode(InetSocketAddress address, int family, MemorySegment into) {
        return SockAddr.encode(address, family, into);
    }

    /** Reads an address that the kernel wrote; null if it is not of IPv4 or IPv6. */
    public static InetSocketAddress decode(MemorySegment from) {
        return SockAddr.decode(from);
    }

    private static void get(int fd, int level, int number, Scratch scratch, long bytes)
            throws IOException {
        int result = scratch.libc.getsockopt(
                fd, level, number, scratch.value, scratch.length(bytes));
        if (result < 0) {
            throw refusedGet(level, number, result);
        }
    }

    private static IOException refusedGet(int level, int number, int result) {
        return Errno.toException(
                "getsockopt(" + SockOpt.describe(level, number) + ")", -result);
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
