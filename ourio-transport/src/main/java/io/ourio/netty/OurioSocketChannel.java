// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.SocketChannel;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A TCP connection on a ring. */
public final class OurioSocketChannel extends AbstractOurioStreamChannel implements SocketChannel {
    private final OurioSocketChannelConfig config = new OurioSocketChannelConfig(this, this);

    /**
     * A channel that is not connected, on a new socket.
     *
     * @throws ChannelException if the kernel refuses the socket; its cause says why
     */
    public OurioSocketChannel() {
        super(null, newSocket(), Sockets.preferredFamily(), false);
    }

    /**
     * A channel on a TCP socket from elsewhere, which belongs to the channel from now on. It may be
     * connected or not.
     *
     * @throws IllegalArgumentException if {@code fd} is no TCP socket, or one that listens
     * @throws ChannelException if the kernel refuses it; its cause says why
     */
    public OurioSocketChannel(int fd) {
        this(ForeignSocket.tcp(fd).forConnection());
    }

    private OurioSocketChannel(ForeignSocket socket) {
        super(null, socket.fd(), socket.family(), socket.isConnected());
    }

    /** A connection that was accepted. */
    OurioSocketChannel(OurioServerSocketChannel parent, int fd) {
        super(parent, fd, parent.socketFamily(), true);
    }

    static int newSocket() {
        try {
            return Sockets.tcp();
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    @Override
    void beforeConnect() throws IOException {
        if (!config.isTcpFastOpenConnect()) {
            return;
        }
        ChannelOutboundBuffer written = unsafe().outboundBuffer();
        written.addFlush(); // Before a connection nobody can flush.
        if (!written.isEmpty()) {
            Sockets.option(descriptor(), SockOpt.TCP_FASTOPEN_CONNECT, 1);
        }
    }

    @Override
    boolean isReset() {
        return config.getSoLinger() == 0;
    }

    @Override
    public OurioServerSocketChannel parent() {
        return (OurioServerSocketChannel) super.parent();
    }

    @Override
    public OurioSocketChannelConfig config() {
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
}
