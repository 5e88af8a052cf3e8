// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.ourio.PeerCredentials;
import io.ourio.ReceivedMessage;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * A datagram socket of the Unix domain on a ring. It reads {@link DomainDatagramPacket}s, and sends
 * these, {@link AddressedEnvelope}s of a {@link ByteBuf}, and once it is connected plain {@link
 * ByteBuf}s. A packet of no bytes is sent as such; a plain buffer of no bytes is written for its
 * promise alone.
 *
 * <p>Addresses are those of {@link OurioDomainSocketChannel}: paths or abstract names, {@link
 * UnixDomainSocketAddress} too. The sender of a packet that came from a socket without a name is
 * the empty path. The file that a bind makes stays after the close, as with Netty's epoll: to
 * delete it is the program's.
 *
 * <p>Nothing is lost and all stays in order: where a receiver's queue is full, the write waits, and
 * those behind it, whomever they go to. A packet may be as large as the sender's {@code SO_SNDBUF};
 * one of more than 65535 bytes is read whole with a {@code RecvByteBufAllocator} of that size, and
 * else is cut and comes behind a {@link TruncatedDatagramEvent}. File descriptors that come with a
 * packet are closed.
 */
public final class OurioDomainDatagramChannel extends AbstractOurioDatagramChannel
        implements DomainDatagramChannel {
    /** The kernel keeps the order of those that it has taken: one at a time. */
    private static final int MAX_IN_FLIGHT = 1;

    private final OurioDomainDatagramChannelConfig config =
            new OurioDomainDatagramChannelConfig(this, this);

    /**
     * A channel that is not bound, on a new socket.
     *
     * @throws ChannelException if the kernel refuses the socket; its cause says why
     */
    public OurioDomainDatagramChannel() {
        super(newSocket(), Sockets.UNIX, false, false, MAX_IN_FLIGHT);
    }

    /**
     * A channel on a datagram socket of the Unix domain from elsewhere, which belongs to the
     * channel from now on. It may be bound or connected, and is ready for use.
     *
     * @throws IllegalArgumentException if {@code fd} is no such socket
     * @throws ChannelException if the kernel refuses it; its cause says why
     */
    public OurioDomainDatagramChannel(int fd) {
        this(ForeignSocket.domain(fd, Sockets.DATAGRAM));
    }

    private OurioDomainDatagramChannel(ForeignSocket socket) {
        super(socket.fd(), socket.family(), true, socket.isConnected(), MAX_IN_FLIGHT);
    }

    private static int newSocket() {
        try {
            return UnixSockets.datagram();
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    @Override
    public OurioDomainDatagramChannelConfig config() {
        return config;
    }

    @Override
    public DomainSocketAddress localAddress() {
        return (DomainSocketAddress) super.localAddress();
    }

    @Override
    public DomainSocketAddress remoteAddress() {
        return (DomainSocketAddress) super.remoteAddress();
    }

    /**
     * Who is at the other end. Linux knows it of the two ends that {@code socketpair(2)} has made;
     * of sockets that found each other by an address it knows nobody: process 0, and -1 for user
     * and group. Any thread may call.
     *
     * @throws IOException if the channel is closed
     */
    public PeerCredentials peerCredentials() throws IOException {
        return UnixSockets.peerCredentials(openFd());
    }

    @Override
    boolean reaches(SocketAddress recipient) {
        return recipient instanceof DomainSocketAddress
                || recipient instanceof UnixDomainSocketAddress;
    }

    @Override
    String sendableTypes() {
        return "DomainDatagramPacket, AddressedEnvelope<ByteBuf, DomainSocketAddress>, ByteBuf";
    }

    @Override
    void parkPackets(ByteBuf content, ReceivedMessage beside, DatagramReadLoop loop) {
        loop.park(new DomainDatagramPacket(
                content, localAddress(), (DomainSocketAddress) senderOf(beside)));
    }
}
