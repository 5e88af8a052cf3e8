// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.ourio.KernelException;
import io.ourio.Ring;
import io.ourio.RingOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One event loop's ring: a turn of the loop is one turn of the ring. Made by {@link #newFactory()},
 * used by the loop's thread; {@link #wakeup} alone is called by others.
 */
public final class OurioIoHandler implements IoHandler {
    private static final InternalLogger LOGGER =
            InternalLoggerFactory.getInstance(OurioIoHandler.class);

    /** How long a shutdown waits for writes that were accepted to leave. */
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How long it then waits for the kernel to let go of them. */
    private static final long CANCEL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long CANCEL_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** What Netty makes of a write from another thread; null if it is another class one day. */
    private static final Class<?> WRITE_TASK = writeTask();

    /** How many channels wait for the end of a turn at most; 0 flushes each at once. */
    private static final int FLUSH_BATCH = Integer.getInteger("io.ourio.flushBatch", 64);

    /** From how many channels on the ring sends for them with one system call for all. */
    private static final int SUBMIT_FROM = Integer.getInteger("io.ourio.submitFrom", 2);

    /** The one that the thread ran last: of its loop, as long as it is the loop's thread. */
    private static final FastThreadLocal<OurioIoHandler> LATEST = new FastThreadLocal<>();

    private final ThreadAwareExecutor executor;
    private final RingOptions options;
    private final ReceiveBuffers.Counters received = new ReceiveBuffers.Counters();

    /** Channels that have flushed in this turn. */
    private final ArrayDeque<AbstractOurioStreamChannel> waiting = new ArrayDeque<>();

    private final Set<Registration> registrations = new LinkedHashSet<>();

    /** What its channels have sent without a copy, and the part of it that was copied after all. */
    long zeroCopySends;

    long zeroCopySendsCopied;

    private final Ring ring;
    private final PagePipes pipes;
    private final SendSlots sendSlots;

    /** Whether it pays to have the ring send for many. */
    private final boolean submits;

    private ReceiveBuffers receiveBuffers;
    private boolean receiveBuffersRefused;
    private ReceiveBuffers datagramBuffers;
    private boolean datagramBuffersRefused;
    private volatile boolean running;
    private Thread thread;
    private boolean inTurn;

    /** The task that runs writes for another thread. */
    private boolean writing;
    private int writesInARow;
    private boolean draining;
    private Runnable end = () -> { };

    private static Class<?> writeTask() {
        try {
            return Class.forName("io.netty.channel.AbstractChannelHandlerContext$WriteTask",
                    false, Channel.class.getClassLoader());
        } catch (ClassNotFoundException _) {
            return null; // Such writes are flushed one by one.
        }
    }

    private OurioIoHandler(ThreadAwareExecutor executor, RingOptions options) {
        this.executor = executor;
        this.options = options;
        ring = Ring.open(options);
        pipes = new PagePipes(ring.capabilities().pagePipes());
        sendSlots = new SendSlots(ring);
        submits = ring.capabilities().submitsAtOnce();
    }

    /**
     * Loops with the default options; see {@link RingOptions#defaults()}.
     *
     * <p>A loop of Netty's own that is shut down without a quiet period may come to close its
     * channels only when it takes no tasks any more. Netty then warns that it "can't invoke task
     * later as EventLoop rejected it", and their handlers are not told of the close. The loops of
     * {@link OurioEventLoopGroup} close them before.
     *
     * <p>Nor should a loop of Netty's own (4.2.17) be suspended, as its auto-scaling chooser does:
     * a task that comes just then ends it. The loops of {@link OurioEventLoopGroup} run that task.
     */
    public static IoHandlerFactory newFactory() {
        return newFactory(RingOptions.defaults());
    }

    /**
     * Loops whose rings are set up by {@code options}. A loop whose ring cannot be opened fails to
     * be made, with a {@link io.ourio.BackendUnavailableException} that says why.
     */
    public static IoHandlerFactory newFactory(RingOptions options) {
        Objects.requireNonNull(options, "options");
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new OurioIoHandler(executor, options);
            }

