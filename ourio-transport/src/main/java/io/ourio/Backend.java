// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.backend.Backends;
import io.ourio.backend.readiness.ReadinessBackend;
import io.ourio.backend.uring.UringBackend;
import io.ourio.mock.MockBackend;
import io.ourio.sys.Libc;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * Where the tasks of one ring go. The ring's own thread makes every call but {@link #wakeup}.
 *
 * <p>Closed to users: {@link Ring} calls down through the protected methods, a backend reports back
 * through {@link #complete}.
 */
public abstract sealed class Backend
        permits UringBackend, ReadinessBackend, MockBackend {
    private Ring ring;

    /** Of the system, save on the mock; and of a test, which cannot set the machine's. */
    LongSupplier wallClock;

    /** How often the thread entered the kernel for the ring; counted by it alone. */
    protected long enters;

    /** How often it found that the kernel had more completions than the queue holds. */
    protected long overflows;

    private long completions;
    private long exhausted;

    /** Of backends that the ring had before. */
    private long strokesBefore;

    /** For the backends only. */
    protected Backend() {
        this(() -> Libc.current().wallNanos()); // Not an Instant: such turns allocate nothing.
    }

    /** The same, with another wall clock than the system's: nanoseconds since 1970. */
    protected Backend(LongSupplier wallClock) {
        this.wallClock = wallClock;
    }

    final void attach(Ring owner) {
        ring = owner;
    }

    /** Makes the ring that runs on this. */
    protected final Ring ring(RingOptions options) {
        return new Ring(this, options);
    }

    /** Whether the ring was closed, so that what its callbacks cause is its last. */
    protected final boolean isClosing() {
        return ring.isClosed();
    }

    /** A backend like this one, for a ring that goes over to another thread. */
    protected Backend another(RingOptions options) {
        return Backends.open(options);
    }

    /** The clock of timers and of the time to wait, in nanoseconds. It never jumps. */
    protected long nanoTime() {
        return System.nanoTime();
    }

    /** The clock of deadlines: nanoseconds since 1970. */
    final long wallNanos() {
        return wallClock.getAsLong();
    }

    /** An instant by that clock. */
    protected static long nanosOf(Instant instant) {
        return Timekeeper.wallNanos(instant);
    }

    /** Closes a file descriptor that a task got after it was canceled: nobody expects it. */
    protected void discard(int fd) {
        Libc.current().close(fd);
    }

    /** Whether a task's result is a file descriptor that it alone is told of. */
    protected static boolean ownsResult(Task task) {
        return task.op().ownsResult();
    }

    /** Which backend this is. */
    protected abstract BackendKind kind();

    /** Binds the backend to the calling thread, which from now on makes all calls. */
    protected abstract void start();

    /** Takes a task over. Returns false, and takes nothing, if there is no room until an enter. */
    protected abstract boolean submit(Task task);

    /**
     * Hands what was taken over to the kernel and waits for a completion, a wakeup or the end of
     * the time: at most {@code timeoutNanos}, not at all if that is 0, and for ever if negative.
     */
    protected abstract void enter(long timeoutNanos);

    /** Delivers the completions that are there. Returns how many, wakeups not counted. */
    protected abstract int reap();

    /** Says that the thread is about to sleep in {@link #enter}, so that a wakeup must ring. */
    protected abstract void announceSleep();

    /** Ends a sleep that was announced. Any thread may call it; cheap if nobody sleeps. */
    protected abstract void wakeup();

    /**
     * The same, called by the thread of the ring that {@code from} belongs to, which may be of
     * another kind. A backend may know a cheaper way from ring to ring. Returns whether somebody
     * slept, as far as the backend can tell.
     */
    protected boolean wakeup(Backend from) {
        wakeup();
        return true;
    }

    /** How many calls of {@link #wakeup} had to end a sleep. Any thread may ask. */
    protected long strokes() {
        return 0;
    }

    /**
     * A descriptor that can be polled for "the ring has something to do". From the first call on
     * the ring calls {@link #settle} whenever its thread leaves it.
     */
    protected int pollableFd() {
        throw noDescriptor();
    }

    /**
     * Submits what was taken over, and makes the descriptor readable when {@code nanos} have
     * passed (at once if 0, never if negative), with any completion, and with any wakeup.
     */
    protected void settle(long nanos) {
        throw noDescriptor();
    }

    private UnsupportedOperationException noDescriptor() {
        return new UnsupportedOperationException(
                "the backend " + kind().id() + " has no descriptor to poll");
    }

    /** Asks the kernel to cancel all that is in flight. */
    protected abstract void cancelAll();

    /** Sends at once what the socket takes: the count of bytes, or {@code -errno}. */
    protected abstract int trySend(int fd, long address, int length, int flags);

    /** The same for a {@code msghdr}. */
    protected abstract int trySendmsg(int fd, long header, int flags);

    /** Moves at once what the socket takes out of a pipe: the count of bytes, or {@code -errno}. */
    protected abstract int trySplice(int pipe, int fd, int length, int flags);

    /** Receives at once what is there: the count of bytes, or {@code -errno}. */
    protected abstract int tryRecv(int fd, long address, int length);

    /** Makes receive buffers that the kernel picks from, or fails if it has no such thing. */
    protected abstract BufferGroup bufferGroup(int count, int size);

    /** The same, where no two messages may share a buffer. */
    protected BufferGroup messageBuffers(int count, int size) {
        return bufferGroup(count, size);
    }

    /** What the kernel can do that a caller must know of. */
    protected abstract Capabilities capabilities();

    /** Releases everything. {@code clean} says that nothing is in flight any more. */
    protected abstract void close(boolean clean);

    /**
     * Has what the completion of {@code task} will read fetched; it need not come. To be called
     * for several tasks in a row, with a depth of 0 for each, then 1, up to {@link
     * Callback#PREFETCH_DEPTH}, since only what does not depend on another read overlaps with it.
     */
    protected final void prefetch(Task task, int depth) {
        ring.tasks.prefetch(task, depth);
    }

    /** Delivers one completion of a task. {@code more} says that others of it will follow. */
    protected final void complete(Task task, int result, boolean more) {
        completions++;
        exhausted += result == -Errno.ENOBUFS ? 1 : 0;
        ring.tasks.complete(task, result, more);
    }

    /** Counts on from where the backend before has ended. */
    final void countOn(Backend before) {
        enters = before.enters;
        overflows = before.overflows;
        completions = before.completions;
        exhausted = before.exhausted;
        strokesBefore = before.strokesBefore + before.strokes();
    }

    final RingMetrics metrics(long submissions, long sent, long saved, int active) {
        return new RingMetrics(enters, submissions, completions, overflows, exhausted,
                strokesBefore + strokes(), sent, saved, active);
    }

    /** Keeps the result of a call that was made at once, until the task is completed with it. */
    protected final void keep(Task task, int result) {
        task.result(result, false);
    }

    /** Says whether the data of a zero-copy send was copied, before its last completion. */
    protected final void copied(Task task, boolean copied) {
        task.copied = copied;
    }

    /** Notes that somebody asked for the end of a task. */
    protected final void canceled(Task task) {
        task.canceled = true;
    }

    /** Says which provided buffer the next completion of {@code task} filled, and from where. */
    protected final void buffer(Task task, int id, long offset) {
        task.buffer(id, offset);
    }

    /** What this backend knows a task by. */
    protected final long token(Task task) {
        return task.token;
    }

    /** Notes what this backend knows a task by. */
    protected final void token(Task task, long token) {
        task.token = token;
    }
}
