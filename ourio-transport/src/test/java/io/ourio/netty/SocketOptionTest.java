// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netty.channel.ChannelOption;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every row of the table, on sockets of the kernel. */
@ParameterizedClass(name = "family {0}")
@ValueSource(ints = {Sockets.IPV4, Sockets.IPV6})
class SocketOptionTest {
    /** A value to set that no socket has at first, and what the kernel then says it is. */
    private record Sample(Object set, Object got) {
        static Sample of(Object value) {
            return new Sample(value, value);
        }
    }

    private static final Map<SockOpt, Sample> SAMPLES = new EnumMap<>(Map.ofEntries(
            Map.entry(SockOpt.SO_RCVBUF, new Sample(50_000, 100_000)), // Doubled for its own needs.
            Map.entry(SockOpt.SO_SNDBUF, new Sample(30_000, 60_000)),
            Map.entry(SockOpt.SO_REUSEADDR, Sample.of(true)),
            Map.entry(SockOpt.SO_REUSEPORT, Sample.of(true)),
            Map.entry(SockOpt.SO_KEEPALIVE, Sample.of(true)),
            Map.entry(SockOpt.SO_OOBINLINE, Sample.of(true)),
            Map.entry(SockOpt.SO_LINGER, Sample.of(7)),
            Map.entry(SockOpt.SO_BUSY_POLL, Sample.of(50)),
            Map.entry(SockOpt.SO_INCOMING_CPU, Sample.of(0)),
            Map.entry(SockOpt.SO_BINDTODEVICE, Sample.of(loopback().getName())),
            Map.entry(SockOpt.SO_BROADCAST, Sample.of(true)),
            Map.entry(SockOpt.IP_TOS, Sample.of(0x10)),
            Map.entry(SockOpt.IP_MTU_DISCOVER, Sample.of(true)),
            Map.entry(SockOpt.IP_MULTICAST_IF, Sample.of(loopback())),
            Map.entry(SockOpt.IP_MULTICAST_TTL, Sample.of(7)),
            Map.entry(SockOpt.IP_MULTICAST_LOOP, Sample.of(true)), // That it is disabled.
            Map.entry(SockOpt.IP_MULTICAST_ALL, Sample.of(false)),
            Map.entry(SockOpt.IP_RECVORIGDSTADDR, Sample.of(true)),
            Map.entry(SockOpt.UDP_GRO, Sample.of(true)),
            Map.entry(SockOpt.IP_FREEBIND, Sample.of(true)),
            Map.entry(SockOpt.IP_TRANSPARENT, Sample.of(true)),
            Map.entry(SockOpt.IP_BIND_ADDRESS_NO_PORT, Sample.of(true)),
            Map.entry(SockOpt.TCP_NODELAY, Sample.of(true)),
            Map.entry(SockOpt.TCP_CORK, Sample.of(true)),
            Map.entry(SockOpt.TCP_KEEPIDLE, Sample.of(100)),
            Map.entry(SockOpt.TCP_KEEPINTVL, Sample.of(8)),
            Map.entry(SockOpt.TCP_KEEPCNT, Sample.of(5)),
            Map.entry(SockOpt.TCP_DEFER_ACCEPT, Sample.of(7)), // A sum of retransmission times.
            Map.entry(SockOpt.TCP_QUICKACK, Sample.of(false)),
            Map.entry(SockOpt.TCP_USER_TIMEOUT, Sample.of(4321)),
            Map.entry(SockOpt.TCP_FASTOPEN, Sample.of(16)),
            Map.entry(SockOpt.TCP_NOTSENT_LOWAT, Sample.of(4_000_000_000L))));

    /** Rows that have a test of their own: read only, and only true of a connection. */
    private static final List<SockOpt> APART =
            List.of(SockOpt.SO_INCOMING_NAPI_ID, SockOpt.TCP_MAXSEG);

    @Parameter
    int family;

    private TestSocket socket;

