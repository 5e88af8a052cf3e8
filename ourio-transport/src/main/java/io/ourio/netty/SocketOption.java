// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.ourio.Multicast;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A row of the table that ties the options of Netty to those of the kernel.
 *
 * @param options what Netty and its other transports call it; the first is the one that
 *     {@code getOptions} lists
 */
record SocketOption<T>(List<ChannelOption<T>> options, SockOpt kernel, Codec<T> codec) {
    /**
     * Options are interned by name, so these make the very constants of the other transports
     * without their classes.
     */
    private static final String EPOLL = "io.netty.channel.epoll.EpollChannelOption#";
    static final String URING = "io.netty.channel.uring.IoUringChannelOption#";

    /** What sockets of every kind have. */
    private static final List<SocketOption<?>> OF_ALL = List.of(
            row(ChannelOption.SO_RCVBUF, SockOpt.SO_RCVBUF, Codec.INT),
            row(ChannelOption.SO_REUSEADDR, SockOpt.SO_REUSEADDR, Codec.FLAG));

    /** What all have that speak IP. */
    private static final List<SocketOption<?>> OF_IP = List.of(
            row(UnixChannelOption.SO_REUSEPORT, SockOpt.SO_REUSEPORT, Codec.FLAG),
            row(OurioChannelOption.SO_BINDTODEVICE, SockOpt.SO_BINDTODEVICE, Codec.DEVICE),
            row(OurioChannelOption.SO_BUSY_POLL, SockOpt.SO_BUSY_POLL, Codec.INT, EPOLL),
            row(OurioChannelOption.SO_INCOMING_CPU, SockOpt.SO_INCOMING_CPU, Codec.INT),
            row(OurioChannelOption.SO_INCOMING_NAPI_ID, SockOpt.SO_INCOMING_NAPI_ID, Codec.INT),
            row(ChannelOption.IP_TOS, SockOpt.IP_TOS, Codec.ints(SockOpt.IPV6_TCLASS)),
            row(OurioChannelOption.IP_FREEBIND, SockOpt.IP_FREEBIND, Codec.FLAG),
            row(OurioChannelOption.IP_TRANSPARENT, SockOpt.IP_TRANSPARENT, Codec.FLAG));

    /** What all have that send something. */
    private static final List<SocketOption<?>> OF_SENDERS = List.of(
            row(ChannelOption.SO_SNDBUF, SockOpt.SO_SNDBUF, Codec.INT));

    private static final List<SocketOption<?>> OF_CONNECTIONS = List.of(
            row(ChannelOption.SO_KEEPALIVE, SockOpt.SO_KEEPALIVE, Codec.FLAG));

    /** What a TCP listener has too; the kernel hands most of them down to accepted sockets. */
    private static final List<SocketOption<?>> OF_TCP = List.of(
            row(OurioChannelOption.TCP_KEEPIDLE, SockOpt.TCP_KEEPIDLE, Codec.INT, EPOLL, URING),
            row(OurioChannelOption.TCP_KEEPINTVL, SockOpt.TCP_KEEPINTVL, Codec.INT, EPOLL, URING),
            row(OurioChannelOption.TCP_KEEPCNT, SockOpt.TCP_KEEPCNT, Codec.INT, EPOLL, URING),
            row(OurioChannelOption.TCP_USER_TIMEOUT, SockOpt.TCP_USER_TIMEOUT, Codec.INT,
                    EPOLL, URING),
            row(OurioChannelOption.TCP_MAXSEG, SockOpt.TCP_MAXSEG, Codec.INT),
            row(OurioChannelOption.TCP_QUICKACK, SockOpt.TCP_QUICKACK, Codec.FLAG, EPOLL, URING));

    private static final List<SocketOption<?>> OF_STREAMS = List.of(
            row(OurioChannelOption.SO_OOBINLINE, SockOpt.SO_OOBINLINE, Codec.FLAG),
            row(ChannelOption.SO_LINGER, SockOpt.SO_LINGER, Codec.LINGER),
            row(OurioChannelOption.IP_BIND_ADDRESS_NO_PORT, SockOpt.IP_BIND_ADDRESS_NO_PORT,
                    Codec.FLAG),
            row(ChannelOption.TCP_NODELAY, SockOpt.TCP_NODELAY, Codec.FLAG),
            row(OurioChannelOption.TCP_CORK, SockOpt.TCP_CORK, Codec.FLAG, EPOLL, URING),
            row(OurioChannelOption.TCP_NOTSENT_LOWAT, SockOpt.TCP_NOTSENT_LOWAT, Codec.UINT,
                    EPOLL, URING));

