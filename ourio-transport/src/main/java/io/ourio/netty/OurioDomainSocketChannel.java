// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelException;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.ourio.PeerCredentials;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import java.io.IOException;

/**
 * A connection of a Unix domain socket on a ring. Addresses are paths, or with a NUL in front names
 * of the abstract namespace; {@link java.net.UnixDomainSocketAddress} is taken too. The address of
 * an end that was not bound is the empty path.
 *
 * <p>A {@link FileDescriptor} that is written arrives at the peer as a descriptor of the same file;
 * it must stay open until the write has succeeded. With {@link
 * DomainSocketReadMode#FILE_DESCRIPTORS} those that arrive are read, and belong to the handler that
 * gets them; bytes that come without one are dropped. In the mode {@code BYTES} the bytes are read,
 * and descriptors are closed. The mode may be changed at any time: what is written after a change
 * on the event loop leaves when the kernel receives in the new mode, so that the answer to it
 * arrives in that mode.
 */
public final class OurioDomainSocketChannel extends AbstractOurioStreamChannel
        implements DomainSocketChannel {
    private final OurioDomainSocketChannelConfig config =
            new OurioDomainSocketChannelConfig(this, this);
    private final DescriptorLoop descriptors = new DescriptorLoop(this);

    /** The config's mode, as the loop knows it. */
    private DomainSocketReadMode mode = DomainSocketReadMode.BYTES;

    /** The kernel still receives in the mode before. */
    private boolean changingMode;

    /**
     * A channel that is not connected, on a new socket.
     *
     * @throws ChannelException if the kernel refuses the socket; its cause says why
     */
    public OurioDomainSocketChannel() {
        super(null, newSocket(), Sockets.UNIX, false);
    }

    /**
     * A channel on a Unix domain stream socket from elsewhere, which belongs to the channel from
     * now on. It may be connected or not.
     *
     * @throws IllegalArgumentException if {@code fd} is no such socket, or one that listens
     * @throws ChannelException if the kernel refuses it; its cause says why
     */
    public OurioDomainSocketChannel(int fd) {
        this(ForeignSocket.domain(fd, Sockets.STREAM).forConnection());
    }

    private OurioDomainSocketChannel(ForeignSocket socket) {
        super(null, socket.fd(), socket.family(), socket.isConnected());
    }

    /** A connection that was accepted. */
    OurioDomainSocketChannel(OurioServerDomainSocketChannel parent, int fd) {
        super(parent, fd, Sockets.UNIX, true);
    }

    static int newSocket() {
        try {
            return UnixSockets.stream();
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    @Override
    public OurioServerDomainSocketChannel parent() {
        return (OurioServerDomainSocketChannel) super.parent();
    }

    @Override
    public OurioDomainSocketChannelConfig config() {
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
     * Who is at the other end, as it was when the connection was made. Any thread may call.
     *
     * @throws IOException if the channel is not connected, or closed
     */
    public PeerCredentials peerCredentials() throws IOException {
        return UnixSockets.peerCredentials(openFd());
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        return message instanceof FileDescriptor ? message : super.filterOutboundMessage(message);
    }

    @Override
    void attach(OurioIoHandler loop) {
        super.attach(loop);
        descriptors.attach(loop);
        changeMode(); // It may have been changed between two loops.
    }

    @Override
    boolean isBusy() {
        return descriptors.isBusy() || super.isBusy();
    }

    @Override
    void quiesce(boolean force) {
        descriptors.stop();
        super.quiesce(force);
    }

    @Override
    void discardReads() {
        descriptors.discard();
        super.discardReads();
    }

    @Override
    void clearWish() {
        descriptors.clearWish();
        super.clearWish();
    }

    @Override
    void resume() {
        descriptors.resume();
        super.resume();
    }

    @Override
    void pause() {
        descriptors.stop();
        super.pause();
    }

    @Override
    boolean mayReceiveBytes() {
        return mode == DomainSocketReadMode.BYTES && !descriptors.isBusy()
                && super.mayReceiveBytes();
    }

    boolean mayReceiveDescriptors() {
        return mode == DomainSocketReadMode.FILE_DESCRIPTORS && !reads.isBusy()
                && super.mayReceiveBytes();
    }

    /** What came in the mode before is read first. */
    @Override
    protected void doBeginRead() {
        if (mode == DomainSocketReadMode.BYTES ? !descriptors.get() : reads.hasData()) {
            reads.read();
        } else {
            descriptors.read();
        }
    }

    /** A byte that was received for the descriptor beside it, and there was none. */
    void byteWithoutDescriptor(byte data) {
        if (mode == DomainSocketReadMode.BYTES && !isClosing()) {
            reads.append(alloc().directBuffer(1).writeByte(data));
        }
    }

    /** The config's mode was changed. Any thread may call. */
    void readModeChanged() {
        if (isRegistered()) {
            onLoop(this::changeMode);
        }
    }

    private void changeMode() {
        if (mode == config.getReadMode()) {
            return;
        }
        mode = config.getReadMode();
        changingMode = true;
        if (mode == DomainSocketReadMode.BYTES) {
            descriptors.stop();
        } else {
            reads.stop();
        }
        finishChange();
    }

    @Override
    boolean holdsWrites() {
        return changingMode;
    }

    @Override
    void checkQuiet() {
        if (changingMode) {
            finishChange();
        }
        super.checkQuiet();
    }

    /** Once the kernel has let go, the wish to read goes over to the new mode. */
    private void finishChange() {
        boolean toBytes = mode == DomainSocketReadMode.BYTES;
        if (toBytes ? descriptors.isBusy() : reads.isBusy()) {
            return;
        }
        changingMode = false;
        if (toBytes && descriptors.isWanted() && !descriptors.get()) {
            descriptors.clearWish();
            reads.read();
        } else if (!toBytes && reads.isWanted() && !reads.hasData()) {
            reads.clearWish();
            descriptors.read();
        }
        flushNow();
    }
}
