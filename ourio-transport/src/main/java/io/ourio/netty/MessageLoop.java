// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Task;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The receiving life of a channel to which messages come whole: connections, datagrams,
 * descriptors. Its states are those of {@link ReadLoop}, with messages in place of bytes.
 *
 * <p>What arrives in a turn of the loop is parked and delivered at the end of the turn, as many
 * messages in one read as the application's handle asks for. What arrives unwanted stays parked for
 * the next {@code read()}, and the kernel is told to stop once it is too much.
 */
abstract class MessageLoop<M> implements UncheckedBooleanSupplier {
    private enum State { IDLE, ARMED, CANCELING }

    /** Messages that wait at most, also if they are wanted: a handler may be slow. */
    private static final int MAX_PARKED = 64;

    private static final Callback COMPLETED =
            (ring, task) -> task.target(MessageLoop.class).completed(task);

    private final AbstractOurioChannel channel;
    private final BuiltInTag tag;
    private final int maxUnwanted;
    private final Runnable deliverLater = this::deliverParked;
    private final ArrayDeque<M> parked = new ArrayDeque<>();

    private State state = State.IDLE;
    private Task task;
    private ExtendedHandle handle;
    private boolean wanted;
    private boolean delivering;
    private boolean deliveryScheduled;
    private boolean retryScheduled;
    private boolean ended;

    /** A loop that lets at most {@code maxUnwanted} messages come that nobody has asked for. */
    MessageLoop(AbstractOurioChannel channel, BuiltInTag tag, int maxUnwanted) {
        this.channel = channel;
        this.tag = tag;
        this.maxUnwanted = maxUnwanted;
    }

    /** Whether the channel is such that messages can come. */
    abstract boolean canStart();

    /** Hands the task to the kernel. */
    abstract void start(Task task);

    /** Parks what a completion with a result of 0 or more has brought. */
    abstract void take(Task completed);

    /** Gives the application a message. */
    void tell(ChannelPipeline pipeline, M message) {
        pipeline.fireChannelRead(message);
    }

    /** Notes in the handle that a message was read. */
    abstract void count(ExtendedHandle handle, M message);

    /** Releases a message that nobody will have. */
    abstract void drop(M message);

    /** What the pipeline is told of a failure. */
    abstract Throwable failure(int result);

    /** How long to rest after a failure before the next attempt; 0 goes on at once. */
    abstract long restMillis(int result);

    /** A completion has brought nothing. */
    void nothingCame() {}

    /** Whether a message is an event about the one behind it. */
    boolean isEvent(M message) {
        return false;
    }

    /** All that has arrived is delivered. */
    void drained() {}

    final void attach(OurioIoHandler loop) {
        assert state == State.IDLE : state;
        task = loop.ring().task(new Context(this, tag, COMPLETED));
        deliveryScheduled = false; // One of the loop before does nothing any more.
        retryScheduled = false;
    }

    final boolean isBusy() {
        return state != State.IDLE;
    }

    /** Whether the application waits for a message. */
    final boolean isWanted() {
        return wanted;
    }

    /** The application wants messages. */
    final void read() {
        if (ended) {
            return;
        }
        wanted = true;
        if (!delivering) { // Else the delivery looks at the wish when it is done.
            goOn();
        }
    }

    /** The channel can receive now, or moved to another loop: a read that waits may start. */
    final void resume() {
        if (wanted && !delivering) {
            goOn();
        }
    }

    /** The application does not want messages any more. */
    final void clearWish() {
        wanted = false;
        stopIfTooMany();
    }

    /** Tells the kernel to stop. What has arrived stays parked. */
    final void stop() {
        if (state == State.ARMED) {
            state = State.CANCELING;
            task.cancel(Context.NONE);
        }
    }

    /** Drops what nobody will take any more. */
    void discard() {
        ended = true;
        wanted = false;
        for (M message = parked.poll(); message != null; message = parked.poll()) {
            drop(message);
        }
    }

    final boolean isEnded() {
        return ended;
    }

    final void park(M message) {
        parked.add(message);
    }

    /** Whether more is there already. */
    @Override
    public final boolean get() {
        return !parked.isEmpty();
    }

    /** The handle that says how much to read at once. */
    final ExtendedHandle handle() {
        if (handle == null) {
            handle = ReadHandles.of(channel);
        }
        return handle;
    }

    /** Does what comes next: the one place that decides between delivering and receiving. */
    private void goOn() {
        if (ended || !channel.isAttached()) {
            return;
        }
        if (parked.isEmpty()) {
            drained();
        }
        if (wanted && !parked.isEmpty()) {
            scheduleDelivery();
        } else if (wanted && state == State.IDLE && !retryScheduled && canStart()) {
            state = State.ARMED;
            start(task);
        }
    }

    private void completed(Task completed) {
        if (!completed.hasMore()) {
            state = State.IDLE;
        }
        int result = completed.result();
        if (result >= 0) {
            take(completed);
        } else {
            nothingCame();
            if (!isNormal(result) && !ended) {
                failed(result);
            }
        }
        stopIfTooMany();
        if (!delivering) {
            goOn();
        }
        channel.checkQuiet();
    }

    /** Whether a result below zero ends the task alone, and nothing is wrong. */
    private static boolean isNormal(int result) {
        return switch (result) {
            // ENOBUFS: the provided buffers had run out, and what arrived is in the socket still.
            // ECONNABORTED: a connection that was reset before it was accepted.
            case -Errno.ECANCELED, -Errno.ENOBUFS, -Errno.ECONNABORTED, -Errno.EAGAIN,
                    -Errno.EINTR -> true;
            default -> false;
        };
    }

    private void failed(int result) {
        long rest = restMillis(result);
        if (rest > 0) {
            retryScheduled = true;
            channel.eventLoop().schedule(this::retry, rest, TimeUnit.MILLISECONDS);
        }
        channel.pipeline().fireExceptionCaught(failure(result));
    }

    private void retry() {
        if (channel.isHere()) {
            retryScheduled = false;
            goOn();
        }
    }

    private void stopIfTooMany() {
        if (parked.size() >= (wanted ? MAX_PARKED : maxUnwanted)) {
            stop();
        }
    }

    private void scheduleDelivery() {
        if (!deliveryScheduled) {
            deliveryScheduled = true;
            channel.eventLoop().execute(deliverLater);
        }
    }

    private void deliverParked() {
        if (!channel.isHere()) {
            return;
        }
        deliveryScheduled = false;
        if (delivering) {
            return;
        }
        if (wanted && !parked.isEmpty()) {
            deliver();
        }
        goOn();
    }

    /** One read loop: at most as many messages as the application's handle asks for. */
    private void deliver() {
        ChannelPipeline pipeline = channel.pipeline();
        ExtendedHandle handle = handle();
        handle.reset(channel.config());
        delivering = true;
        try {
            while (!parked.isEmpty()) {
                M message = parked.poll();
                if (isEvent(message)) {
                    pipeline.fireUserEventTriggered(message);
                    continue;
                }
                count(handle, message);
                wanted = false;
                tell(pipeline, message);
                if (!handle.continueReading(this)) {
                    break;
                }
            }
            handle.readComplete();
            pipeline.fireChannelReadComplete();
        } finally {
            delivering = false;
        }
    }
}
