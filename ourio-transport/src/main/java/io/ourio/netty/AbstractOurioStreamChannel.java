// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.StringUtil;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A connection on a ring that carries a stream of bytes: of TCP, or a Unix domain socket's. */
abstract class AbstractOurioStreamChannel extends AbstractOurioChannel implements DuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    final ReadLoop reads = new ReadLoop(this);
    private final WriteLoop writes = new WriteLoop(this);
    private ConnectOperation connect;
    private ScheduledFuture<?> drainTimeout;
    private boolean closing;
    private boolean flushWaits;
    private EventLoop home;

    /** A shutdown of the output that waits for what was flushed before it. */
    private Runnable afterWrites;

    private volatile boolean active;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    /** A channel on a socket that is connected already if {@code active} is set. */
    AbstractOurioStreamChannel(Channel parent, int fd, int family, boolean active) {
        super(parent, fd, family);
        this.active = active;
        if (active) {
            findAddresses();
        }
    }

    @Override
    public abstract OurioStreamChannelConfig<?> config();

    /** What is to be done before the connect of a socket that is open and bound. */
    void beforeConnect() throws IOException {}

    /** Whether a close throws away what has not left, as the application has asked for. */
    boolean isReset() {
        return false;
    }

    /** The loop that is to serve the connection, wherever else it would be registered; or null. */
    final EventLoop home() {
        return home;
    }

    final void home(EventLoop loop) {
        home = loop;
    }

    /** Whether the next receive of bytes may be started. */
    boolean mayReceiveBytes() {
        return isActive() && !closing && isAttached();
    }

    /** Whether what is flushed has to wait for {@link #flushNow}. */
    boolean holdsWrites() {
        return false;
    }

    /** Drops what nobody will read any more. */
    void discardReads() {
        reads.discard();
    }

    @Override
    void clearWish() {
        reads.clearWish();
    }

    @Override
    void resume() {
        reads.resume();
        checkWritten();
    }

    @Override
    void attach(OurioIoHandler loop) {
        writes.attach(loop);
        reads.attach(loop);
    }

    @Override
    boolean isBusy() {
        return reads.isBusy() || writes.isBusy() || connect != null && connect.isBusy();
    }

    @Override
    void quiesce(boolean force) {
        reads.stop();
        if (connect != null && connect.isBusy()) {
            connect.stop();
        }
        if (force) {
            writes.stop();
        }
    }

    @Override
    void pause() {
        reads.stop();
        writes.pause();
    }

    /** From then on nothing new is started or delivered. */
    @Override
    final boolean isClosing() {
        return closing;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isActive() {
        return active && isOpen();
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown || !isOpen();
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown || !isOpen();
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new SocketUnsafe();
    }

    @Override
    protected void doBeginRead() {
        reads.read();
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf buffer) {
            return direct(buffer);
        }
        if (message instanceof FileRegion) {
            return message;
        }
        throw new UnsupportedOperationException("unsupported message type: "
                + StringUtil.simpleClassName(message) + " (expected: ByteBuf, FileRegion)");
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        writes.write(in);
    }

    /**
     * Flushes what waits for the end of the turn, unless it has to wait for longer.
     *
     * @param together whether the ring submits what many channels send
     */
    final void turnEnded(boolean together) {
        if (holdsWrites()) {
            return;
        }
        writes.together(together);
        try {
            flushNow();
        } finally {
            writes.together(false);
        }
    }

    /** Flushes what waits. */
    final void flushNow() {
        if (flushWaits) {
            flushWaits = false;
            ((SocketUnsafe) unsafe()).flushAtOnce();
        }
    }

    void validate(DefaultFileRegion region, long position) throws IOException {
        validateFileRegion(region, position);
    }

    void writeFailed(Throwable cause) {
        if (!closing) {
            ((SocketUnsafe) unsafe()).writeFailed(cause);
        }
    }

    /** Reads from what every delivery needs. */
    int prefetch() {
        return (isAttached() && config().isAutoRead() ? 1 : 0)
                + (pipeline().firstContext() == null ? 1 : 0);
    }

    /** The same of what that leads to, and of what an answer needs. */
    int prefetchFarther() {
        int read = Memory.touch(config().getRecvByteBufAllocator());
        ChannelOutboundBuffer out = unsafe().outboundBuffer();
        if (out != null) {
            read += out.size();
        }
        ChannelHandlerContext first = pipeline().firstContext();
        if (first != null && !first.isRemoved()) {
            read += Memory.touch(first.handler());
        }
        return read;
    }

    /** Called after each send. */
    void checkWritten() {
        Runnable rest = afterWrites;
        if (rest != null && isAttached() && !writes.isSending()) {
            afterWrites = null;
            rest.run();
        }
    }

    /** The stream has no more data: its end was reached, or {@code cause} broke it. */
    void inputEnded(Throwable cause) {
        ChannelPipeline pipeline = pipeline();
        if (cause != null) {
            pipeline.fireExceptionCaught(cause);
        }
        boolean bySelf = inputShutdown;
        if (!config().isAllowHalfClosure()) {
            if (!bySelf) {
                unsafe().close(voidPromise());
            }
            return;
        }
        if (!bySelf) {
            inputShutdown = true;
            pipeline.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }

    void connected(ChannelPromise promise, Throwable failure) {
        SocketAddress to = connect.remote();
        connect = null;
        if (failure == null) {
            try {
                refreshAddresses(to);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            promise.tryFailure(failure);
            unsafe().close(voidPromise());
            return;
        }
        active = true;
        // False if the attempt was canceled. What happened is told all the same, also if a listener
        // closes the channel at once.
        boolean wantedStill = promise.trySuccess();
        pipeline().fireChannelActive();
        if (isActive()) {
            ((SocketUnsafe) unsafe()).flushAgain();
            resume();
        }
        if (!wantedStill) {
            unsafe().close(voidPromise());
        }
    }

    @Override
    protected void doClose() {
        closing = true;
        active = false;
        if (drainTimeout != null) {
            drainTimeout.cancel(false);
        }
        discardReads();
        if (!writes.isSending()) {
            writes.releaseFilePart();
        }
        if (connect != null) {
            connect.stop();
        }
        super.doClose();
    }

    @Override
    protected void doShutdownOutput() throws Exception {
        outputShutdown = true;
        Sockets.shutdown(openFd(), Sockets.SHUT_WR);
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(() -> {
            flushNow();
            Runnable before = afterWrites;
            afterWrites = () -> {
                if (before != null) {
                    before.run();
                }
                ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
            };
            checkWritten(); // What was flushed goes out first.
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(() -> {
            try {
                inputShutdown = true;
                Sockets.shutdown(openFd(), Sockets.SHUT_RD);
                promise.setSuccess();
            } catch (IOException | NotYetConnectedException e) {
                promise.setFailure(e);
            }
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput().addListener(output -> shutdownInput().addListener(input -> {
            Throwable cause = output.isSuccess() ? input.cause() : output.cause();
            if (cause == null) {
                promise.setSuccess();
            } else {
                promise.setFailure(cause);
            }
        }));
        return promise;
    }

    private final class SocketUnsafe extends OurioUnsafe {
        void writeFailed(Throwable cause) {
            handleWriteError(cause);
        }

        @Override
        protected void flush0() {
            if (connect != null || flushWaits) {
                return; // What is flushed while connecting waits for the connection.
            }
            if (holdsWrites()) {
                flushWaits = true;
                return;
            }
            if ((reads.isDelivering() || operations.isTelling() || loop().isWriting())
                    && loop().flushAtEnd(AbstractOurioStreamChannel.this)) {
                flushWaits = true;
                return;
            }
            super.flush0();
        }

        @Override
        public void connect(SocketAddress remote, SocketAddress bindTo, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            try {
                if (connect != null) {
                    throw new ConnectionPendingException();
                }
                if (active) {
                    throw new AlreadyConnectedException();
                }
                var operation = new ConnectOperation(
                        AbstractOurioStreamChannel.this, remote, promise);
                if (bindTo != null) {
                    doBind(bindTo);
                }
                beforeConnect();
                connect = operation;
                connect.start();
            } catch (Throwable failure) {
                promise.tryFailure(annotateConnectException(failure, remote));
                closeIfClosed();
            }
        }

        /** What was flushed before the close goes before it. */
        @Override
        public void close(ChannelPromise promise) {
            AbstractOurioStreamChannel.this.flushNow();
            super.close(promise);
        }

        @Override
        public void deregister(ChannelPromise promise) {
            AbstractOurioStreamChannel.this.flushNow();
            super.deregister(promise);
        }

        @Override
        protected Executor prepareToClose() {
            closing = true;
            discardReads();
            if (isOpen() && isReset()) { // A forced close may have come before.
                writes.stop();
            } else if (writes.isBusy()) {
                drainTimeout = eventLoop().schedule(() -> {
                    writes.stop();
                    checkQuiet();
                }, DRAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
            return super.prepareToClose();
        }
    }
}
