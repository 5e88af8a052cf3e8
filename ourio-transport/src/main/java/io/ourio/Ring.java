// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.backend.Backends;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The submission and completion side of one thread's I/O.
 *
 * <pre>{@code
 * try (Ring ring = Ring.open(RingOptions.defaults())) {
 *     ring.timer(Duration.ofSeconds(1), new Context(null, 0, (r, task) -> done()));
 *     ring.run(RunMode.UNTIL_DONE);
 * }
 * }</pre>
 *
 * <p>A ring belongs to one platform thread: the one that first uses it, or calls {@link #bind()}.
 * All other threads get {@link WrongThreadException} from every method but {@link #wakeup()} and
 * {@link #post(Task)}.
 */
public final class Ring extends SocketOperations implements AutoCloseable {
    /** A file offset: wherever the file descriptor is now. */
    public static final long CURRENT_POSITION = -1;

    /** A file offset: the first byte. */
    public static final long BEGINNING = 0;

    private static final long FOREVER = Timekeeper.FOREVER;
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long CANCEL_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private enum Life { OPEN, CLOSING, CLOSED }

    private final RingOptions options;

    /** Replaced only by {@link #adopt()}; other threads read it to wake the ring. */
    volatile Backend backend;

    private final Timekeeper times = new Timekeeper();
    final RingTasks tasks = new RingTasks(this, times);
    final RingMessages messages = new RingMessages(this);

    /** Automatic: pieces of a task that the kernel never let go of must outlive the ring. */
    private final Arena arena = Arena.ofAuto();

    private final ArrayDeque<Iovecs> freeIovecs = new ArrayDeque<>();

    private volatile Thread owner;
    private Life life = Life.OPEN;
    private boolean running;

    /** Somebody called {@link #wakeup()} before the last turn. */
    private boolean woken;

    /** Somebody may wait for {@link #pollableFd()} instead of giving the ring turns. */
    boolean polled;

    /** That descriptor was made readable since the last turn. */
    private boolean announced;

    private boolean timed;
    private long callbackNanos;

    Ring(Backend backend, RingOptions options) {
        this.backend = backend;
        this.options = options;
        backend.attach(this);
    }

    /**
     * Opens a ring on the backend that the options ask for.
     *
     * @throws BackendUnavailableException if it cannot run here, and what to do about it
     */
    public static Ring open(RingOptions options) {
        return new Ring(Backends.open(options), options);
    }

    /**
     * Opens a ring with the options of this one, but for {@code entries}. It shares this ring's
     * kernel workers where the kernel has it so, and is otherwise a ring of its own: any thread
     * may become its thread, and it may outlive this one.
     *
     * @param entries how many tasks fit into one submission, see {@link RingOptions#entries()}
     * @throws IllegalArgumentException naming {@code entries} and its range
     * @throws BackendUnavailableException if it cannot be opened, and what to do about it
     */
    public Ring openChild(int entries) {
        checkOpen();
        RingOptions wanted = options.ofChild(backend.kind(), entries);
        return new Ring(Backends.openChild(wanted, backend), wanted);
    }

    /**
     * Starts a thread with an idle {@linkplain #openChild child ring}, which waits for messages
     * until it is killed. See {@link RingThread}.
     *
     * @throws IllegalArgumentException naming {@code entries} and its range
     * @throws BackendUnavailableException if the ring cannot be opened, and what to do about it
     */
    public RingThread spawnThread(int entries) {
        return RingThread.start(openChild(entries));
    }

    /**
     * Makes the calling thread the ring's. The first use of the ring does the same.
     *
     * @throws WrongThreadException if the ring has another thread already
     * @throws RingClosedException if the ring is closed
     */
    public void bind() {
        checkOpen();
    }

    /**
     * Makes the calling thread the ring's in place of the one it had, which must not use it any
     * more. Buffer groups of the ring and its {@link #pollableFd()} end with this; new ones must
     * be made.
     *
     * @throws IllegalStateException if tasks are queued or in flight, since the kernel has bound
     *     them to their thread
     * @throws BackendUnavailableException if the kernel refuses a new ring for the thread
     * @throws RingClosedException if the ring is closed
     * @throws WrongThreadException from a virtual thread
     */
    public synchronized void adopt() {
        if (owner == null || owner == Thread.currentThread()) {
            checkThread();
            return;
        }
        checkCanOwn(Thread.currentThread());
        if (active() > 0) {
            throw new IllegalStateException(active() + " tasks of the ring have not completed");
        }
        Backend old = backend;
        Backend fresh = old.another(options);
        fresh.attach(this);
        try {
            fresh.start();
        } catch (RuntimeException e) {
            fresh.close(true);
            throw e;
        }
        owner = Thread.currentThread();
        fresh.countOn(old);
        backend = fresh;
        polled = false;
        old.close(true);
    }

    /** Which backend the ring runs on. */
    public BackendKind backend() {
        return backend.kind();
    }

    /** How the ring was set up. */
    public RingOptions options() {
        return options;
    }

    @Override
    public Capabilities capabilities() {
        return backend.capabilities();
    }

    @Override
    public Task task(Context context) {
        return new Task(this, context);
    }

    /**
     * Receive buffers for {@link #recvMultishot}. They live as long as the ring, and longer if some
     * are lent out.
     *
     * @param count how many, a power of two up to 32768
     * @param size the size of one in bytes, 1024 to 16 MiB
     * @throws IllegalArgumentException naming the value and its range
     * @throws UnsupportedOperationException where the kernel cannot ({@link #capabilities()})
     */
    public BufferGroup bufferGroup(int count, int size) {
        checkBuffers(count, size);
        return adopted(backend.bufferGroup(count, size));
    }

    /**
     * Receive buffers for {@link #recvmsgMultishot}, each for one message; else as {@link
     * #bufferGroup}.
     */
    public BufferGroup messageBuffers(int count, int size) {
        checkBuffers(count, size);
        BufferGroup group = adopted(backend.messageBuffers(count, size));
        group.oneMessageEach = true;
        return group;
    }

    private void checkBuffers(int count, int size) {
        checkOpen();
        if (!capabilities().multishotRecv()) {
            throw new UnsupportedOperationException("this ring has no multishot receive");
        }
        RingOptions.checkBuffers(count, size);
    }

    private BufferGroup adopted(BufferGroup group) {
        group.backend = backend;
        return group;
    }

    @Override
    boolean has(BufferGroup group) {
        return group.backend == backend;
    }

    /** An empty list of pieces for a gathered write. */
    public Iovecs iovecs() {
        checkOpen();
        Iovecs free = freeIovecs.poll();
        return free != null ? free.empty() : new Iovecs(this, arena);
    }

    void release(Iovecs iovecs) {
        freeIovecs.push(iovecs);
    }

    /**
     * Sends at once what the socket takes, without a task: what the kernel has after this call, it
     * has even if this thread is busy for a while before its ring's next turn. Must not be called
     * while a send of the same socket is in flight, which it would overtake.
     *
     * @param address memory taken on trust, which the kernel does not touch after the call
     * @param length in bytes
     * @return the count of bytes, or {@code -errno}; {@code -}{@link Errno#EAGAIN} if the socket
     *     takes nothing now, in which case {@link #send} waits until it does
     */
    public int trySend(int fd, long address, int length) {
        checkOpen();
        return backend.trySend(fd, address, length, Linux.MSG_NOSIGNAL);
    }

    /** The same for all pieces of {@code data}. */
    public int trySendmsg(int fd, Iovecs data) {
        checkOpen();
        return backend.trySendmsg(fd, data.header(), Linux.MSG_NOSIGNAL);
    }

    /**
     * Moves at once what the socket takes out of a pipe, without a copy and without a task. Must
     * not be called while a send of the same socket is in flight, which it would overtake. Source:
     * {@code splice(2)}; a signal that the socket's end would raise is one that the JVM ignores.
     *
     * @param pipe where the bytes are, as {@link PagePipe#exit()}
     * @param fd a socket in non-blocking mode; another one may make this thread wait
     * @param length the most to move, in bytes, more than 0
     * @param more whether more is about to follow, so that TCP fills its last packet with it
     * @return the count of bytes, or {@code -errno}; {@code -}{@link Errno#EAGAIN} if the pipe is
     *     empty or the socket takes nothing now, in which case a {@link #poll(int, int, Context)}
     *     for {@link #POLLOUT} waits until it does
     * @throws IllegalArgumentException naming a {@code length} that is not above 0
     */
    public int trySplice(int pipe, int fd, int length, boolean more) {
        checkOpen();
        if (length <= 0) {
            throw new IllegalArgumentException("length " + length + " is not above 0");
        }
        return backend.trySplice(checkFd(pipe), checkFd(fd), length,
                more ? Linux.SPLICE_F_NONBLOCK | Linux.SPLICE_F_MORE : Linux.SPLICE_F_NONBLOCK);
    }

    /**
     * Receives at once what is there, without a task. Must not be called while a receive of the
     * same socket is in flight, which it would overtake.
     *
     * @param address memory taken on trust, which the kernel does not touch after the call
     * @param length in bytes
     * @return the count of bytes, 0 at the end of the stream, or {@code -errno}; {@code -}{@link
     *     Errno#EAGAIN} if nothing is there, in which case {@link #recv} waits for it
     */
    public int tryRecv(int fd, long address, int length) {
        checkOpen();
        return backend.tryRecv(fd, address, length);
    }

    /**
     * Puts a message before another ring, whose thread then calls the message's callback. This
     * ring's {@code context} hears how it went: 0 when the message is there, or {@code
     * -}{@link Errno#EOWNERDEAD} if the target is closing or closed, or its thread has ended;
     * then the message's callback is not called and the sender has it back. The messages of one
     * sender arrive in their order. A target may be this ring itself.
     *
     * <p>A message that is there is delivered exactly once: with 0, or with {@code
     * -}{@link Errno#ECANCELED} if the target is closed before its turn. If the target's thread
     * ends without closing its ring, that is told by whichever thread closes it. The queue has no
     * bound; who sends faster than the target works should wait for its answers.
     *
     * @param message made by {@link Task#userFd(int, Context)}, {@link Task#userMsg(long,
     *     Context)}, {@link Task#userPtr(Object, Context)} or {@link Task#userBytes(byte[],
     *     Context)}
     * @throws IllegalArgumentException if {@code message} is no message
     * @throws IllegalStateException if it was sent and is not delivered yet
     */
    public Task msgRing(Ring target, Task message, Context context) {
        return msgRing(target, message, task(context));
    }

    /** The same with a task that is started again. */
    public Task msgRing(Ring target, Task message, Task task) {
        checkOpen();
        Objects.requireNonNull(target, "target");
        tasks.checkStartable(task);
        changed();
        message.claim();
        task.prepare(Op.MSG_RING, NO_FD, 0, 0, 0, 0, null);
        tasks.begin(task);
        int result = target.messages.put(message, this) ? 0 : -Errno.EOWNERDEAD;
        tasks.completeLater(task, Task.State.QUEUED, result);
        return task;
    }

    /**
     * Puts a message before this ring, from any thread, also one without a ring. What {@link
     * #msgRing} says of the message holds here too, but for who hears of a failure: the caller.
     *
     * @param message see {@link #msgRing}
     * @throws RingClosedException if this ring is closing or closed, or its thread has ended; the
     *     message's callback is not called then and the caller has it back
     * @throws IllegalArgumentException if {@code message} is no message
     * @throws IllegalStateException if it was sent and is not delivered yet
     */
    public void post(Task message) {
        message.claim();
        if (!messages.put(message, null)) {
            throw new RingClosedException();
        }
    }

    /** Whether messages wait to be delivered. Any thread may ask. */
    public boolean hasMessages() {
        return !messages.isEmpty();
    }

    /**
     * A descriptor by which another ring, or anything else that polls, can wait for this one, also
     * on the same thread: it is readable when a {@link #poll poll(0)} would do something. That
     * covers completions, timers, deadlines, messages, wakeups and tasks that were started
     * meanwhile. It stays readable until that turn, so poll it once for each wait ({@link
     * #poll(int, int, Context)}) and again after the turn; now and then a turn finds nothing.
     *
     * <p>It belongs to the ring. Whoever polls it must end that before the ring is closed.
     *
     * @throws UnsupportedOperationException on kqueue and on the mock, which have none
     */
    public int pollableFd() {
        checkOpen();
        int fd = backend.pollableFd();
        polled = true;
        if (!running) {
            settle();
        }
        return fd;
    }

    /** The thread leaves the ring: from here on the descriptor says when it is to come back. */
    private void settle() {
        announced = false;
        boolean idle = tasks.submit() && !tasks.hasCompleted() && messages.isQuiet();
        backend.settle(idle ? times.untilNext(FOREVER, backend) : 0);
    }

    /**
     * There is something new to do; whoever polls the descriptor is to hear of it. Before a task is
     * started: if the kernel refuses, who started it may do with its memory what he likes.
     */
    private void changed() {
        if (polled && !running && !announced) {
            backend.settle(0);
            announced = true;
        }
    }

    /** How many tasks have not completed for the last time. */
    public int active() {
        return tasks.active();
    }

    /**
     * Submits what is queued, waits, and calls the callbacks of what completed. A {@link
     * #wakeup()} ends {@link RunMode#ONCE} and no other mode. A message is something to do when it
     * is there; only {@link RunMode#FOREVER} waits for one that may come.
     *
     * @throws IllegalStateException from inside a callback
     * @throws KernelException if the kernel refuses the ring itself
     */
    public void run(RunMode mode) {
        checkOpen();
        checkNotRunning();
        switch (mode) {
            case ONCE -> runOnce();
            case UNTIL_DONE -> {
                while ((active() > 0 || !messages.isEmpty()) && life == Life.OPEN) {
                    poll(FOREVER);
                }
            }
            case FOREVER -> {
                while (life == Life.OPEN) {
                    poll(FOREVER);
                }
            }
        }
    }

    /** A turn may also end to look at the clock, or for a signal. */
    private void runOnce() {
        long before = tasks.told();
        do {
            poll(active() > 0 ? FOREVER : 0);
        } while (tasks.told() == before && active() > 0 && !woken && life == Life.OPEN);
    }

    /**
     * One turn: submits what is queued, waits until something completes or {@link #wakeup()} is
     * called, at most for a time, and calls the callbacks. It may end sooner, with nothing done.
     *
     * @param timeoutNanos the most to wait in nanoseconds; 0 does not wait, a negative one has no
     *     limit
     * @return how many completions were delivered; timers, messages and wakeups do not count
     * @throws IllegalStateException from inside a callback
     * @throws KernelException if the kernel refuses the ring itself
     */
    public int poll(long timeoutNanos) {
        checkOpen();
        try {
            return turn(timeoutNanos);
        } finally {
            if (life == Life.CLOSING) {
                finishClose(); // A callback asked for it.
            }
        }
    }

    private int turn(long timeoutNanos) {
        checkNotRunning();
        running = true;
        try {
            tasks.expire();
            boolean all = tasks.submit();
            boolean idle = all && !tasks.hasCompleted() && messages.isQuiet();
            backend.enter(idle ? times.untilNext(timeoutNanos, backend) : 0);
            woken = messages.takeCall();
            int delivered = timed ? reapTimed() : reap();
            if (polled) {
                settle();
            }
            return delivered;
        } finally {
            running = false;
        }
    }

    /**
     * Hands what is queued to the kernel without waiting, and without calling back. A turn does so
     * anyway; this is for who has other work to do before it.
     *
     * @throws KernelException if the kernel refuses the ring itself
     */
    public void submit() {
        checkOpen();
        boolean all;
        do {
            all = tasks.submit();
            backend.enter(0);
        } while (!all);
        if (polled && !running) {
            settle();
        }
    }

    private int reap() {
        int delivered = backend.reap();
        tasks.expire();
        tasks.deliverCompleted();
        messages.tell();
        return delivered;
    }

    private int reapTimed() {
        long start = System.nanoTime();
        int delivered = reap();
        callbackNanos += System.nanoTime() - start;
        return delivered;
    }

    /**
     * The nanoseconds spent in callbacks, counted from the first call of this method on: before it
     * nobody wants to know and the clock is not read.
     */
    public long timeCallbacks() {
        timed = true;
        return callbackNanos;
    }

    private void checkNotRunning() {
        if (running) {
            throw new IllegalStateException("a callback must not run its ring");
        }
    }

    @Override
    Task enqueue(Task task, Op op, int fd, int flags, long address, int length, long offset,
            Object resource) {
        checkOpen();
        tasks.checkStartable(task);
        changed();
        if (resource instanceof Iovecs pieces) {
            pieces.begin();
        }
        task.prepare(op, fd, flags, address, length, offset, resource);
        tasks.start(task);
        return task;
    }

    Task cancel(Task target, Context context) {
        checkNotClosed();
        Task request = task(context);
        request.prepare(Op.CANCEL, NO_FD, 0, 0, 0, target.token, null);
        tasks.cancel(target, request);
        changed();
        return request;
    }

    void deadline(Task task, Instant instant) {
        checkThread();
        if (task.state() != Task.State.QUEUED && task.state() != Task.State.IN_FLIGHT) {
            throw new IllegalStateException(task + " is not waiting for anything");
        }
        if (instant == null) {
            times.dropDeadline(task);
        } else {
            times.setDeadline(task, instant);
            changed();
        }
    }

    /** Asks for the end of every task. Each still completes exactly once. */
    public void cancelAll() {
        checkNotClosed();
        tasks.cancelAll();
        changed();
    }

    /**
     * Says that this thread is about to {@link #poll} with a wait: from now on a {@link #wakeup()}
     * ends that wait; one that came before does not, and what it was about must be looked for after
     * this call. Without it poll does the same by itself; a caller with a queue of its own calls it
     * before it looks there.
     */
    public void announceSleep() {
        checkOpen(); // Later the number of the doorbell's descriptor is somebody else's.
        messages.takeCall();
        backend.announceSleep();
    }

    /**
     * Ends the wait of {@link #poll}, or makes the next one end at once. Any thread
     * may call it, also after the close. A ring that is awake costs the caller no system call.
     */
    public void wakeup() {
        messages.call(null);
    }

    /**
     * The same, called by the thread of another ring: on io_uring that ring then sends a {@code
     * MSG_RING}, at once. It counts the call in its {@link #metrics()}.
     *
     * @param from the ring of the calling thread; if it is closed, this is as {@link #wakeup()}
     * @throws WrongThreadException if it belongs to another thread
     */
    public void wakeup(Ring from) {
        if (from.life == Life.OPEN) {
            from.checkThread();
            messages.call(from);
        } else {
            messages.call(null);
        }
    }

    /**
     * What the ring has done so far. Any thread may ask, also after the close; others than the
     * ring's see the counts of a moment ago.
     */
    public RingMetrics metrics() {
        VarHandle.acquireFence(); // Who asks again and again must not see the same for ever.
        return backend.metrics(
                tasks.submissions(), messages.wakeupsSent(), messages.wakeupsSaved(), active());
    }

    /** Whether {@link #close()} was called. */
    public boolean isClosed() {
        return life != Life.OPEN;
    }

    /**
     * Cancels all tasks, calls their callbacks, and releases the ring. Called from a callback, it
     * does so at the end of that turn. Called again, it does nothing.
     *
     * <p>If the kernel does not let go of a task within five seconds (a file system that hangs),
     * the ring's memory is never freed and that callback never called: that is told to {@code
     * System.Logger} {@code io.ourio}.
     *
     * <p>A ring whose thread has ended may be closed by any thread. Nobody is left then to call the
     * callbacks of the tasks that were in flight, and their memory is kept. Messages that wait are
     * told on the thread that closes.
     *
     * @throws WrongThreadException from another thread than the ring's, while that one lives
     */
    @Override
    public void close() {
        if (life != Life.OPEN) {
            return;
        }
        if (closedUnowned()) {
            return;
        }
        checkThread();
        life = Life.CLOSING;
        messages.close();
        if (!running) {
            finishClose();
        }
    }

    /**
     * Closes a ring that nobody has used, or whose thread is gone, so that the kernel has canceled
     * its tasks. Synchronized with the first use by another thread.
     */
    private boolean closedUnowned() {
        synchronized (this) {
            if (owner != null && owner.isAlive()) {
                return false;
            }
            if (life != Life.OPEN) {
                return true;
            }
            life = Life.CLOSED;
        }
        messages.close();
        messages.tell();
        backend.close(active() == 0);
        return true;
    }

    private void finishClose() {
        try {
            messages.tell();
            cancelAll();
            long end = backend.nanoTime() + CLOSE_NANOS;
            while (active() > 0 && backend.nanoTime() - end < 0) {
                if (turn(CANCEL_AGAIN_NANOS) == 0) {
                    cancelAll(); // The kernel has missed one, or had no room to be asked.
                }
            }
        } finally {
            life = Life.CLOSED;
            closeBackend();
        }
    }

    private void closeBackend() {
        if (active() > 0) {
            System.getLogger("io.ourio").log(System.Logger.Level.ERROR, "the kernel still holds "
                    + active() + " tasks of a ring that was closed; their memory is not freed");
        }
        backend.close(active() == 0);
    }

    /** Whether its last tasks are being ended. */
    boolean isClosing() {
        return life == Life.CLOSING;
    }

    /** Whether the ring's thread has ended, so that nobody takes messages. Any thread may ask. */
    boolean isAbandoned() {
        Thread reader = owner;
        return reader != null && !reader.isAlive();
    }

    @Override
    void checkOpen() {
        checkThread();
        if (life != Life.OPEN) {
            throw new RingClosedException();
        }
    }

    /** For what callbacks may do while the ring is closing; then its memory is gone. */
    private void checkNotClosed() {
        checkThread();
        if (life == Life.CLOSED) {
            throw new RingClosedException();
        }
    }

    void checkThread() {
        Thread current = Thread.currentThread();
        if (current != owner) {
            bindOrRefuse(current);
        }
    }

    private synchronized void bindOrRefuse(Thread current) {
        if (owner != null) {
            throw new WrongThreadException("the ring belongs to thread " + owner.getName()
                    + ", not to " + current.getName());
        }
        checkCanOwn(current);
        backend.start();
        owner = current;
    }

    private void checkCanOwn(Thread thread) {
        if (life != Life.OPEN) {
            throw new RingClosedException();
        }
        if (thread.isVirtual()) {
            throw new WrongThreadException("a ring needs a platform thread, and "
                    + thread.getName() + " is a virtual one");
        }
    }
}
