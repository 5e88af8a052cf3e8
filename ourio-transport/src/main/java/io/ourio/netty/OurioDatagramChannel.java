// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.ourio.Multicast;
import io.ourio.ReceivedMessage;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.Objects;

/**
 * A UDP socket on a ring. It reads {@link DatagramPacket}s, and sends these, {@link
 * AddressedEnvelope}s of a {@link ByteBuf}, and once it is connected plain {@link ByteBuf}s. A
 * packet of no bytes is sent as such; a plain buffer of no bytes is written for its promise alone.
 *
 * <p>A {@link io.netty.channel.unix.SegmentedDatagramPacket} is sent by one call, which the kernel
 * makes a datagram of for each segment. With {@link OurioChannelOption#UDP_GRO} the kernel does the
 * reverse, and the pipeline gets each datagram. A datagram that had to be cut comes behind a {@link
 * TruncatedDatagramEvent}.
 */
public final class OurioDatagramChannel extends AbstractOurioDatagramChannel
        implements DatagramChannel {
    /** Sends in flight at most; what is flushed beyond waits for them. */
    private static final int MAX_IN_FLIGHT = 64;

    private final OurioDatagramChannelConfig config = new OurioDatagramChannelConfig(this, this);

    /**
     * A channel that is not bound, on a new socket: for IPv6 and IPv4 wherever that is available.
     *
     * @throws ChannelException if the kernel refuses the socket; its cause says why
     */
    public OurioDatagramChannel() {
        this((SocketProtocolFamily) null);
    }

    /**
     * A channel that is not bound, on a new socket of a family.
     *
     * @param family null for the same as without
     * @throws ChannelException if the kernel refuses the socket; its cause says why
     */
    public OurioDatagramChannel(SocketProtocolFamily family) {
        this(numberOf(family), newSocket(numberOf(family)));
    }

    /**
     * A channel on a UDP socket from elsewhere, which belongs to the channel from now on. It may be
     * bound or connected, and is ready for use.
     *
     * @throws IllegalArgumentException if {@code fd} is no UDP socket
     * @throws ChannelException if the kernel refuses it; its cause says why
     */
    public OurioDatagramChannel(int fd) {
        this(ForeignSocket.udp(fd));
    }

    private OurioDatagramChannel(int family, int fd) {
        super(fd, family, false, false, MAX_IN_FLIGHT);
        config.receiveOwnGroupsOnly();
    }

    private OurioDatagramChannel(ForeignSocket socket) {
        super(socket.fd(), socket.family(), true, socket.isConnected(), MAX_IN_FLIGHT);
        config.learn();
    }

    private static int numberOf(SocketProtocolFamily family) {
        return switch (family) {
            case null -> Sockets.preferredFamily();
            case INET -> Sockets.IPV4;
            case INET6 -> Sockets.IPV6;
            case UNIX -> throw new IllegalArgumentException(
                    "a UDP socket has the family INET or INET6, not UNIX");
        };
    }

    private static int newSocket(int family) {
        try {
            return Sockets.udp(family);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /** Whether the kernel makes several datagrams of a {@code SegmentedDatagramPacket}. */
    public static boolean isSegmentedDatagramPacketSupported() {
        return Segmentation.SUPPORTED;
    }

    /** Asked on first use. */
    private static final class Segmentation {
        static final boolean SUPPORTED = isSupported();

        private static boolean isSupported() {
            try {
                int fd = Sockets.udp(Sockets.preferredFamily());
                try {
                    return Sockets.option(fd, SockOpt.UDP_SEGMENT) == 0;
                } finally {
                    Sockets.close(fd);
                }
            } catch (IOException _) {
                return false;
            }
        }
    }

    @Override
    public OurioDatagramChannelConfig config() {
        return config;
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    /** A port that the kernel has chosen is lost with a disconnect; the channel stays bound. */
    @Override
    protected void doDisconnect() throws IOException {
        InetSocketAddress before = (InetSocketAddress) localAddress0();
        super.doDisconnect();
        InetSocketAddress left = (InetSocketAddress) localAddress0();
        if (before != null && (left == null || left.getPort() == 0)) {
            InetAddress address = left == null ? before.getAddress() : left.getAddress();
            Sockets.bind(descriptor(), socketFamily(),
                    new InetSocketAddress(address, before.getPort()));
            refreshAddresses();
        }
    }

    @Override
    boolean reaches(SocketAddress recipient) {
        // The call is for those that have no address yet.
        return recipient instanceof InetSocketAddress && Addresses.inet(recipient) != null;
    }

    @Override
    String sendableTypes() {
        return "DatagramPacket, AddressedEnvelope<ByteBuf, InetSocketAddress>, ByteBuf";
    }

    @Override
    void parkPackets(ByteBuf content, ReceivedMessage beside, DatagramReadLoop loop) {
        InetSocketAddress sender = (InetSocketAddress) senderOf(beside);
        InetSocketAddress recipient =
                config.tellsOriginalDestination() ? beside.originalDestination() : null;
        if (recipient == null) {
            recipient = localAddress();
        }
        int segment = config.isUdpGro() ? beside.segmentSize() : 0;
        if (segment <= 0 || segment >= content.readableBytes()) {
            loop.park(new DatagramPacket(content, recipient, sender));
            return;
        }
        while (content.isReadable()) {
            int length = Math.min(segment, content.readableBytes());
            loop.park(new DatagramPacket(
                    content.readRetainedSlice(length), recipient, sender));
        }
        content.release();
    }

    // Groups, in all the forms that Netty has for them.

    @Override
    public ChannelFuture joinGroup(InetAddress group) {
        return joinGroup(group, newPromise());
    }

    /** Joins on the interface for sending to groups, or that of the local address. */
    @Override
    public ChannelFuture joinGroup(InetAddress group, ChannelPromise promise) {
        return request(Multicast::join, group, null, null, promise);
    }

    @Override
    public ChannelFuture joinGroup(InetSocketAddress group, NetworkInterface on) {
        return joinGroup(group, on, newPromise());
    }

    @Override
    public ChannelFuture joinGroup(
            InetSocketAddress group, NetworkInterface on, ChannelPromise promise) {
        return joinGroup(group.getAddress(), on, null, promise);
    }

    @Override
    public ChannelFuture joinGroup(InetAddress group, NetworkInterface on, InetAddress source) {
        return joinGroup(group, on, source, newPromise());
    }

    /** Joins for what {@code source} sends, or all if that is null. */
    @Override
    public ChannelFuture joinGroup(
            InetAddress group, NetworkInterface on, InetAddress source, ChannelPromise promise) {
        return request(Multicast::join, group, Objects.requireNonNull(on, "on"), source, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress group) {
        return leaveGroup(group, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress group, ChannelPromise promise) {
        return request(Multicast::leave, group, null, null, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetSocketAddress group, NetworkInterface on) {
        return leaveGroup(group, on, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(
            InetSocketAddress group, NetworkInterface on, ChannelPromise promise) {
        return leaveGroup(group.getAddress(), on, null, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress group, NetworkInterface on, InetAddress source) {
        return leaveGroup(group, on, source, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(
            InetAddress group, NetworkInterface on, InetAddress source, ChannelPromise promise) {
        return request(Multicast::leave, group, Objects.requireNonNull(on, "on"), source, promise);
    }

    @Override
    public ChannelFuture block(InetAddress group, NetworkInterface on, InetAddress source) {
        return block(group, on, source, newPromise());
    }

    /** Does not receive what {@code source} sends to a group that was joined for all sources. */
    @Override
    public ChannelFuture block(
            InetAddress group, NetworkInterface on, InetAddress source, ChannelPromise promise) {
        Objects.requireNonNull(source, "source");
        return request(Multicast::block, group, Objects.requireNonNull(on, "on"), source, promise);
    }

    @Override
    public ChannelFuture block(InetAddress group, InetAddress source) {
        return block(group, source, newPromise());
    }

    @Override
    public ChannelFuture block(InetAddress group, InetAddress source, ChannelPromise promise) {
        Objects.requireNonNull(source, "source");
        return request(Multicast::block, group, null, source, promise);
    }

    private interface Request {
        void make(int fd, InetAddress group, NetworkInterface on, InetAddress source)
                throws IOException;
    }

    private ChannelFuture request(Request request, InetAddress group, NetworkInterface on,
            InetAddress source, ChannelPromise promise) {
        Objects.requireNonNull(group, "group");
        onLoop(() -> {
            try {
                request.make(openFd(), group, on != null ? on : ownInterface(), source);
                promise.setSuccess();
            } catch (IOException | ChannelException e) {
                promise.setFailure(e);
            }
        });
        return promise;
    }

    private NetworkInterface ownInterface() throws SocketException {
        NetworkInterface chosen = config.getNetworkInterface();
        if (chosen == null && localAddress() != null) {
            chosen = NetworkInterface.getByInetAddress(localAddress().getAddress());
        }
        if (chosen == null) {
            throw new SocketException("no network interface is given for the group, and neither"
                    + " IP_MULTICAST_IF nor the local address " + localAddress() + " names one");
        }
        return chosen;
    }
}
