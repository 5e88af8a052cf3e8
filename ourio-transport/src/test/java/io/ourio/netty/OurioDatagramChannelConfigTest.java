// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.UnixChannelOption;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The configs of datagrams and of the Unix domain. */
@ParameterizedClass(name = "family {0}")
@ValueSource(ints = {Sockets.IPV4, Sockets.IPV6})
@SuppressWarnings("deprecation") // Netty deprecates some options, and its programs set them.
class OurioDatagramChannelConfigTest {
    @Parameter
    int family;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private TestSocket socket;
    private OurioDatagramChannelConfig config;

    @BeforeEach
    void open() throws IOException {
        socket = new TestSocket(family, Sockets.DATAGRAM);
        config = new OurioDatagramChannelConfig(new EmbeddedChannel(false, false), socket);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        channel.finishAndReleaseAll();
    }

    private static NetworkInterface loopback() throws IOException {
        return NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
    }

    @Test
    void getOptionsListsEveryRowAndWhatNettyHas() {
        Set<ChannelOption<?>> wanted = new HashSet<>(
                new DefaultChannelConfig(channel).getOptions().keySet());
        SocketOption.DATAGRAM.rows().forEach(row -> wanted.add(row.option()));
        wanted.addAll(Set.of(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION,
                ChannelOption.IP_MULTICAST_ADDR, OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE,
                OurioChannelOption.MAILBOX_LIMIT));
        Map<ChannelOption<?>, Object> options = config.getOptions();
        assertEquals(wanted, new HashSet<>(options.keySet()));
        assertNull(config.getOption(OurioChannelOption.TCP_MD5SIG));
    }

    @Test
    void propertiesAreTheOptions() throws IOException {
        config.setBroadcast(true).setLoopbackModeDisabled(true).setTimeToLive(9)
                .setTrafficClass(0x08).setReuseAddress(true).setSendBufferSize(20_000)
                .setReceiveBufferSize(30_000).setMaxDatagramPayloadSize(1200)
                .setNetworkInterface(loopback()).setAutoRead(false);
        assertTrue(config.getOption(ChannelOption.SO_BROADCAST));
        assertTrue(config.getOption(ChannelOption.IP_MULTICAST_LOOP_DISABLED));
        assertEquals(9, config.getOption(ChannelOption.IP_MULTICAST_TTL));
        assertEquals(0x08, config.getOption(ChannelOption.IP_TOS));
        assertTrue(config.getOption(ChannelOption.SO_REUSEADDR));
        assertEquals(40_000, config.getOption(ChannelOption.SO_SNDBUF));
        assertEquals(60_000, config.getOption(ChannelOption.SO_RCVBUF));
        assertEquals(1200, config.getOption(OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE));
        assertEquals(loopback(), config.getOption(ChannelOption.IP_MULTICAST_IF));
        assertEquals(config.getInterface(), config.getOption(ChannelOption.IP_MULTICAST_ADDR));
        assertTrue(config.isBroadcast() && config.isLoopbackModeDisabled()
                && config.isReuseAddress());
    }

    @Test
    void interfaceIsFoundByItsAddress() throws IOException {
        assertNull(config.getNetworkInterface());
        assertNull(config.getInterface());
        assertTrue(config.setOption(ChannelOption.IP_MULTICAST_ADDR,
                InetAddress.getByName("127.0.0.1")));
        assertEquals(loopback(), config.getNetworkInterface());
        InetAddress nobodys = InetAddress.getByName("192.0.2.7");
        assertEquals("no network interface has the address 192.0.2.7",
                assertThrows(IllegalArgumentException.class,
                        () -> config.setInterface(nobodys)).getMessage());
    }

    @Test
    void everyOptionOfTheDatagramChannelOfTheJdkIsKnownByItsName() throws IOException {
        config.setNetworkInterface(loopback());
        try (var jdk = DatagramChannel.open()) {
            for (java.net.SocketOption<?> option : jdk.supportedOptions()) {
                assertInstanceOf(option.type(), config.getOption(NioChannelOption.of(option)),
                        option.name());
            }
        }
    }

