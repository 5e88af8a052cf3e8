// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import io.ourio.Ring;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A loop that takes messages, and always closes its channels before it ends. */
final class RingEventLoop extends SingleThreadIoEventLoop implements OurioEventLoop {
    private final LoopMailbox mailbox = new LoopMailbox();

    /** Whether the turn that is over was the last one before a rest. */
    private boolean resting;

    RingEventLoop(IoEventLoopGroup parent, Executor executor, IoHandlerFactory factory) {
        super(parent, executor, factory);
        mailbox.moveTo(this);
        handler().atEnd(mailbox::close);
    }

    OurioIoHandler handler() {
        return (OurioIoHandler) ioHandler();
    }

    /** Asked once at the end of each turn; the loop leaves its turns if it answers yes. */
    @Override
    protected boolean canSuspend() {
        resting = super.canSuspend();
        return resting;
    }

    /**
     * A connection that has just been handed over is no task, and no channel yet. What is in
     * flight ends in the thread that began it, if it is only the cancelation of what has ended.
     *
     * <p>Netty (4.2.17) asks again after the last turn, and takes a no, because a task has come in
     * between, for the end of a shutdown that nobody began: the loop would close its channels and
     * refuse all work. So what was answered in the turn stands. Netty then gives up the thread and
     * asks for a third time, and after a no to that it goes on.
     */
    @Override
    protected boolean canSuspend(int state) {
        if (resting) {
            resting = false;
            return true;
        }
        Ring ring = handler().ring();
        return super.canSuspend(state) && !ring.hasMessages() && ring.active() == 0;
    }

    /** For the loop's thread, and a moment old for others. */
    @Override
    public int registeredChannels() {
        return handler().registered();
    }

    /** A view of the moment, for the loop's thread. It removes nothing. */
    @Override
    public Iterator<Channel> registeredChannelsIterator() {
        return handler().channels();
    }

    /**
     * A turn asks early whether a shutdown has begun, to prepare for it, and asks here whether it
     * is over. One that begins in between, without a quiet period, would be over unprepared.
     */
    @Override
    protected boolean confirmShutdown() {
        if (isShuttingDown()) {
            ioHandler().prepareToDestroy();
        }
        return super.confirmShutdown();
    }

    /** The way of each task to its execution, save those of a shutdown. */
    @Override
    protected Runnable pollTask() {
        Runnable task = super.pollTask();
        handler().beforeTask(task);
        return task;
    }

    /** Also if the time for tasks is over and some are left. */
    @Override
    protected void afterRunningAllTasks() {
        handler().beforeTask(null);
        super.afterRunningAllTasks();
    }

    /** A ring is its first user's, so that a loop that has not started could lose its own. */
    @Override
    public Ring ring() {
        if (!inEventLoop()) {
            throw new WrongThreadException("the ring belongs to the event loop's thread, not to "
                    + Thread.currentThread().getName());
        }
        return handler().ring();
    }

    @Override
    public OurioLoopMetrics metrics() {
        return handler().metrics();
    }

    @Override
    public Future<Void> send(int tag, Object payload) {
        return mailbox.send(OurioEvent.message(tag, payload));
    }

    @Override
    public Future<Void> send(Enum<?> tag, Object payload) {
        return mailbox.send(OurioEvent.message(tag, payload));
    }

    @Override
    public Consumer<? super OurioEvent> receive(
            int tag, Consumer<? super OurioEvent> receiver) {
        return mailbox.receive(OurioEvent.checkTag(tag), receiver);
    }

    @Override
    public Consumer<? super OurioEvent> receive(
            Enum<?> tag, Consumer<? super OurioEvent> receiver) {
        return mailbox.receive(Objects.requireNonNull(tag, "tag"), receiver);
    }

    @Override
    public OurioEventLoop mailboxLimit(int messages) {
        mailbox.limit(messages);
        return this;
    }
}
