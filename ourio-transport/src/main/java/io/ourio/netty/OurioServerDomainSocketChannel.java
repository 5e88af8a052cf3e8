// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.ServerDomainSocketChannel;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.ourio.Sockets;
import java.io.File;
import java.net.SocketAddress;

/**
 * A listener of a Unix domain socket on a ring. Its addresses are those of {@link
 * OurioDomainSocketChannel}. The file that its bind has made is deleted with the close; one that is
 * there before the bind is not touched, and makes it fail.
 */
public final class OurioServerDomainSocketChannel extends AbstractOurioServerChannel
        implements ServerDomainSocketChannel {
    private static final InternalLogger LOGGER =
            InternalLoggerFactory.getInstance(OurioServerDomainSocketChannel.class);

    private final OurioServerDomainSocketChannelConfig config =
            new OurioServerDomainSocketChannelConfig(this, this);

    /** The file that is ours to delete, or null. */
    private File file;

    /**
     * A channel that is not bound, on a new socket.
     *
     * @throws io.netty.channel.ChannelException if the kernel refuses it; its cause says why
     */
    public OurioServerDomainSocketChannel() {
        super(OurioDomainSocketChannel.newSocket(), Sockets.UNIX, false);
    }

    /**
     * A channel on a Unix domain stream socket from elsewhere, which belongs to the channel from
     * now on. It may listen already; else bind it.
     *
     * @throws IllegalArgumentException if {@code fd} is no such socket, or one that is connected
     * @throws io.netty.channel.ChannelException if the kernel refuses it; its cause says why
     */
    public OurioServerDomainSocketChannel(int fd) {
        this(ForeignSocket.domain(fd, Sockets.STREAM).forListener());
    }

    private OurioServerDomainSocketChannel(ForeignSocket socket) {
        super(socket.fd(), socket.family(), socket.isListening());
    }

    @Override
    AbstractOurioStreamChannel child(int fd) {
        return new OurioDomainSocketChannel(this, fd);
    }

    @Override
    public OurioServerDomainSocketChannelConfig config() {
        return config;
    }

    @Override
    public DomainSocketAddress localAddress() {
        return (DomainSocketAddress) super.localAddress();
    }

    @Override
    public DomainSocketAddress remoteAddress() {
        return null;
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        super.doBind(address);
        String path = Addresses.path(address);
        if (!path.isEmpty() && path.charAt(0) != 0) {
            file = new File(path);
        }
    }

    @Override
    protected void doClose() {
        super.doClose();
        if (file != null && !file.delete()) {
            LOGGER.debug("Failed to delete the file of a Unix domain socket: {}", file);
        }
        file = null;
    }
}
