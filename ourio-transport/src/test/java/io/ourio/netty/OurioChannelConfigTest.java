// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.NetUtil;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The configs on sockets of the kernel; only what they ask of a channel is an embedded one's. */
class OurioChannelConfigTest {
    private static final String EPOLL = "io.netty.channel.epoll.EpollChannelOption#";
    private static final String URING = "io.netty.channel.uring.IoUringChannelOption#";

    private final TestSocket socket = new TestSocket(Sockets.preferredFamily());
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OurioSocketChannelConfig stream = new OurioSocketChannelConfig(channel, socket);
    private final OurioServerSocketChannelConfig listener =
            new OurioServerSocketChannelConfig(channel, socket);

    OurioChannelConfigTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        socket.close();
        channel.finishAndReleaseAll();
    }

    @Test
    void connectionHasTheDefaultsOfNio() {
        assertTrue(stream.isTcpNoDelay());
        assertEquals(Sockets.NO_LINGER, stream.getSoLinger());
        assertFalse(stream.isKeepAlive());
        assertFalse(stream.isAllowHalfClosure());
        assertFalse(stream.isTcpFastOpenConnect());
        assertTrue(stream.isAutoRead());
        assertTrue(stream.isAutoClose());
    }

    @Test
    void listenerHasTheDefaultsOfNio() {
        assertTrue(listener.isReuseAddress());
        assertEquals(NetUtil.SOMAXCONN, listener.getBacklog());
    }

    @Test
    void propertiesAreTheOptions() {
        stream.setTcpNoDelay(false).setSoLinger(3).setKeepAlive(true).setTrafficClass(0x08)
                .setReuseAddress(true).setSendBufferSize(20_000).setReceiveBufferSize(30_000)
                .setAllowHalfClosure(true).setConnectTimeoutMillis(77).setAutoClose(false)
                .setPerformancePreferences(1, 2, 3);
        assertFalse(stream.getOption(ChannelOption.TCP_NODELAY));
        assertEquals(3, stream.getOption(ChannelOption.SO_LINGER));
        assertTrue(stream.getOption(ChannelOption.SO_KEEPALIVE));
        assertEquals(0x08, stream.getOption(ChannelOption.IP_TOS));
        assertTrue(stream.getOption(ChannelOption.SO_REUSEADDR));
        assertEquals(40_000, stream.getOption(ChannelOption.SO_SNDBUF));
        assertEquals(60_000, stream.getOption(ChannelOption.SO_RCVBUF));
        assertTrue(stream.getOption(ChannelOption.ALLOW_HALF_CLOSURE));
        assertEquals(77, stream.getOption(ChannelOption.CONNECT_TIMEOUT_MILLIS));
        assertFalse(stream.getOption(ChannelOption.AUTO_CLOSE));
        assertEquals(0x08, stream.getTrafficClass());
        assertEquals(40_000, stream.getSendBufferSize());
        assertEquals(60_000, stream.getReceiveBufferSize());
    }

    @Test
    void propertiesOfAListenerAreTheOptions() {
        listener.setBacklog(9).setReuseAddress(false).setReceiveBufferSize(30_000)
                .setPerformancePreferences(1, 2, 3);
        assertEquals(9, listener.getOption(ChannelOption.SO_BACKLOG));
        assertFalse(listener.getOption(ChannelOption.SO_REUSEADDR));
        assertEquals(60_000, listener.getOption(ChannelOption.SO_RCVBUF));
    }

    @Test
    void optionsOfNettyItselfAreKeptByTheConfig() {
        var mark = new WriteBufferWaterMark(10, 20);
        assertTrue(stream.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, mark));
        assertEquals(20, stream.getWriteBufferHighWaterMark());
        assertTrue(stream.setOption(ChannelOption.TCP_FASTOPEN_CONNECT, true));
        assertTrue(stream.isTcpFastOpenConnect());
        assertTrue(stream.getOption(ChannelOption.TCP_FASTOPEN_CONNECT));
    }

    @Test
    void getOptionsListsEveryRowAndWhatNettyHas() {
        assertListed(stream.getOptions(), SocketOption.STREAM, Set.of(
                ChannelOption.ALLOW_HALF_CLOSURE, ChannelOption.TCP_FASTOPEN_CONNECT,
                OurioChannelOption.ZERO_COPY_THRESHOLD));
        assertListed(listener.getOptions(), SocketOption.LISTENER,
                Set.of(ChannelOption.SO_BACKLOG, OurioChannelOption.HAND_OVER));
    }

    private static void assertListed(Map<ChannelOption<?>, Object> options,
            SocketOption.Table table, Set<ChannelOption<?>> own) {
        Set<ChannelOption<?>> wanted = new HashSet<>(own);
        wanted.addAll(new DefaultChannelConfig(new EmbeddedChannel()).getOptions().keySet());
        wanted.add(OurioChannelOption.TCP_MD5SIG);
        wanted.add(OurioChannelOption.MAILBOX_LIMIT);
        table.rows().forEach(row -> wanted.add(row.option()));
        // Not equals: the set of an IdentityHashMap would compare itself by identity.
        assertEquals(wanted, new HashSet<>(options.keySet()));
        table.rows().forEach(row -> assertInstanceOf(
                row.codec().type(), options.get(row.option()), row.option().name()));
    }

    static Stream<Arguments> constantsOfOtherTransports() {
        return Stream.of(
                arguments(EPOLL + "TCP_KEEPIDLE", SockOpt.TCP_KEEPIDLE),
                arguments(URING + "TCP_KEEPIDLE", SockOpt.TCP_KEEPIDLE),
                arguments(EPOLL + "TCP_KEEPINTVL", SockOpt.TCP_KEEPINTVL),
                arguments(URING + "TCP_KEEPINTVL", SockOpt.TCP_KEEPINTVL),
                arguments(EPOLL + "TCP_KEEPCNT", SockOpt.TCP_KEEPCNT),
                arguments(URING + "TCP_KEEPCNT", SockOpt.TCP_KEEPCNT),
                arguments(EPOLL + "TCP_USER_TIMEOUT", SockOpt.TCP_USER_TIMEOUT),
                arguments(URING + "TCP_USER_TIMEOUT", SockOpt.TCP_USER_TIMEOUT));
    }

    @ParameterizedTest
    @MethodSource("constantsOfOtherTransports")
    void constantOfAnotherTransportSetsTheSocket(String name, SockOpt kernel) throws IOException {
        ChannelOption<Integer> option = ChannelOption.valueOf(name);
        assertTrue(stream.setOption(option, 11));
        assertEquals(11, Sockets.option(socket.openFd(), kernel));
        assertEquals(11, stream.getOption(option));
        assertTrue(listener.setOption(option, 12));
        assertEquals(12, listener.getOption(option));
    }

    @ParameterizedTest
    @ValueSource(strings = {EPOLL, URING})
    void otherTypesOfOtherTransportsAreKnownToo(String transport) {
        assertTrue(stream.setOption(ChannelOption.valueOf(transport + "TCP_CORK"), true));
        assertTrue(stream.setOption(ChannelOption.valueOf(transport + "TCP_QUICKACK"), false));
        assertTrue(stream.setOption(ChannelOption.valueOf(transport + "TCP_NOTSENT_LOWAT"), 99L));
        assertTrue(listener.setOption(ChannelOption.valueOf(transport + "TCP_DEFER_ACCEPT"), 7));
        assertEquals(99L, stream.getOption(OurioChannelOption.TCP_NOTSENT_LOWAT));
        assertEquals(7, listener.getOption(OurioChannelOption.TCP_DEFER_ACCEPT));
        assertTrue(stream.setOption(UnixChannelOption.SO_REUSEPORT, true));
        assertTrue(stream.setOption(ChannelOption.valueOf("IP_FREEBIND"), true));
        assertTrue(listener.getOption(UnixChannelOption.SO_REUSEPORT));
        assertTrue(listener.getOption(OurioChannelOption.IP_FREEBIND));
    }

    @Test
    void everyOptionOfTheChannelsOfTheJdkIsKnownByItsName() throws IOException {
        try (var jdkStream = SocketChannel.open();
                var jdkListener = ServerSocketChannel.open()) {
            for (java.net.SocketOption<?> option : jdkStream.supportedOptions()) {
                assertInstanceOf(option.type(), stream.getOption(NioChannelOption.of(option)),
                        option.name());
            }
            for (java.net.SocketOption<?> option : jdkListener.supportedOptions()) {
                assertInstanceOf(option.type(), listener.getOption(NioChannelOption.of(option)),
                        option.name());
            }
            stream.setOption(nio(jdkStream, "TCP_KEEPIDLE"), 21);
            stream.setOption(nio(jdkStream, "TCP_KEEPINTERVAL"), 22);
            stream.setOption(nio(jdkStream, "TCP_KEEPCOUNT"), 23);
        }
        assertEquals(21, stream.getOption(OurioChannelOption.TCP_KEEPIDLE));
        assertEquals(22, stream.getOption(OurioChannelOption.TCP_KEEPINTVL));
        assertEquals(23, stream.getOption(OurioChannelOption.TCP_KEEPCNT));
    }

    @SuppressWarnings("unchecked") // The options above take an Integer.
    private static ChannelOption<Integer> nio(NetworkChannel channel, String name) {
        var found = channel.supportedOptions().stream()
                .filter(option -> option.name().equals(name)).findFirst().orElseThrow();
        return NioChannelOption.of((java.net.SocketOption<Integer>) found);
    }

    @Test
    void optionsWithTheirOwnNumbersReachWhatTheTableLacks() throws IOException {
        // TCP_SYNCNT of netinet/tcp.h.
        var plain = new IntegerUnixChannelOption("TCP_SYNCNT", 6, 7);
        assertTrue(stream.setOption(plain, 4));
        assertEquals(4, stream.getOption(plain));
        var raw = new RawUnixChannelOption("TCP_SYNCNT raw", 6, 7, 4);
        ByteBuffer five = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, 5);
        assertTrue(stream.setOption(raw, five));
        assertEquals(five, stream.getOption(raw));
        assertEquals(5, stream.getOption(plain));
    }

    @Test
    void optionThatNobodyKnowsIsReportedAsUnknown() {
        ChannelOption<Integer> unknown = ChannelOption.valueOf("OurioChannelConfigTest.UNKNOWN");
        assertFalse(stream.setOption(unknown, 1));
        assertNull(stream.getOption(unknown));
        ChannelOption<Boolean> ofDatagrams =
                NioChannelOption.of(StandardSocketOptions.SO_BROADCAST);
        assertFalse(stream.setOption(ofDatagrams, true));
        assertNull(stream.getOption(ofDatagrams));
        assertFalse(stream.setOption(ChannelOption.SO_BACKLOG, 5), "an option of listeners");
        assertFalse(listener.setOption(ChannelOption.SO_KEEPALIVE, true), "one of connections");
    }

    static Stream<ChannelOption<?>> integerOptions() {
        return Stream.of(ChannelOption.SO_RCVBUF, ChannelOption.SO_LINGER,
                ChannelOption.CONNECT_TIMEOUT_MILLIS, ChannelOption.ALLOW_HALF_CLOSURE,
                OurioChannelOption.TCP_MD5SIG, OurioChannelOption.TCP_NOTSENT_LOWAT,
                new IntegerUnixChannelOption("TCP_SYNCNT", 6, 7),
                new RawUnixChannelOption("TCP_SYNCNT raw", 6, 7, 4));
    }

    @ParameterizedTest
    @MethodSource("integerOptions")
    @SuppressWarnings("unchecked") // Bootstraps keep options and values in maps, unchecked too.
    void valueOfAnotherTypeIsRefusedWithItsName(ChannelOption<?> option) {
        var refused = assertThrows(IllegalArgumentException.class,
                () -> stream.setOption((ChannelOption<Object>) option, "many"));
        assertTrue(refused.getMessage().contains(option.name()), refused.getMessage());
        assertTrue(refused.getMessage().contains("String: many"), refused.getMessage());
    }

    @Test
    void valueOfAnotherTypeIsRefusedWithTheTypeThatIsWanted() {
        ChannelOption<Object> option = ChannelOption.valueOf("SO_RCVBUF");
        assertEquals("option SO_RCVBUF takes a value of type Integer, not String: many",
                assertThrows(IllegalArgumentException.class,
                        () -> stream.setOption(option, "many")).getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0x1_0000_0000L, Long.MIN_VALUE})
    void unsignedValueOutOfRangeIsRefused(long value) {
        assertEquals("option TCP_NOTSENT_LOWAT takes 0 to 4294967295, not " + value,
                assertThrows(IllegalArgumentException.class, () -> stream.setOption(
                        OurioChannelOption.TCP_NOTSENT_LOWAT, value)).getMessage());
    }

    @Test
    void negativeBacklogIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> listener.setBacklog(-1));
        assertEquals(NetUtil.SOMAXCONN, listener.getBacklog());
    }

    @Test
    void valueThatTheKernelRefusesIsAChannelExceptionThatNamesIt() {
        var refused = assertThrows(ChannelException.class,
                () -> stream.setOption(OurioChannelOption.TCP_KEEPCNT, 1000));
        assertEquals("setsockopt(TCP_KEEPCNT, 1000): EINVAL (22): invalid argument",
                refused.getCause().getMessage());
    }

    @Test
    void socketOptionsOfAClosedChannelThrowClosedChannelException() throws IOException {
        socket.close();
        assertClosed(() -> stream.setSoLinger(0));
        assertClosed(() -> stream.getSoLinger());
        assertClosed(() -> stream.getOptions());
        assertClosed(() -> stream.tcpInfo());
        assertClosed(() -> stream.setOption(OurioChannelOption.TCP_KEEPIDLE, 1));
        assertClosed(() -> stream.getOption(OurioChannelOption.TCP_KEEPIDLE));
        assertClosed(() -> stream.getOption(new IntegerUnixChannelOption("X", 6, 7)));
        assertClosed(() -> listener.isReuseAddress());
        assertClosed(() -> stream.setOption(OurioChannelOption.TCP_MD5SIG,
                Map.of(InetAddress.getLoopbackAddress(), new byte[1])));
        stream.setAllowHalfClosure(true);
        assertTrue(stream.isAllowHalfClosure(), "an option that is not the socket's");
    }

    private static void assertClosed(Runnable call) {
        var refused = assertThrows(ChannelException.class, call::run);
        assertInstanceOf(ClosedChannelException.class, refused.getCause());
    }

    @Test
    void acceptedSocketThatIsClosedAlreadyStillGetsItsConfig() throws IOException {
        socket.close();
        assertTrue(new OurioSocketChannelConfig(channel, socket).isAutoRead());
    }

    @Test
    void turningAutoReadOffIsToldToTheChannelOnce() {
        stream.setAutoRead(false);
        stream.setAutoRead(false);
        assertEquals(1, socket.timesAutoReadCleared());
        listener.setAutoRead(false);
        assertEquals(2, socket.timesAutoReadCleared());
    }

    @Test
    void gatheredWriteIsTwiceTheSendBufferUntilTheChannelLearnsBetter() {
        assertEquals(2 * stream.getSendBufferSize(), stream.maxBytesPerGatheringWrite());
        stream.maxBytesPerGatheringWrite(12345);
        assertEquals(12345, stream.maxBytesPerGatheringWrite());
        stream.setSendBufferSize(10_000);
        assertEquals(40_000, stream.maxBytesPerGatheringWrite());
    }

    @Test
    void keysOfPeersAreReplacedAndNeverRead() throws Exception {
        InetAddress first = InetAddress.getByName("127.0.0.2");
        InetAddress second = InetAddress.getByName("127.0.0.3");
        assumeTrue(!"unknown to this kernel".equals(removal(first)), "no TCP_MD5SIG here");
        assertTrue(stream.setOption(OurioChannelOption.TCP_MD5SIG,
                Map.of(first, new byte[] {1}, second, new byte[80])));
        assertNull(stream.getOption(OurioChannelOption.TCP_MD5SIG));
        stream.setOption(OurioChannelOption.TCP_MD5SIG, Map.of(second, new byte[] {2}));
        // The kernel knows whose keys it has: a second removal of the same is refused.
        assertEquals("no such key", removal(first));
        assertEquals("removed", removal(second));
    }

    private String removal(InetAddress peer) {
        try {
            Sockets.tcpMd5Key(socket.openFd(), socket.socketFamily(), peer, new byte[0]);
            return "removed";
        } catch (ProtocolException _) {
            return "unknown to this kernel";
        } catch (FileNotFoundException _) {
            return "no such key";
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Test
    void badKeysAreRefusedBeforeAnyIsSet() {
        InetAddress peer = InetAddress.getLoopbackAddress();
        for (byte[] key : new byte[][] {{}, new byte[81]}) {
            var refused = assertThrows(IllegalArgumentException.class, () -> stream.setOption(
                    OurioChannelOption.TCP_MD5SIG, Map.of(peer, key)));
            assertTrue(refused.getMessage().endsWith("1 to 80 bytes, not " + key.length),
                    refused.getMessage());
        }
    }
}
