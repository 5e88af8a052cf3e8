// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.StringUtil;
import io.ourio.Iovecs;
import io.ourio.ReceivedMessage;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A channel on a ring whose messages keep their bounds: of UDP, or a Unix domain socket's. */
abstract class AbstractOurioDatagramChannel extends AbstractOurioChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 16);

    final DatagramReadLoop reads;
    private final DatagramWriteLoop writes;
    private ScheduledFuture<?> drainTimeout;
    private boolean closing;
    private volatile boolean bound;
    private volatile boolean connected;

    /** A channel on a socket that is ready for use already if {@code bound} is set. */
    AbstractOurioDatagramChannel(
            int fd, int family, boolean bound, boolean connected, int maxInFlight) {
        super(null, fd, family);
        this.bound = bound;
        this.connected = connected;
        reads = new DatagramReadLoop(this);
        writes = new DatagramWriteLoop(this, maxInFlight);
        if (bound) {
            findAddresses();
        }
    }

    @Override
    public abstract OurioMessageChannelConfig<?> config();

    /** Makes packets of what has arrived, mostly one, and parks them. Owns the content. */
    abstract void parkPackets(ByteBuf content, ReceivedMessage beside, DatagramReadLoop loop);

    /**
     * Whether an address is of the channel's kind.
     *
     * @throws java.nio.channels.UnresolvedAddressException if it is, and is no address yet
     */
    abstract boolean reaches(SocketAddress recipient);

    /** The types of messages that can be written, for who has written another. */
    abstract String sendableTypes();

    /** Whom a message came from. */
    final SocketAddress senderOf(ReceivedMessage beside) {
        return Addresses.from(beside, socketFamily());
    }

    @Override
    final void attach(OurioIoHandler loop) {
        writes.attach();
        reads.attach(loop);
    }

    @Override
    final boolean isBusy() {
        return reads.isBusy() || writes.isBusy();
    }

    @Override
    final void quiesce(boolean force) {
        reads.stop();
        if (force) {
            writes.stop();
        }
    }

    @Override
    final void resume() {
        reads.resume();
    }

    @Override
    final void pause() {
        reads.stop();
        writes.pause();
    }

    @Override
    final void clearWish() {
        reads.clearWish();
    }

    @Override
    final boolean isClosing() {
        return closing;
    }

    @Override
    public final ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public final boolean isActive() {
        return isOpen() && (bound || config().isActiveOnRegistration() && isRegistered());
    }

    /** Whether messages go to one peer, and come from there alone. */
    public final boolean isConnected() {
        return connected && isOpen();
    }

    /** A socket that sends without a bind gets its address from the kernel with that. */
    @Override
    protected final SocketAddress localAddress0() {
        SocketAddress known = super.localAddress0();
        if (known != null || !isOpen()) {
            return known;
        }
        try {
            return Addresses.local(openFd(), socketFamily(), connected);
        } catch (IOException e) {
            return null; // It was closed meanwhile.
        }
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        super.doBind(address);
        bound = true;
    }

    @Override
    protected void doDisconnect() throws IOException {
        if (connected) {
            Sockets.disconnect(descriptor());
            connected = false;
            refreshAddresses();
        }
    }

    @Override
    protected final Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf data) {
            return isFit(data) ? data : copied(data);
        }
        if (message instanceof AddressedEnvelope<?, ?> envelope
                && envelope.content() instanceof ByteBuf data
                && (envelope.recipient() == null || reaches(envelope.recipient()))) {
            return isFit(data) ? envelope : copied(envelope, data);
        }
        throw new UnsupportedOperationException("unsupported message type: "
                + StringUtil.simpleClassName(message) + " (expected: " + sendableTypes() + ")");
    }

    /** Whether the kernel can read it from where it is. */
    private static boolean isFit(ByteBuf data) {
        return data.isDirect() && data.nioBufferCount() <= Iovecs.CAPACITY;
    }

    private ByteBuf copied(ByteBuf data) {
        ByteBuf copy = copyOf(data);
        data.release();
        return copy;
    }

    private Object copied(AddressedEnvelope<?, ?> envelope, ByteBuf data) {
        ByteBuf copy = copyOf(data);
        Object result = envelope instanceof ByteBufHolder packet ? packet.replace(copy)
                : new DefaultAddressedEnvelope<>(copy, envelope.recipient());
        envelope.release();
        return result;
    }

    @Override
    protected final void doBeginRead() {
        reads.read();
    }

    @Override
    protected final void doWrite(ChannelOutboundBuffer in) throws Exception {
        writes.write(in);
    }

    @Override
    protected void doClose() {
        closing = true;
        bound = false;
        if (drainTimeout != null) {
            drainTimeout.cancel(false);
        }
        reads.discard();
        super.doClose();
    }

    @Override
    protected final AbstractUnsafe newUnsafe() {
        return new DatagramUnsafe();
    }

    private final class DatagramUnsafe extends OurioUnsafe {
        /** It only sets the peer's address, so it ends at once. */
        @Override
        public void connect(SocketAddress remote, SocketAddress bindTo, ChannelPromise promise) {
            if (!promise.setUncancellable() || !ensureOpen(promise)) {
                return;
            }
            boolean wasActive = isActive();
            try {
                if (connected) {
                    throw new AlreadyConnectedException();
                }
                if (bindTo != null) {
                    doBind(bindTo);
                }
                Addresses.connect(descriptor(), socketFamily(), remote);
                bound = true;
                connected = true;
                refreshAddresses();
            } catch (Throwable failure) {
                promise.tryFailure(annotateConnectException(failure, remote));
                closeIfClosed();
                return;
            }
            promise.trySuccess();
            if (!wasActive && isActive()) {
                pipeline().fireChannelActive();
            }
        }

        @Override
        protected Executor prepareToClose() {
            closing = true;
            reads.discard();
            if (writes.isBusy()) {
                drainTimeout = eventLoop().schedule(
                        writes::stop, DRAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
            return super.prepareToClose();
        }
    }
}