    /** Netty's says that it is disabled, the JDK's that it is enabled. */
    @Test
    void bothNamesOfTheLoopAreKnown() {
        ChannelOption<Boolean> jdks = NioChannelOption.of(StandardSocketOptions.IP_MULTICAST_LOOP);
        assertTrue(config.getOption(jdks));
        assertFalse(config.isLoopbackModeDisabled());
        config.setOption(jdks, false);
        assertTrue(config.isLoopbackModeDisabled());
        assertFalse(config.getOption(jdks));
    }

    @Test
    void flagsThatEachPacketAsksForAreThoseOfTheSocket() {
        config.setOption(OurioChannelOption.UDP_GRO, true);
        config.setOption(OurioChannelOption.IP_RECVORIGDSTADDR, true);
        assertTrue(config.isUdpGro() && config.tellsOriginalDestination());
        var other = new OurioDatagramChannelConfig(channel, socket);
        assertFalse(other.isUdpGro() || other.tellsOriginalDestination());
        other.learn();
        assertTrue(other.isUdpGro() && other.tellsOriginalDestination());
    }

    @Test
    void activityIsChosenBeforeTheRegistration() {
        var registered = new OurioDatagramChannelConfig(channel, socket);
        assertTrue(config.setOption(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true));
        assertTrue(config.isActiveOnRegistration());
        assertThrows(IllegalStateException.class, () -> registered.setOption(
                ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true));
    }

    @Test
    void limitBelowZeroIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> config.setMaxDatagramPayloadSize(-1));
    }

    @Test
    void optionsOfAClosedChannelThrowClosedChannelException() throws IOException {
        socket.close();
        var refused = assertThrows(ChannelException.class, config::isBroadcast);
        assertInstanceOf(ClosedChannelException.class, refused.getCause());
        refused = assertThrows(ChannelException.class, () -> config.setTimeToLive(1));
        assertInstanceOf(ClosedChannelException.class, refused.getCause());
    }

    @Test
    void domainConnectionHasItsOptions() {
        var domain = new OurioDomainSocketChannel();
        Set<ChannelOption<?>> wanted = new HashSet<>(
                new DefaultChannelConfig(channel).getOptions().keySet());
        SocketOption.DOMAIN_STREAM.rows().forEach(row -> wanted.add(row.option()));
        wanted.addAll(Set.of(ChannelOption.ALLOW_HALF_CLOSURE,
                UnixChannelOption.DOMAIN_SOCKET_READ_MODE, OurioChannelOption.MAILBOX_LIMIT,
                OurioChannelOption.ZERO_COPY_THRESHOLD)); // One that it has, and does not follow.
        assertEquals(wanted, new HashSet<>(domain.config().getOptions().keySet()));
        assertTrue(domain.config().setOption(UnixChannelOption.DOMAIN_SOCKET_READ_MODE,
                DomainSocketReadMode.FILE_DESCRIPTORS));
        assertEquals(DomainSocketReadMode.FILE_DESCRIPTORS, domain.config().getReadMode());
        assertTrue(domain.config().setOption(ChannelOption.SO_KEEPALIVE, true));
        assertFalse(domain.config().setOption(ChannelOption.TCP_NODELAY, true));
        domain.unsafe().closeForcibly();
        var listener = new OurioServerDomainSocketChannel();
        listener.config().setBacklog(9).setReceiveBufferSize(30_000);
        assertEquals(9, listener.config().getOption(ChannelOption.SO_BACKLOG));
        assertEquals(60_000, listener.config().getReceiveBufferSize());
        listener.unsafe().closeForcibly();
    }

    @Test
    void domainDatagramsHaveTheirOptions() {
        var domain = new OurioDomainDatagramChannel();
        Set<ChannelOption<?>> wanted = new HashSet<>(
                new DefaultChannelConfig(channel).getOptions().keySet());
        wanted.addAll(Set.of(ChannelOption.SO_RCVBUF, ChannelOption.SO_SNDBUF,
                ChannelOption.SO_REUSEADDR, ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION,
                OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, OurioChannelOption.MAILBOX_LIMIT));
        assertEquals(wanted, new HashSet<>(domain.config().getOptions().keySet()));
        domain.config().setSendBufferSize(30_000).setMaxDatagramPayloadSize(9).setAutoRead(false);
        assertEquals(60_000, domain.config().getSendBufferSize());
        assertEquals(9, domain.config().getOption(OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE));
        assertFalse(domain.config().setOption(ChannelOption.SO_BROADCAST, true));
        domain.unsafe().closeForcibly();
    }
}
