// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Task;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The receiving life of a stream channel.
 *
 * <pre>
 *             read()                 read() with nothing parked
 *   IDLE ---------------> ARMED <------------------------------ IDLE
 *     ^                     |
 *     |  last completion    |  too much was parked, or the channel wants quiet
 *     +---------------- CANCELING
 * </pre>
 *
 * <p>Whether the application wants data ({@link #wanted}) is told apart from whether the kernel has
 * the task: data that comes unwanted is parked and delivered by the next {@code read()}, in order,
 * and no completion of a canceled receive can clear that wish. The end of the stream waits behind
 * the data, but for no wish: while nobody reads, {@link #watch} tells when the peer hangs up. With
 * io_uring it also does while a multishot receive is in flight, since the kernel may not look for
 * what has happened behind the data that it got (seen on 6.18 with resets, and described there for
 * other ends).
 */
final class ReadLoop implements UncheckedBooleanSupplier {
    private enum State { IDLE, ARMED, CANCELING }

    /** The stream goes on; every other value of {@link #end} is a result of the kernel. */
    private static final int GOES_ON = 1;

    private static final int END_OF_STREAM = 0;

    /** Parked bytes from which on the kernel is told to stop. */
    private static final int MAX_PARKED = 64 * 1024;

    private static final Callback RECEIVED = new Callback() {
        @Override
        public void onCompletion(Ring ring, Task task) {
            task.target(ReadLoop.class).received(task);
        }

        @Override
        public int prefetch(Task task, int depth) {
            return task.target(ReadLoop.class).prefetch(depth);
        }
    };

    private static final Callback HUNG_UP =
            (ring, task) -> task.target(ReadLoop.class).hungUp(task);

    private final AbstractOurioStreamChannel channel;
    private final Runnable deliverLater = this::deliverParked;
    private final Runnable lookForEnd = this::receiveAfresh;
    private final ArrayDeque<ByteBuf> parked = new ArrayDeque<>(2);

    private State state = State.IDLE;
    private Task task;

    /** Waits for the peer to hang up. Made when it is needed. */
    private Task watch;

    /** That one is in flight. */
    private boolean watching;

    /** A multishot receive in flight may not see what is behind the data. */
    private boolean endHides;

    private ExtendedHandle handle;
    private ReceiveBuffers buffers;

    /** Where a single-shot receive goes to, owned by the task in flight. */
    private ByteBuf target;

    /** How many buffers are parked, which most often is none: the queue need not be looked at. */
    private int parkedCount;

    private int parkedBytes;
    private boolean wanted;
    private boolean delivering;
    private boolean deliveryScheduled;
    private int end = GOES_ON;
    private boolean ended;

    /** The end of a shared buffer may have cut what arrived last: see {@link #isCut}. */
    private boolean half;

    /** The other half was waited for. */
    private boolean postponed;

    /** What the completion at hand brought and nobody has taken yet. */
    private int arrivedId = -1;

    private long arrivedOffset;
    private int arrivedLength;

    ReadLoop(AbstractOurioStreamChannel channel) {
        this.channel = channel;
    }

    void attach(OurioIoHandler loop) {
        assert state == State.IDLE : state;
        task = loop.ring().task(new Context(this, BuiltInTag.RECV, RECEIVED));
        watch = null;
        assert !watching;
        buffers = loop.receiveBuffers();
        endHides = buffers != null && switch (loop.ring().backend()) {
            case EPOLL, KQUEUE -> false; // Their receives try again until nothing is left.
            default -> true;
        };
        deliveryScheduled = false; // One of the loop before does nothing any more.
    }

    boolean isBusy() {
        return state != State.IDLE || watching;
    }

    /** Reads what a delivery needs first. */
    private int prefetch(int depth) {
        return depth > 1 ? channel.prefetchFarther()
                : end + (watching ? 1 : 0) + channel.prefetch()
                        + (handle == null ? 0 : Memory.touch(handle));
    }

    /** Whether a handler is being told what arrived. */
    boolean isDelivering() {
        return delivering;
    }

    /** The application wants to read. */
    void read() {
        if (ended) {
            return;
        }
        wanted = true;
        if (!delivering) { // Else the delivery looks at the wish when it is done.
            goOn();
        }
    }

    /** The channel became active, or moved to another loop: a read that waits may start. */
    void resume() {
        if (!delivering) {
            goOn();
        }
    }

    /** Whether the application waits for data. */
    boolean isWanted() {
        return wanted;
    }

    /** Data that was received in another way comes behind what is here. */
    void append(ByteBuf data) {
        park(data);
    }

    /** The application does not want to read any more. */
    void clearWish() {
        wanted = false;
        resume();
    }

    /** Tells the kernel to stop. What has arrived stays parked. */
    void stop() {
        stopReceiving();
        if (watching) {
            watch.cancel(Context.NONE);
        }
    }

    private void stopReceiving() {
        if (state == State.ARMED) {
            state = State.CANCELING;
            task.cancel(Context.NONE);
        }
    }

    /** Drops what nobody will read any more. */
    void discard() {
        ended = true;
        wanted = false;
        arrivedLength = 0;
        while (parkedCount > 0) {
            unpark().release();
        }
    }

    /** Whether there may be more: data that waits, or that a full message had no room for. */
    @Override
    public boolean get() {
        return hasData() || state == State.IDLE
                && handle.lastBytesRead() == handle.attemptedBytesRead();
    }

    /**
     * Whether there is something to tell: data if it is wanted, and the end once there is no data
     * before it. That one does not wait for a wish, so that who does not read learns of it too.
     */
    private boolean isDue() {
        return channel.isAttached() && (hasData() ? wanted : end != GOES_ON);
    }

    /** Whether data waits to be delivered. */
    boolean hasData() {
        return arrivedLength > 0 || parkedCount > 0;
    }

    /** Does what comes next: the one place that decides between delivering and receiving. */
    private void goOn() {
        if (ended) {
            return;
        }
        if (isDue()) {
            scheduleDelivery();
        } else {
            if (wanted) {
                arm();
            }
            watch();
        }
    }

    /** Whether a receive may be started: none is in flight, and the end is not known yet. */
    private boolean canReceive() {
        return state == State.IDLE && end == GOES_ON && channel.mayReceiveBytes();
    }

    /** Waits for the peer to hang up, unless the next receive sees it. */
    private void watch() {
        if (watching) {
            return;
        }
        boolean seen = state == State.IDLE
                ? hasData() || channel.config().isAutoRead() : !endHides;
        if (seen || end != GOES_ON || !channel.mayReceiveBytes()) {
            return;
        }
        if (watch == null) {
            watch = channel.ring().task(new Context(this, BuiltInTag.RECV, HUNG_UP));
        }
        channel.ring().poll(channel.descriptor(), Ring.POLLRDHUP, watch);
        watching = true;
    }

    /** What is left of the stream is all here: it is parked, and the end behind it is found. */
    private void hungUp(Task completed) {
        watching = false;
        if (completed.result() > 0 && !ended) {
            if (state == State.ARMED) {
                // Most often the end of the receive is among the same completions.
                channel.eventLoop().execute(lookForEnd);
            } else {
                arm();
            }
        }
        channel.checkQuiet();
    }

    /** A new receive looks for the end in any case. */
    private void receiveAfresh() {
        if (channel.isHere() && !ended && end == GOES_ON) {
            stopReceiving();
        }
    }

    private void arm() {
        if (!canReceive()) {
            return;
        }
        state = State.ARMED;
        if (buffers != null) {
            channel.ring().recvMultishot(channel.descriptor(), buffers.group(), task);
        } else {
            target = directTarget();
            channel.ring().recv(
                    channel.descriptor(), addressOfRoom(target), target.writableBytes(), 0, task);
        }
    }

    private static long addressOfRoom(ByteBuf buffer) {
        return Memory.address(buffer, buffer.writerIndex(), buffer.writableBytes());
    }

    private ByteBuf directTarget() {
        ByteBufAllocator allocator = channel.config().getAllocator();
        ExtendedHandle handle = handle();
        ByteBuf allocated = handle.allocate(allocator);
        if (allocated.isDirect() && allocated.nioBufferCount() == 1) {
            return allocated;
        }
        allocated.release();
        return allocator.directBuffer(Math.max(handle.guess(), 1));
    }

    /**
     * Takes by a plain call what is in the socket, unless a receive is in flight, whose data it
     * would overtake. Returns whether there was any.
     */
    private boolean receiveNow() {
        return canReceive() && receiveNow(directTarget());
    }

    private boolean receiveNow(ByteBuf room) {
        int result = channel.ring().tryRecv(
                channel.descriptor(), addressOfRoom(room), room.writableBytes());
        if (result > 0) {
            park(room.writerIndex(room.writerIndex() + result));
            return true;
        }
        room.release();
        end = goesOn(result) ? end : result;
        return false;
    }

    private void received(Task completed) {
        if (!completed.hasMore()) {
            state = State.IDLE;
        }
        int result = completed.result();
        if (ended) {
            releaseTarget();
            channel.checkQuiet();
            return;
        }
        if (result > 0) {
            arrived(completed, result);
        } else {
            releaseTarget();
            end = goesOn(result) ? end : result;
        }
        if (arrivedLength > 0) {
            half = isCut();
            postponed = false;
        }
        if (delivering) {
            parkArrived(); // The delivery goes on with it.
        } else if (!isDue() || half && state != State.IDLE) {
            parkArrived();
            goOn();
        } else {
            deliver();
        }
        channel.checkQuiet();
    }

    /**
     * Whether the end of a shared buffer has cut what arrived in two. The other half is in one of
     * the next completions, or in the socket if they have ended, and is delivered with this one:
     * applications that know the size of their messages see no more cuts than with a buffer of
     * their own.
     */
    private boolean isCut() {
        return (int) (arrivedOffset + arrivedLength) % buffers.bufferSize() == 0
                && parkedBytes + arrivedLength < Math.min(handle().guess(), MAX_PARKED)
                && !(arrivedLength == buffers.bufferSize() && buffers.canLend(arrivedLength));
    }

    private void releaseTarget() {
        if (target != null) {
            target.release();
            target = null;
        }
    }

    /** Whether a result ends the task alone, and another receive can take up the stream. */
    private static boolean goesOn(int result) {
        return switch (result) {
            // ENOBUFS: the provided buffers had run out, and what arrived is in the socket still.
            case -Errno.ENOBUFS, -Errno.EAGAIN, -Errno.EINTR, -Errno.ECANCELED -> true;
            default -> false;
        };
    }

    private void arrived(Task completed, int length) {
        if (target == null) {
            arrivedId = completed.bufferId();
            arrivedOffset = completed.bufferOffset();
            arrivedLength = length;
        } else {
            target.writerIndex(target.writerIndex() + length);
            park(target);
            target = null;
        }
    }

    private void park(ByteBuf data) {
        parked.add(data);
        parkedCount++;
        parkedBytes += data.readableBytes();
    }

    /** Takes the first one back. */
    private ByteBuf unpark() {
        ByteBuf data = parked.remove();
        parkedCount--;
        parkedBytes -= data.readableBytes();
        return data;
    }

    /** The kernel's buffer goes back after the callback, so what is left of it moves. */
    private void parkArrived() {
        if (arrivedLength > 0) {
            ByteBuf copy = channel.config().getAllocator().directBuffer(arrivedLength);
            buffers.copy(arrivedOffset, arrivedLength, copy);
            arrivedLength = 0;
            park(copy);
        }
        if (parkedBytes >= MAX_PARKED) {
            stopReceiving();
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
        if (delivering || ended) {
            return;
        }
        if (!isDue()) {
            goOn(); // A completion in between has delivered it.
        } else if (half && !postponed && state != State.IDLE) {
            // Most often the other half is among the same completions. After some rounds of
            // receiving the kernel makes way for others: then it is among those of the next turn.
            postponed = true;
            deliveryScheduled = true;
            channel.eventLoop().schedule(deliverLater, 0, TimeUnit.NANOSECONDS);
        } else {
            deliver();
        }
    }

    /** One read loop: at most as many messages as the application's handle asks for. */
    private void deliver() {
        ChannelPipeline pipeline = channel.pipeline();
        ExtendedHandle handle = handle();
        handle.reset(channel.config());
        delivering = true;
        try {
            while (hasData() || receiveNow()) {
                ByteBuf message = next(handle);
                handle.incMessagesRead(1);
                wanted = false;
                pipeline.fireChannelRead(message);
                if (!handle.continueReading(this)) {
                    break;
                }
            }
            boolean last = end != GOES_ON && !hasData() && channel.isAttached();
            if (last) {
                wanted = false;
                handle.lastBytesRead(-1);
            }
            parkArrived();
            handle.readComplete();
            pipeline.fireChannelReadComplete();
            if (last && !ended) {
                ended = true;
                channel.inputEnded(end == END_OF_STREAM ? null : Errors.io("recv", end));
            }
        } catch (Throwable failure) {
            // An allocator that has no memory left: what arrived has no place to be.
            arrivedLength = 0;
            pipeline.fireExceptionCaught(failure);
            channel.unsafe().close(channel.voidPromise());
        } finally {
            delivering = false;
        }
        goOn();
    }

    private ExtendedHandle handle() {
        if (handle == null) {
            handle = ReadHandles.of(channel);
        }
        return handle;
    }

    /** The next message: what is parked first, and never more than the handle would have read. */
    private ByteBuf next(ExtendedHandle handle) {
        int guess = handle.guess();
        boolean torn = half && canReceive();
        half = false;
        if (!torn && parkedCount == 0 && arrivedLength <= guess
                && buffers.canLend(arrivedLength)) {
            int length = arrivedLength;
            arrivedLength = 0;
            return counted(buffers.lend(arrivedId, arrivedOffset, length), guess);
        }
        if (!torn && parkedCount == 1 && arrivedLength == 0
                && parked.peek().readableBytes() <= guess) {
            return counted(unpark(), guess);
        }
        ByteBuf message = handle.allocate(channel.config().getAllocator());
        int room = message.writableBytes();
        fillFromParked(message);
        int count = Math.min(arrivedLength, message.writableBytes());
        if (count > 0) {
            buffers.copy(arrivedOffset, count, message);
            arrivedOffset += count;
            arrivedLength -= count;
        }
        if (torn && message.isWritable()) {
            receiveNow(channel.alloc().directBuffer(message.writableBytes()));
            fillFromParked(message);
        }
        return counted(message, room);
    }

    private void fillFromParked(ByteBuf message) {
        while (message.isWritable() && parkedCount > 0) {
            ByteBuf first = parked.peek();
            int count = Math.min(first.readableBytes(), message.writableBytes());
            // The NIO view is the buffer's own; Netty makes a new one to copy between buffers.
            message.writeBytes(first.internalNioBuffer(first.readerIndex(), count));
            first.skipBytes(count);
            parkedBytes -= count;
            if (!first.isReadable()) {
                unpark().release();
            }
        }
    }

    /** Tells the handle what came into the {@code room} that it offered. */
    private ByteBuf counted(ByteBuf message, int room) {
        handle.attemptedBytesRead(room);
        handle.lastBytesRead(message.readableBytes());
        return message;
    }
}
