// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.socket.ServerSocketChannel;
import io.ourio.Sockets;
import java.net.InetSocketAddress;

/** A TCP listener on a ring. Its children may live on other loops. */
public final class OurioServerSocketChannel extends AbstractOurioServerChannel
        implements ServerSocketChannel {
    private final OurioServerSocketChannelConfig config;

    /**
     * A channel that is not bound, on a new socket.
     *
     * @throws io.netty.channel.ChannelException if the kernel refuses it; its cause says why
     */
    public OurioServerSocketChannel() {
        super(OurioSocketChannel.newSocket(), Sockets.preferredFamily(), false);
        config = new OurioServerSocketChannelConfig(this, this);
    }

    /**
     * A channel on a TCP socket from elsewhere, which belongs to the channel from now on. It may
     * listen already; else bind it.
     *
     * @throws IllegalArgumentException if {@code fd} is no TCP socket, or one that is connected
     * @throws io.netty.channel.ChannelException if the kernel refuses it; its cause says why
     */
    public OurioServerSocketChannel(int fd) {
        this(ForeignSocket.tcp(fd).forListener());
    }

    private OurioServerSocketChannel(ForeignSocket socket) {
        super(socket.fd(), socket.family(), socket.isListening());
        config = new OurioServerSocketChannelConfig(this, this);
    }

    @Override
    AbstractOurioStreamChannel child(int fd) {
        return new OurioSocketChannel(this, fd);
    }

    @Override
    public OurioServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return null;
    }
}
