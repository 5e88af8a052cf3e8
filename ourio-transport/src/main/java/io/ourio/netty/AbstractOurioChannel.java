// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Executor;

/**
 * What all channels have: a socket, a registration, addresses, and a close that waits until the
 * kernel has let go. The lives of a channel (connecting, reading, writing) are objects with tasks
 * of their own; whether something is in flight is asked of them.
 */
abstract class AbstractOurioChannel extends AbstractChannel
        implements Fd, UnixChannel, OurioChannel {
    /** How long a close waits for data that was flushed before to leave. */
    static final long DRAIN_MILLIS = Long.getLong("io.ourio.closeDrainMillis", 5000);

    private static final String CLOSING =
            "the channel is closing or closed, and starts no operation any more";
    private static final String LEAVING =
            "the channel leaves its loop, and starts no operation before the next registration";

    private final int fd;
    private final int family;
    private final Mailbox mailbox = new ChannelMailbox(this);
    final ChannelOperations operations = new ChannelOperations(this);

    /** Written by the loop alone, read by any thread. */
    private volatile boolean open = true;

    private volatile SocketAddress local;
    private volatile SocketAddress remote;

    private IoRegistration registration;
    private OurioIoHandler handler;

    /** From a registration until a deregistration is asked for: only then tasks are started. */
    private boolean attached;

    /** Automatic reading was turned off between two loops. */
    private volatile boolean wishRevoked;

    /** What waits until nothing is in flight: the rest of a close or of a deregistration. */
    private Runnable whenQuiet;

    AbstractOurioChannel(Channel parent, int fd, int family) {
        super(parent);
        this.fd = fd;
        this.family = family;
    }

    /** The channel comes to a loop: make the tasks for its ring, and start none yet. */
    abstract void attach(OurioIoHandler loop);

    /** The channel has come to a loop: go on where it stopped in the one before. */
    abstract void resume();

    /** Whether the kernel holds a task of this channel. */
    abstract boolean isBusy();

    /** Ends what is in flight: at once if {@code force} is set, else what can wait may finish. */
    abstract void quiesce(boolean force);

    /** Ends what the next loop can take up again. */
    abstract void pause();

    /** Whether a close has begun. */
    abstract boolean isClosing();

    /** The application does not want to read any more. */
    abstract void clearWish();

    @Override
    public abstract OurioChannelConfig<?> config();

    @Override
    public final Ring ring() {
        OurioIoHandler loop = handler;
        if (loop == null) {
            throw new IllegalStateException(this + " was never registered with an event loop");
        }
        return loop.ring();
    }

    @Override
    public final Context context(int tag) {
        return operations.context(tag, null);
    }

    @Override
    public final Context context(Enum<?> tag) {
        return operations.context(tag.ordinal(), tag);
    }

    @Override
    public final Task readInto(int file, ByteBuf buffer, long offset, int tag) {
        return operations.readInto(file, buffer, offset, tag, null);
    }

    @Override
    public final Task readInto(int file, ByteBuf buffer, long offset, Enum<?> tag) {
        return operations.readInto(file, buffer, offset, tag.ordinal(), tag);
    }

    @Override
    public final Task writeFrom(int file, ByteBuf buffer, long offset, int tag) {
        return operations.writeFrom(file, buffer, offset, tag, null);
    }

    @Override
    public final Task writeFrom(int file, ByteBuf buffer, long offset, Enum<?> tag) {
        return operations.writeFrom(file, buffer, offset, tag.ordinal(), tag);
    }

    @Override
    public final Future<Void> send(int tag, Object payload) {
        return mailbox.send(OurioEvent.message(tag, payload));
    }

    @Override
    public final Future<Void> send(Enum<?> tag, Object payload) {
        return mailbox.send(OurioEvent.message(tag, payload));
    }

    final OurioIoHandler loop() {
        return handler;
    }

    /** The descriptor, for use on the loop while the channel is open. */
    final int descriptor() {
        return fd;
    }

    /** The socket. To close it closes the channel. */
    @Override
    public final FileDescriptor fd() {
        return new ChannelDescriptor(this, fd);
    }

    @Override
    public final int openFd() throws ClosedChannelException {
        if (!open) {
            throw new ClosedChannelException();
        }
        return fd;
    }

    @Override
    public final int socketFamily() {
        return family;
    }

    @Override
    public final boolean isOpen() {
        return open;
    }

    @Override
    protected final boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop io && io.isCompatible(OurioIoHandle.class);
    }

    @Override
    protected final void doRegister(ChannelPromise promise) {
        IoEventLoop executor = (IoEventLoop) eventLoop();
        executor.register(handle()).addListener((Future<IoRegistration> done) -> {
            if (!done.isSuccess()) {
                handler = null; // Netty closes the channel, here, where the ring before is not.
                promise.setFailure(done.cause());
                return;
            }
            registration = done.getNow();
            handler = registration.attachment();
            attach(handler);
            if (wishRevoked) {
                wishRevoked = false;
                clearWish();
            }
            attached = true;
            operations.open();
            mailbox.moveTo(eventLoop());
            promise.setSuccess();
            goOn();
        });
    }

    /** The other half of a registration, when Netty knows of it and deliveries may begin. */
    private void goOn() {
        if (isActive()) {
            ((OurioUnsafe) unsafe()).flushAgain();
        }
        resume();
    }

    /** Whether tasks may be started: not between two loops, nor on the way out of one. */
    final boolean isAttached() {
        return attached;
    }

    /**
     * Whether this thread is that of the loop to which the channel belongs, and it does not leave.
     * A task of the loop that it has left finds that out here; the order of the questions matters,
     * since a registration answers the first with yes last.
     */
    final boolean isHere() {
        return isRegistered() && eventLoop().inEventLoop() && attached;
    }

    private OurioIoHandle handle() {
        return (OurioIoHandle) unsafe();
    }

    @Override
    protected final void doDeregister() {
        mailbox.moveTo(null);
        if (registration != null) {
            registration.cancel();
        }
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        Addresses.bind(fd, family, address);
        refreshAddresses();
    }

    /** The addresses are known from now on, also after the close. */
    final void refreshAddresses() throws IOException {
        refreshAddresses(null);
    }

    /**
     * The same after a connect.
     *
     * @param connectedTo who the peer is if the kernel does not say: it names none as long as the
     *     first packet waits for its data
     */
    final void refreshAddresses(SocketAddress connectedTo) throws IOException {
        SocketAddress peer = Addresses.remote(fd, family);
        remote = peer != null ? peer : connectedTo;
        local = Addresses.local(fd, family, remote != null);
    }

    /** The same for a socket that a channel begins with. */
    final void findAddresses() {
        try {
            refreshAddresses();
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    @Override
    public final void autoReadCleared() {
        if (isRegistered()) {
            onLoop(() -> {
                if (!config().isAutoRead()) {
                    clearWish();
                }
            });
        } else {
            wishRevoked = true;
        }
    }

    /** The channel may have moved to another loop until that one has time. */
    final void onLoop(Runnable action) {
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            action.run();
        } else {
            loop.execute(() -> onLoop(action));
        }
    }

    /** The same bytes where the kernel can read them, which is not on the heap. */
    final ByteBuf direct(ByteBuf buffer) {
        if (buffer.isDirect()) {
            return buffer;
        }
        ByteBuf direct = copyOf(buffer);
        ReferenceCountUtil.safeRelease(buffer);
        return direct;
    }

    final ByteBuf copyOf(ByteBuf buffer) {
        int length = buffer.readableBytes();
        return alloc().directBuffer(Math.max(length, 1))
                .writeBytes(buffer, buffer.readerIndex(), length);
    }

    @Override
    protected SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected final SocketAddress remoteAddress0() {
        return remote;
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    @Override
    protected void doClose() {
        if (!open) {
            return;
        }
        open = false;
        operations.close(CLOSING);
        mailbox.close();
        if (isInUse()) {
            // Only a forced close comes here with tasks in flight.
            quiesce(true);
            afterQuiet(this::closeFd);
        } else {
            closeFd();
        }
    }

    private void closeFd() {
        try {
            Sockets.close(fd);
        } catch (IOException e) {
            pipeline().fireExceptionCaught(e);
        }
    }

    /** Whether the kernel holds a task of this channel's lives or of its handlers'. */
    private boolean isInUse() {
        return isBusy() || operations.isBusy();
    }

    /** Called by the lives of the channel after each final completion. */
    void checkQuiet() {
        Runnable rest = whenQuiet;
        if (rest != null && !isInUse()) {
            whenQuiet = null;
            rest.run();
        }
    }

    /** Runs {@code rest} once the kernel has let go of every task; what comes last goes first. */
    private void afterQuiet(Runnable rest) {
        Runnable before = whenQuiet;
        whenQuiet = before == null ? rest : () -> {
            rest.run();
            before.run();
        };
        checkQuiet();
    }

    /** Netty's way into the channel, and the loop's. */
    abstract class OurioUnsafe extends AbstractUnsafe implements OurioIoHandle {
        final Channel channel() {
            return AbstractOurioChannel.this;
        }

        @Override
        public void close() {
            close(voidPromise());
        }

        /** What was flushed since the channel has left its loop goes out from there after all. */
        @Override
        public void close(ChannelPromise promise) {
            if (!attached && handler != null && isActive()) {
                attached = true;
                flushAtOnce();
            }
            super.close(promise);
        }

        /**
         * A close goes on when nothing is in flight: what the kernel may still touch is not
         * released, and data that was flushed is sent.
         */
        @Override
        protected Executor prepareToClose() {
            operations.close(CLOSING);
            if (!isInUse()) {
                return null;
            }
            return rest -> {
                quiesce(false);
                afterQuiet(rest);
            };
        }

        /** Without flushing what was written since. */
        final void flushAgain() {
            flush0();
        }

        /** The same whatever else a flush waits for. */
        final void flushAtOnce() {
            super.flush0();
        }

        /**
         * Goes on when nothing is in flight, and until the next registration nothing will be. A
         * connection that is being made is made first; data that is not sent yet moves along.
         */
        @Override
        public void deregister(ChannelPromise promise) {
            if (!promise.setUncancellable()) {
                return;
            }
            if (!isClosing()) {
                attached = false;
                operations.close(LEAVING);
                pause();
            }
            // A close that comes meanwhile goes first, or nobody would be told of the end: it takes
            // two tasks of the loop, and Netty empties the pipeline of what is closed and gone.
            afterQuiet(() -> eventLoop().execute(() -> super.deregister(promise)));
        }
    }
}
