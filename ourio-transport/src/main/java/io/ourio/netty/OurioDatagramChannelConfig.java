// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramChannelConfig;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Map;

/**
 * The options of a UDP channel. Those of Netty's core and of {@link OurioChannelOption} are known,
 * and those of Netty's other transports that mean the same. Until a {@code RecvByteBufAllocator} is
 * set, each packet gets a buffer of its own size, so that none is cut. Any thread may call.
 */
public final class OurioDatagramChannelConfig
        extends OurioMessageChannelConfig<OurioDatagramChannelConfig>
        implements DatagramChannelConfig {
    /** Asked for with each packet, and so kept here. */
    private volatile boolean udpGro;

    private volatile boolean originalDestination;

    OurioDatagramChannelConfig(Channel channel, Fd fd) {
        super(channel, fd, SocketOption.DATAGRAM);
    }

    /** Packets of groups that others have joined do not come, as with NIO. */
    void receiveOwnGroupsOnly() {
        try {
            Sockets.option(fd().openFd(), fd().socketFamily(),
                    SockOpt.IP_MULTICAST_ALL, SockOpt.IPV6_MULTICAST_ALL, 0);
        } catch (IOException _) {
            return; // A default of ours; a kernel before 4.20 does not have it for IPv6.
        }
    }

    /** The socket is from elsewhere, with options of its own. */
    void learn() {
        udpGro = getOption(OurioChannelOption.UDP_GRO);
        originalDestination = getOption(OurioChannelOption.IP_RECVORIGDSTADDR);
    }

    @Override
    @SuppressWarnings("deprecation") // Netty deprecates the option, and its programs set it.
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.IP_MULTICAST_ADDR);
    }

    @Override
    @SuppressWarnings({"unchecked", "deprecation"}) // Netty says what the option is; as above.
    public <T> T getOption(ChannelOption<T> option) {
        return option == ChannelOption.IP_MULTICAST_ADDR
                ? (T) getInterface() : super.getOption(option);
    }

    @Override
    @SuppressWarnings("deprecation") // As above.
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option != ChannelOption.IP_MULTICAST_ADDR) {
            return super.setOwn(option, value);
        }
        setInterface((InetAddress) value);
        return true;
    }

    @Override
    void changed(SockOpt option, Object value) {
        if (option == SockOpt.UDP_GRO) {
            udpGro = (Boolean) value;
        } else if (option == SockOpt.IP_RECVORIGDSTADDR) {
            originalDestination = (Boolean) value;
        }
    }

    /** Whether the kernel may hand over several packets of one sender by one call. */
    public boolean isUdpGro() {
        return udpGro;
    }

    boolean tellsOriginalDestination() {
        return originalDestination;
    }

    @Override
    public int getTrafficClass() {
        return getOption(ChannelOption.IP_TOS);
    }

    @Override
    public OurioDatagramChannelConfig setTrafficClass(int value) {
        return with(ChannelOption.IP_TOS, value);
    }

    @Override
    public boolean isBroadcast() {
        return getOption(ChannelOption.SO_BROADCAST);
    }

    @Override
    public OurioDatagramChannelConfig setBroadcast(boolean value) {
        return with(ChannelOption.SO_BROADCAST, value);
    }

    @Override
    public boolean isLoopbackModeDisabled() {
        return getOption(ChannelOption.IP_MULTICAST_LOOP_DISABLED);
    }

    @Override
    public OurioDatagramChannelConfig setLoopbackModeDisabled(boolean value) {
        return with(ChannelOption.IP_MULTICAST_LOOP_DISABLED, value);
    }

    /** How many routers what is sent to a group may pass. */
    @Override
    public int getTimeToLive() {
        return getOption(ChannelOption.IP_MULTICAST_TTL);
    }

    @Override
    public OurioDatagramChannelConfig setTimeToLive(int ttl) {
        return with(ChannelOption.IP_MULTICAST_TTL, ttl);
    }

    /** An address of {@link #getNetworkInterface()}, or null if there is none. */
    @Override
    public InetAddress getInterface() {
        NetworkInterface on = getNetworkInterface();
        if (on == null) {
            return null;
        }
        boolean ipv4 = fd().socketFamily() == Sockets.IPV4;
        return on.inetAddresses()
                .filter(address -> address instanceof Inet4Address == ipv4).findFirst()
                .orElseGet(() -> on.inetAddresses().findFirst().orElse(null));
    }

    /** Sets the interface that has the address for what is sent to groups. */
    @Override
    public OurioDatagramChannelConfig setInterface(InetAddress address) {
        try {
            NetworkInterface on = NetworkInterface.getByInetAddress(address);
            if (on == null) {
                throw new IllegalArgumentException(
                        "no network interface has the address " + address.getHostAddress());
            }
            return setNetworkInterface(on);
        } catch (SocketException e) {
            throw new ChannelException(e);
        }
    }

    /** The interface for what is sent to groups, or null if the kernel chooses. */
    @Override
    public NetworkInterface getNetworkInterface() {
        return getOption(ChannelOption.IP_MULTICAST_IF);
    }

    @Override
    public OurioDatagramChannelConfig setNetworkInterface(NetworkInterface on) {
        return with(ChannelOption.IP_MULTICAST_IF, on);
    }
}
