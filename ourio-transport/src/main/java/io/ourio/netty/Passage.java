// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Task;
import java.util.concurrent.RejectedExecutionException;

/**
 * The way of one connection from the loop that accepted it to the loop that serves it. The message
 * owns the descriptor meanwhile: if it cannot be delivered, the ring closes it.
 */
final class Passage {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(Passage.class);

    private static final Callback ARRIVED =
            (ring, message) -> message.target(Passage.class).arrived(message);
    private static final Callback SENT = (ring, task) -> task.target(Passage.class).sent(task);
    private static final Runnable NOTHING = () -> { };

    private final AbstractOurioServerChannel parent;
    private final HandOver.Target target;
    private final ChannelHandlerContext acceptor;
    private final int fd;

    private Passage(AbstractOurioServerChannel parent, HandOver.Target target,
            ChannelHandlerContext acceptor, int fd) {
        this.parent = parent;
        this.target = target;
        this.acceptor = acceptor;
        this.fd = fd;
    }

    /** Has {@code target} serve the connection. Called by the listener's loop. */
    static void begin(AbstractOurioServerChannel parent, HandOver.Target target, int fd) {
        ChannelHandlerContext acceptor = acceptor(parent.pipeline());
        Passage passage = new Passage(parent, target, acceptor, fd);
        if (acceptor == null || target.loop.inEventLoop()) {
            passage.tellListener();
        } else {
            passage.travel();
        }
    }

    /** The handler that sets children up, if no other one comes before it; else null. */
    private static ChannelHandlerContext acceptor(ChannelPipeline pipeline) {
        ChannelHandlerContext first = pipeline.firstContext();
        boolean found = first != null
                && first.handler().getClass().getEnclosingClass() == ServerBootstrap.class;
        return found ? first : null; // Whoever comes behind it hears of failures alone.
    }

    /** The way without a passage: the pipeline is told, and the bootstrap registers. */
    private void tellListener() {
        AbstractOurioStreamChannel child = child();
        if (child != null) {
            parent.pipeline().fireChannelRead(child);
        }
    }

    private void travel() {
        Task message = Task.userFd(fd, new Context(this, BuiltInTag.ACCEPT, ARRIVED));
        parent.ring().msgRing(target.loop.handler().ring(), message,
                new Context(this, BuiltInTag.ACCEPT, SENT));
        if (!target.loop.handler().isRunning() || target.loop.isSuspended()) {
            start();
        }
    }

    /** A loop's thread starts with its first task, and one that rests has none. */
    private void start() {
        try {
            target.loop.execute(NOTHING);
        } catch (RejectedExecutionException _) {
            // It ends, and its ring closes the descriptor.
            LOGGER.debug("A loop that was to serve a connection has ended: {}", target.loop);
        }
    }

    /** On the listener's loop. A ring without a thread takes nothing, but the loop may start. */
    private void sent(Task task) {
        if (task.result() >= 0) {
            return;
        }
        if (parent.isActive() && !parent.isClosing()) {
            tellListener();
        } else {
            giveUp();
        }
    }

    /** On the loop that serves. */
    private void arrived(Task message) {
        if (message.result() < 0) {
            target.connections.decrementAndGet(); // The loop has ended; its ring has closed it.
            return;
        }
        if (target.loop.isShuttingDown()) {
            giveUp();
            return;
        }
        AbstractOurioStreamChannel child = child();
        if (child != null) {
            setUp(child);
        }
    }

    private void setUp(AbstractOurioStreamChannel child) {
        try {
            ((ChannelInboundHandler) acceptor.handler()).channelRead(acceptor, child);
        } catch (Throwable failure) {
            child.unsafe().closeForcibly();
            parent.pipeline().fireExceptionCaught(failure);
        }
    }

    private void giveUp() {
        target.connections.decrementAndGet();
        AcceptLoop.close(fd);
    }

    /** The channel of the connection, or null if there cannot be one. */
    private AbstractOurioStreamChannel child() {
        try {
            AbstractOurioStreamChannel child = parent.child(fd);
            child.home(target.loop);
            child.closeFuture().addListener(_ -> target.connections.decrementAndGet());
            return child;
        } catch (Throwable failure) {
            giveUp();
            LOGGER.warn("Failed to make a channel of an accepted connection", failure);
            return null;
        }
    }
}
