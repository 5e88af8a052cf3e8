// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;
import io.ourio.Sockets;
import java.net.SocketAddress;
import java.util.concurrent.Executor;

/** A listener on a ring. Its children may live on other loops. */
abstract class AbstractOurioServerChannel extends AbstractOurioChannel implements ServerChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final AcceptLoop accepts = new AcceptLoop(this);
    private boolean closing;
    private volatile boolean listening;

    /** A channel on a socket that listens already if {@code listening} is set. */
    AbstractOurioServerChannel(int fd, int family, boolean listening) {
        super(null, fd, family);
        this.listening = listening;
        if (listening) {
            findAddresses();
        }
    }

    @Override
    public abstract OurioServerChannelConfig<?> config();

    /** The channel of a connection that was accepted. */
    abstract AbstractOurioStreamChannel child(int fd);

    @Override
    final void attach(OurioIoHandler loop) {
        accepts.attach(loop);
    }

    @Override
    final boolean isBusy() {
        return accepts.isBusy();
    }

    @Override
    final void quiesce(boolean force) {
        accepts.stop();
    }

    @Override
    final void resume() {
        accepts.resume();
    }

    @Override
    final void pause() {
        accepts.stop();
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
        return listening && isOpen();
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        super.doBind(address);
        Sockets.listen(descriptor(), config().getBacklog());
        listening = true;
    }

    @Override
    protected final void doBeginRead() {
        accepts.read();
    }

    @Override
    void clearWish() {
        accepts.clearWish();
    }

    @Override
    protected void doClose() {
        closing = true;
        listening = false;
        accepts.discard();
        super.doClose();
    }

    @Override
    protected final void doWrite(ChannelOutboundBuffer in) {
        throw new UnsupportedOperationException("a listener sends nothing");
    }

    @Override
    protected final Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException("a listener sends nothing");
    }

    @Override
    protected final AbstractUnsafe newUnsafe() {
        return new ServerUnsafe();
    }

    private final class ServerUnsafe extends OurioUnsafe {
        @Override
        public void connect(SocketAddress remote, SocketAddress bindTo, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("a listener does not connect"));
        }

        @Override
        protected Executor prepareToClose() {
            closing = true;
            accepts.discard();
            return super.prepareToClose();
        }
    }
}