    @BeforeEach
    void open() throws IOException {
        assumeTrue(family == Sockets.IPV4 || Sockets.ipv6Available(), "no IPv6 here");
        socket = new TestSocket(family);
    }

    @AfterEach
    void close() throws IOException {
        if (socket != null) {
            socket.close();
        }
    }

    private static NetworkInterface loopback() {
        try {
            return NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Stream<Arguments> rows() {
        return Stream.concat(
                rows(Sockets.STREAM, SocketOption.STREAM, SocketOption.LISTENER),
                rows(Sockets.DATAGRAM, SocketOption.DATAGRAM));
    }

    static Stream<Arguments> domainRows() {
        return Stream.concat(
                rows(Sockets.STREAM, SocketOption.DOMAIN_STREAM, SocketOption.DOMAIN_LISTENER),
                rows(Sockets.DATAGRAM, SocketOption.DOMAIN_DATAGRAM));
    }

    private static Stream<Arguments> rows(int type, SocketOption.Table... tables) {
        return Stream.of(tables)
                .flatMap(table -> table.rows().stream())
                .distinct()
                .filter(row -> !APART.contains(row.kernel()))
                .flatMap(row -> row.options().stream()
                        .map(option -> arguments(option, row, type)));
    }

    @ParameterizedTest(name = "{0} on type {2}")
    @MethodSource("rows")
    void optionReadsBackAsWhatWasSet(
            ChannelOption<Object> option, SocketOption<Object> row, int type) throws IOException {
        try (TestSocket own = new TestSocket(family, type)) {
            assertReadsBack(own, option, row);
        }
    }

    @ParameterizedTest(name = "{0} on type {2}")
    @MethodSource("domainRows")
    void optionOfTheUnixDomainReadsBackAsWhatWasSet(
            ChannelOption<Object> option, SocketOption<Object> row, int type) throws IOException {
        try (TestSocket own = new TestSocket(Sockets.UNIX, type)) {
            assertReadsBack(own, option, row);
        }
    }

    private static void assertReadsBack(
            TestSocket socket, ChannelOption<Object> option, SocketOption<Object> row)
            throws IOException {
        Sample sample = SAMPLES.get(row.kernel());
        assertNotEquals(sample.got(), row.read(socket), "the sample shows nothing");
        try {
            row.write(socket, sample.set());
        } catch (IOException e) {
            // Who may not is told what is missing.
            assertTrue(e.getMessage().startsWith("setsockopt(" + row.kernel() + ", ")
                    && e.getMessage().endsWith("; it needs CAP_NET_ADMIN"), e.getMessage());
            return;
        }
        assertEquals(sample.got(), row.read(socket), option::name);
    }

    @Test
    void optionThatIsReadOnlyRefusesToBeSet() throws IOException {
        SocketOption<Integer> row = SocketOption.STREAM.row(OurioChannelOption.SO_INCOMING_NAPI_ID);
        assertEquals(0, row.read(socket));
        var refused = assertThrows(ProtocolException.class, () -> row.write(socket, 1));
        assertTrue(refused.getMessage().contains("SO_INCOMING_NAPI_ID"), refused.getMessage());
    }

    /** What is read back before there is a connection depends on the kernel's version. */
    @Test
    void maximumSegmentHoldsForTheConnections() throws IOException {
        SocketOption.LISTENER.row(OurioChannelOption.TCP_MAXSEG).write(socket, 1000);
        Sockets.bind(socket.openFd(), family, new InetSocketAddress("127.0.0.1", 0));
        Sockets.listen(socket.openFd(), 1);
        try (TestSocket client = new TestSocket(family)) {
            client.connect(Sockets.localAddress(socket.openFd()));
            int segment = SocketOption.STREAM.row(OurioChannelOption.TCP_MAXSEG).read(client);
            assertTrue(segment > 900 && segment <= 1000, () -> "segment of " + segment);
        }
    }
}
