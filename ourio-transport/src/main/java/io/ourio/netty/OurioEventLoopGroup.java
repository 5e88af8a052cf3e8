// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory;
import io.ourio.RingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * Event loops that own one ring each: as {@code new MultiThreadIoEventLoopGroup(threads,
 * OurioIoHandler.newFactory())}, but that each loop is an {@link OurioEventLoop}, which takes
 * messages.
 */
public final class OurioEventLoopGroup extends MultiThreadIoEventLoopGroup {
    /** As many loops as the machine has processors: each loop keeps one busy. */
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    /** As many loops as there are processors. */
    public OurioEventLoopGroup() {
        this(0);
    }

    /** With {@code threads} loops, or as many as there are processors if that is 0. */
    public OurioEventLoopGroup(int threads) {
        this(threads, (ThreadFactory) null);
    }

    /** With threads made by {@code threadFactory}, or by Netty if that is null. */
    public OurioEventLoopGroup(int threads, ThreadFactory threadFactory) {
        this(threads, threadFactory, RingOptions.defaults());
    }

    /** With rings that are set up by {@code options}. */
    public OurioEventLoopGroup(int threads, ThreadFactory threadFactory, RingOptions options) {
        super(threadsOr(threads), threadFactory, OurioIoHandler.newFactory(options));
    }

    /** With an executor that starts the loops. */
    public OurioEventLoopGroup(int threads, Executor executor, RingOptions options) {
        super(threadsOr(threads), executor, OurioIoHandler.newFactory(options));
    }

    /** With an executor, and a chooser such as Netty's auto-scaling one. */
    public OurioEventLoopGroup(int threads, Executor executor,
            EventExecutorChooserFactory chooserFactory, RingOptions options) {
        super(threadsOr(threads), executor, chooserFactory, OurioIoHandler.newFactory(options));
    }

    private static int threadsOr(int threads) {
        return threads == 0 ? PROCESSORS : threads;
    }

    /**
     * What each loop has done so far, in the order of this group's iterator. Any thread may ask,
     * also after the shutdown; the counts are those of a moment ago.
     */
    public List<OurioLoopMetrics> metrics() {
        List<OurioLoopMetrics> metrics = new ArrayList<>();
        for (EventExecutor loop : this) {
            metrics.add(((RingEventLoop) loop).metrics());
        }
        return metrics;
    }

    /** With the next loop; a connection that was {@link HandOver handed over}, with its own. */
    @Override
    public ChannelFuture register(Channel channel) {
        EventLoop home =
                channel instanceof AbstractOurioStreamChannel child ? child.home() : null;
        return home != null && home.parent() == this
                ? home.register(channel) : super.register(channel);
    }

    /** The loops, as those that serve. */
    List<HandOver.Target> targets() {
        List<HandOver.Target> targets = new ArrayList<>();
        for (EventExecutor loop : this) {
            targets.add(new HandOver.Target((RingEventLoop) loop));
        }
        return targets;
    }

    /** The next loop, by the chooser. */
    @Override
    public OurioEventLoop next() {
        return (OurioEventLoop) super.next();
    }

    @Override
    protected IoEventLoop newChild(
            Executor executor, IoHandlerFactory ioHandlerFactory, Object... args) {
        return new RingEventLoop(this, executor, ioHandlerFactory);
    }
}