    private static final List<SocketOption<?>> OF_DATAGRAMS = List.of(
            row(ChannelOption.SO_BROADCAST, SockOpt.SO_BROADCAST, Codec.FLAG),
            row(ChannelOption.IP_MULTICAST_IF, SockOpt.IP_MULTICAST_IF,
                    Codec.MULTICAST_INTERFACE),
            row(ChannelOption.IP_MULTICAST_TTL, SockOpt.IP_MULTICAST_TTL,
                    Codec.ints(SockOpt.IPV6_MULTICAST_HOPS)),
            row(ChannelOption.IP_MULTICAST_LOOP_DISABLED, SockOpt.IP_MULTICAST_LOOP,
                    Codec.not(Codec.flags(SockOpt.IPV6_MULTICAST_LOOP))),
            row(OurioChannelOption.IP_MULTICAST_ALL, SockOpt.IP_MULTICAST_ALL,
                    Codec.flags(SockOpt.IPV6_MULTICAST_ALL)),
            row(OurioChannelOption.IP_DONTFRAGMENT, SockOpt.IP_MTU_DISCOVER, Codec.WHOLE),
            row(OurioChannelOption.IP_RECVORIGDSTADDR, SockOpt.IP_RECVORIGDSTADDR,
                    Codec.flags(SockOpt.IPV6_RECVORIGDSTADDR)),
            row(OurioChannelOption.UDP_GRO, SockOpt.UDP_GRO, Codec.FLAG));

    private static final List<SocketOption<?>> OF_LISTENERS = List.of(
            row(OurioChannelOption.TCP_DEFER_ACCEPT, SockOpt.TCP_DEFER_ACCEPT, Codec.INT,
                    EPOLL, URING),
            row(ChannelOption.TCP_FASTOPEN, SockOpt.TCP_FASTOPEN, Codec.INT));

    /** The options of a TCP connection. */
    static final Table STREAM = new Table(
            true, List.of(OF_ALL, OF_SENDERS, OF_CONNECTIONS, OF_IP, OF_TCP, OF_STREAMS));
    /** The options of a TCP listener: what the listeners of NIO and epoll take. */
    static final Table LISTENER = new Table(
            true, List.of(OF_ALL, OF_IP, OF_TCP, OF_LISTENERS));
    /** The options of a UDP socket. */
    static final Table DATAGRAM = new Table(
            false, List.of(OF_ALL, OF_SENDERS, OF_IP, OF_DATAGRAMS));
    /** The options of a datagram socket of the Unix domain. */
    static final Table DOMAIN_DATAGRAM = new Table(false, List.of(OF_ALL, OF_SENDERS));
    /** The options of a connection of a Unix domain socket. */
    static final Table DOMAIN_STREAM = new Table(
            false, List.of(OF_ALL, OF_SENDERS, OF_CONNECTIONS));
    /** The options of a listener of a Unix domain socket. */
    static final Table DOMAIN_LISTENER = new Table(false, List.of(OF_ALL));

    /** The option as {@code getOptions} lists it. */
    ChannelOption<T> option() {
        return options.getFirst();
    }

    T read(Fd fd) throws IOException {
        return codec.reader.read(fd, kernel);
    }

    void write(Fd fd, T value) throws IOException {
        if (!codec.type.isInstance(value)) { // Generics are not checked where options are maps.
            throw wrongType(option(), codec.type, value);
        }
        codec.writer.write(fd, kernel, value);
    }

    static IllegalArgumentException wrongType(
            ChannelOption<?> option, Class<?> wanted, Object value) {
        return new IllegalArgumentException("option " + option + " takes a value of type "
                + wanted.getSimpleName() + ", not " + value.getClass().getSimpleName()
                + ": " + value);
    }

    private static <T> SocketOption<T> row(
            ChannelOption<T> option, SockOpt kernel, Codec<T> codec, String... others) {
        List<ChannelOption<T>> options = new ArrayList<>();
        options.add(option);
        for (String other : others) {
            options.add(ChannelOption.valueOf(other + kernel.name()));
        }
        return new SocketOption<>(List.copyOf(options), kernel, codec);
    }

    /** What a value is to Netty, and how it goes to and comes from the kernel. */
    record Codec<T>(Class<T> type, Reader<T> reader, Writer<T> writer) {
        static final Codec<Integer> INT = new Codec<>(Integer.class,
                (fd, option) -> Sockets.option(fd.openFd(), option),
                (fd, option, value) -> Sockets.option(fd.openFd(), option, value));

        static final Codec<Boolean> FLAG = new Codec<>(Boolean.class,
                (fd, option) -> Sockets.option(fd.openFd(), option) != 0,
                (fd, option, value) -> Sockets.option(fd.openFd(), option, value ? 1 : 0));

        /** An unsigned int. */
        static final Codec<Long> UINT = new Codec<>(Long.class,
                (fd, option) -> Integer.toUnsignedLong(Sockets.option(fd.openFd(), option)),
                (fd, option, value) -> Sockets.option(fd.openFd(), option, uint(option, value)));

        /** Seconds, or -1 for off. */
        static final Codec<Integer> LINGER = new Codec<>(Integer.class,
                (fd, _) -> Sockets.linger(fd.openFd()),
                (fd, _, value) -> Sockets.linger(fd.openFd(), value));