            @Override
            public boolean isChangingThreadSupported() {
                return true;
            }
        };
    }

    /** Whether the loop's thread was ever started. Any thread may ask. */
    boolean isRunning() {
        return running;
    }

    /** What is done last, when nothing can be told to the loop any more. */
    void atEnd(Runnable action) {
        end = action;
    }

    /** The loop's ring. Only the loop's thread may use it. */
    Ring ring() {
        return ring;
    }

    /** With which this loop's stream channels send. */
    SendSlots sendSlots() {
        return sendSlots;
    }

    /** Through which this loop's channels send files. */
    PagePipes pipes() {
        return pipes;
    }

    /**
     * Where this loop's channels receive, or null if its ring has no provided buffers. With little
     * locked memory to be had the kernel may refuse them; then each receive has its own buffer.
     */
    ReceiveBuffers receiveBuffers() {
        if (receiveBuffers == null && !receiveBuffersRefused) {
            try {
                receiveBuffers = ring.capabilities().multishotRecv()
                        ? new ReceiveBuffers(
                                ring.bufferGroup(options.bufferCount(), options.bufferSize()),
                                received)
                        : null;
            } catch (KernelException e) {
                LOGGER.warn("The loop receives without provided buffers", e);
            }
            receiveBuffersRefused = receiveBuffers == null;
        }
        return receiveBuffers;
    }

    /** The same for datagrams, of which each begins a buffer and finds room in it. */
    ReceiveBuffers datagramBuffers() {
        if (datagramBuffers == null && !datagramBuffersRefused) {
            try {
                datagramBuffers = ring.capabilities().multishotRecv()
                        ? new ReceiveBuffers(ring.messageBuffers(
                                options.bufferCount(), DatagramReadLoop.BUFFER_SIZE), received)
                        : null;
            } catch (KernelException e) {
                LOGGER.warn("The loop receives datagrams without provided buffers", e);
            }
            datagramBuffersRefused = datagramBuffers == null;
        }
        return datagramBuffers;
    }

    @Override
    public void initialize() {
        LATEST.set(this); // Netty clears it at each rest.
        Thread current = Thread.currentThread();
        if (thread == current) {
            return; // A rest that did not come about, or a thread that is used again.
        }
        // After a suspension the loop goes on in another thread, and the ring with it.
        ring.adopt();
        thread = current;
        running = true;
        receiveBuffers = null;
        receiveBuffersRefused = false;
        datagramBuffers = null;
        datagramBuffersRefused = false;
    }

    @Override
    public int run(IoHandlerContext context) {
        long timeout = 0;
        if (context.canBlock()) {
            ring.announceSleep();
            // What came before the announcement rang nobody: look again.
            if (context.canBlock()) {
                timeout = context.deadlineNanos() == -1
                        ? -1 : Math.max(context.delayNanos(System.nanoTime()), 0);
            }
        }
        if (!context.shouldReportActiveIoTime()) {
            return turn(timeout);
        }
        long before = ring.timeCallbacks();
        int completions = turn(timeout);
        context.reportActiveIoTime(ring.timeCallbacks() - before);
        return completions;
    }

    private int turn(long timeout) {
        inTurn = true;
        try {
            return ring.poll(timeout);
        } finally {
            inTurn = false;
            flushWaiting();
        }
    }

    /**
     * The loop is about to run {@code task}, or none is left. What other threads write in a row is
     * flushed at its end; whatever else a task does, it finds that flushed.
     */
    void beforeTask(Runnable task) {
        boolean write = task != null && task.getClass() == WRITE_TASK;
        writing = false;
        if (!write || ++writesInARow >= FLUSH_BATCH) {
            writesInARow = 0;
            flushWaiting();
        }
        writing = write;
    }

    /** Whether the task that runs is a write for another thread. */
    boolean isWriting() {
        return writing;
    }

    /**
     * Flushes {@code channel} at the end of the turn, or of the writes for other threads, if one of
     * these is going on: answers that go out back to back wake their reader once, and not each
     * time. Returns false if not.
     */
    boolean flushAtEnd(AbstractOurioStreamChannel channel) {
        if (!inTurn && !writing || FLUSH_BATCH == 0) {
            return false;
        }
        if (waiting.size() == FLUSH_BATCH) {
            flushWaiting(); // Who comes first must not wait for a long turn.
        }
        waiting.add(channel);
        return true;
    }

    private void flushWaiting() {
        boolean together = submits && waiting.size() >= SUBMIT_FROM;
        // Polled one by one: listeners of what was sent may flush, and so come back here.
        for (var channel = waiting.poll(); channel != null; channel = waiting.poll()) {
            channel.turnEnded(together);
        }
        if (together) {
            ring.submit();
        }
    }

    @Override
    public void prepareToDestroy() {
        for (Registration registration : new ArrayList<>(registrations)) {
            try {
                registration.handle.close();
            } catch (Exception e) {
                LOGGER.warn("Failed to close {}", registration.handle, e);
            }
        }
        if (!draining) {
            draining = true;
            drain();
            cancelRest(); // Now, while the loop still takes the tasks that tell the channels of it.
        }
    }

    private void drain() {
        long end = System.nanoTime() + DRAIN_NANOS;
        while (ring.active() > 0 && System.nanoTime() - end < 0) {
            ring.poll(end - System.nanoTime());
        }
    }

    /** Again and again: a send that had got rid of a part when it was canceled goes on. */
    private void cancelRest() {
        long end = System.nanoTime() + CANCEL_NANOS;
        while (ring.active() > 0 && System.nanoTime() - end < 0) {
            ring.cancelAll();
            ring.poll(CANCEL_AGAIN_NANOS);
        }
    }

    @Override
    public void destroy() {
        prepareToDestroy(); // Netty's own loops may have left that out: see OurioEventLoopGroup.
        LATEST.remove();
        ring.close();
        pipes.close();
        end.run();
    }

    /** What the loop has done so far. Any thread may ask. */
    OurioLoopMetrics metrics() {
        return new OurioLoopMetrics(
                ring.metrics(), received.bytesCopied, received.bytesLent, received.loans,
                zeroCopySends, zeroCopySendsCopied);
    }

    int registered() {
        return registrations.size();
    }

    /** The channels that are registered, as of now. */
    Iterator<Channel> channels() {
        List<Channel> channels = new ArrayList<>();
        for (Registration registration : registrations) {
            if (registration.handle instanceof AbstractOurioChannel.OurioUnsafe unsafe) {
                channels.add(unsafe.channel());
            }
        }
        return Collections.unmodifiableList(channels).iterator();
    }

    @Override
    public IoRegistration register(IoHandle handle) {
        if (!(handle instanceof OurioIoHandle ours)) {
            throw new IllegalArgumentException(
                    "a handle of type " + handle.getClass().getName() + " is not an OurioIoHandle");
        }
        if (ring.isClosed()) {
            throw new IllegalStateException("the event loop is shut down");
        }
        Registration registration = new Registration(ours);
        registrations.add(registration);
        ours.registered();
        return registration;
    }

    @Override
    public void wakeup() {
        Thread thread = Thread.currentThread();
        if (executor.isExecutorThread(thread)) {
            return;
        }
        OurioIoHandler from = LATEST.getIfExists();
        if (from != null && from.executor.isExecutorThread(thread)) {
            ring.wakeup(from.ring);
        } else {
            ring.wakeup();
        }
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return OurioIoHandle.class.isAssignableFrom(handleType);
    }

    private final class Registration implements IoRegistration {
        private final OurioIoHandle handle;
        private final AtomicBoolean canceled = new AtomicBoolean();

        Registration(OurioIoHandle handle) {
            this.handle = handle;
        }

        /** The handler, through which a channel finds its loop's ring. */
        @Override
        @SuppressWarnings("unchecked") // Netty leaves the type to both sides.
        public <T> T attachment() {
            return (T) OurioIoHandler.this;
        }

        @Override
        public long submit(IoOps ops) {
            throw new UnsupportedOperationException("operations are tasks of the ring");
        }

        @Override
        public boolean isValid() {
            return !canceled.get();
        }

        @Override
        public boolean cancel() {
            if (!canceled.compareAndSet(false, true)) {
                return false;
            }
            if (executor.isExecutorThread(Thread.currentThread())) {
                remove();
            } else {
                executor.execute(this::remove);
            }
            return true;
        }

        private void remove() {
            registrations.remove(this);
            handle.unregistered();
        }
    }
}