        /** The name of an interface, empty for any. */
        static final Codec<String> DEVICE = new Codec<>(String.class,
                (fd, _) -> Sockets.device(fd.openFd()),
                (fd, _, value) -> Sockets.device(fd.openFd(), value));

        /** The interface for what is sent to groups. */
        static final Codec<NetworkInterface> MULTICAST_INTERFACE = new Codec<>(
                NetworkInterface.class,
                (fd, _) -> Multicast.networkInterface(fd.openFd(), fd.socketFamily()),
                (fd, _, value) -> Multicast.networkInterface(
                        fd.openFd(), fd.socketFamily(), value));

        /** Whether packets must not be cut; what the kernel has by default is neither. */
        static final Codec<Boolean> WHOLE = new Codec<>(Boolean.class,
                (fd, ipv4) -> ints(SockOpt.IPV6_MTU_DISCOVER).reader.read(fd, ipv4) == 2,
                (fd, ipv4, value) -> ints(SockOpt.IPV6_MTU_DISCOVER).writer.write(
                        fd, ipv4, value ? 2 : 0));

        /** An int that each protocol has for itself. */
        static Codec<Integer> ints(SockOpt ipv6) {
            return new Codec<>(Integer.class,
                    (fd, ipv4) -> Sockets.option(fd.openFd(), fd.socketFamily(), ipv4, ipv6),
                    (fd, ipv4, value) -> Sockets.option(
                            fd.openFd(), fd.socketFamily(), ipv4, ipv6, value));
        }

        /** A flag that each protocol has for itself. */
        static Codec<Boolean> flags(SockOpt ipv6) {
            Codec<Integer> ints = ints(ipv6);
            return new Codec<>(Boolean.class,
                    (fd, ipv4) -> ints.reader.read(fd, ipv4) != 0,
                    (fd, ipv4, value) -> ints.writer.write(fd, ipv4, value ? 1 : 0));
        }

        /** The same, which Netty calls by what its absence does. */
        static Codec<Boolean> not(Codec<Boolean> flag) {
            return new Codec<>(Boolean.class,
                    (fd, option) -> !flag.reader.read(fd, option),
                    (fd, option, value) -> flag.writer.write(fd, option, !value));
        }

        private static int uint(SockOpt option, long value) {
            if (value < 0 || value > 0xffff_ffffL) {
                throw new IllegalArgumentException(
                        "option " + option + " takes 0 to 4294967295, not " + value);
            }
            return (int) value;
        }
    }

    /** Reads one option of a socket. */
    interface Reader<T> {
        T read(Fd fd, SockOpt option) throws IOException;
    }

    /** Sets one option of a socket. */
    interface Writer<T> {
        void write(Fd fd, SockOpt option, T value) throws IOException;
    }

    /** Some rows, found by any of their names. */
    static final class Table {
        /** Where the JDK names an option unlike the kernel; it takes NIO's options by name. */
        private static final Map<SockOpt, String> JDK_NAMES = Map.of(
                SockOpt.TCP_KEEPINTVL, "TCP_KEEPINTERVAL",
                SockOpt.TCP_KEEPCNT, "TCP_KEEPCOUNT",
                SockOpt.IP_MTU_DISCOVER, "IP_DONTFRAGMENT");

        /** What the JDK calls by what it does, and Netty by what its absence does. */
        private static final SocketOption<Boolean> JDK_LOOP = new SocketOption<>(
                List.of(), SockOpt.IP_MULTICAST_LOOP, Codec.flags(SockOpt.IPV6_MULTICAST_LOOP));

        private final boolean tcp;
        private final List<SocketOption<?>> rows;
        private final Map<ChannelOption<?>, SocketOption<?>> byOption = new IdentityHashMap<>();
        private final Map<String, SocketOption<?>> byJdkName = new HashMap<>();

        Table(boolean tcp, List<List<SocketOption<?>>> groups) {
            this.tcp = tcp;
            rows = groups.stream().<SocketOption<?>>flatMap(List::stream).toList();
            for (SocketOption<?> row : rows) {
                row.options().forEach(option -> byOption.put(option, row));
                byJdkName.put(JDK_NAMES.getOrDefault(row.kernel(), row.kernel().name()),
                        row.kernel() == JDK_LOOP.kernel() ? JDK_LOOP : row);
            }
        }

        boolean isTcp() {
            return tcp;
        }

        List<SocketOption<?>> rows() {
            return rows;
        }

        /** The row of an option, or null if it is not the socket's. */
        @SuppressWarnings("unchecked") // A row has the type of its option; write checks the value.
        <T> SocketOption<T> row(ChannelOption<T> option) {
            return (SocketOption<T>) (option instanceof NioChannelOption
                    ? byJdkName.get(option.name()) : byOption.get(option));
        }
    }
}
