// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.Backend;
import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Capabilities;
import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.Op;
import io.ourio.PagePipe;
import io.ourio.RingOptions;
import io.ourio.Task;
import io.ourio.backend.PlainCalls;
import io.ourio.backend.TaskTable;
import io.ourio.sys.Cqe;
import io.ourio.sys.EnterArg;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.Sqe;
import io.ourio.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A ring on Linux's io_uring: one enter for a turn, which submits, waits and takes completions. */
public final class UringBackend extends Backend {
    /** Tokens of our own, below zero where no task's is. */
    private static final long DOORBELL_TOKEN = -1;

    private static final long IGNORED_TOKEN = -2;
    private static final long TIMER_TOKEN = -3;

    /** Of messages that ring another ring's doorbell. They complete only if that failed. */
    private static final long MESSAGE_TOKEN = -4;

    /**
     * Numbers of the kernel's own, from here on, that no program was meant to see: a call that must
     * be made again after a signal. A worker of the ring hands them out when it is interrupted.
     */
    private static final int ERESTARTSYS = 512;

    /**
     * Rings whose memory the kernel may use: those in use, also if the program has lost them, and
     * those that were closed without the kernel letting go of a task.
     */
    private static final Set<UringBackend> HELD = ConcurrentHashMap.newKeySet();

    /** For small structs, until the close. Automatic, since a leaked ring must keep them. */
    private final Arena arena = Arena.ofAuto();

    private final Libc libc = new Libc(arena);
    private final RingSetup setup;
    private final int fd;
    private final Mapping mapping;
    private final SubmissionQueue sq;
    private final CompletionQueue cq;
    private final UringDoorbell doorbell;
    private final EnterArg enterArg = new EnterArg(arena);
    private final TaskTable tasks = new TaskTable();
    private final List<BufferRing> bufferRings = new ArrayList<>();
    private final boolean incrementalBuffers;
    private final Capabilities capabilities;
    private final EnumSet<Op> plainOps;
    private final PlainCalls plainCalls;

    /** Other rings' doorbells are rung by messages of this one, until one has failed. */
    private boolean messages;

    /** Null until somebody polls the ring. */
    private Beacon beacon;

    private boolean timerArmed;
    private Thread owner;
    private int enterFd;
    private int enterFlags;
    private boolean doorbellArmed;
    private boolean closing;

    /**
     * Sets a ring up, to be {@linkplain #start started} by the thread that will use it.
     *
     * @param parent the ring whose kernel workers it shares, or null
     */
    public UringBackend(RingOptions options, UringBackend parent) {
        setup = new RingSetup(libc, arena, options.entries(), options.completions(),
                Feature.wanted(System.getProperty("io.ourio.uring.disable", "")),
                parent == null ? -1 : parent.fd);
        fd = setup.fd();
        EnumSet<Feature> features = setup.features();
        messages = features.contains(Feature.MESSAGE_RING);
        incrementalBuffers = features.contains(Feature.INCREMENTAL_BUFFERS);
        capabilities = new Capabilities(
                features.contains(Feature.MULTISHOT_ACCEPT),
                features.contains(Feature.MULTISHOT_RECV),
                features.contains(Feature.ZERO_COPY_SEND),
                features.contains(Feature.ZERO_COPY_SENDMSG),
                PagePipe.isSupported(), true);
        plainCalls = new PlainCalls(libc, arena);
        plainOps = PlainOps.without(features);
        boolean array = !features.contains(Feature.NO_SQARRAY);
        Mapping mapped = null;
        try {
            mapped = Mapping.of(libc, fd, setup.params(), array);
            // Without DEFER_TASKRUN a message may end up with a worker, and fail there unseen.
            doorbell = new UringDoorbell(libc,
                    messages && features.contains(Feature.DEFER_TASKRUN) ? fd : -1,
                    features.contains(Feature.SYNC_MESSAGE)
                            ? setup.syncMessage(arena, IGNORED_TOKEN) : null);
        } catch (KernelException e) {
            if (mapped != null) {
                mapped.unmap(libc);
            }
            libc.close(fd);
            throw e;
        }
        mapping = mapped;
        sq = new SubmissionQueue(mapping.rings(), mapping.sqes(), setup.params(), array);
        cq = new CompletionQueue(mapping.rings(), setup.params());
        enterFd = fd;
        enterFlags = Uring.ENTER_GETEVENTS
                | (features.contains(Feature.NO_IOWAIT) ? Uring.ENTER_NO_IOWAIT : 0);
    }

    /** The steps of the set-up, and the features that came of it, for the report. */
    public List<String> report() {
        List<String> lines = new ArrayList<>(setup.steps());
        lines.add("features: " + setup.features().stream().map(Feature::id).toList());
        EnumSet<Feature> missing = EnumSet.complementOf(setup.features());
        lines.add("not used: " + missing.stream().map(Feature::id).toList());
        return lines;
    }

    /** What the kernel lacks without which another backend does better, or null. */
    public String lacks() {
        return setup.lacks();
    }

    /** Releases a backend that was only opened to look at. */
    public void discard() {
        close(true);
    }

    @Override
    protected BackendKind kind() {
        return BackendKind.IO_URING;
    }

    @Override
    protected Capabilities capabilities() {
        return capabilities;
    }

    int fd() {
        return fd;
    }

    boolean isOwner() {
        return Thread.currentThread() == owner;
    }

    @Override
    protected void start() {
        owner = Thread.currentThread();
        HELD.add(this);
        register("ENABLE_RINGS", Uring.REGISTER_ENABLE_RINGS, 0, 0);
        if (setup.features().contains(Feature.REGISTERED_RING)) {
            registerRing();
        }
        armDoorbell();
    }

    private void registerRing() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment update = ringUpdate(call, -1, fd); // The kernel picks a place.
            int result = libc.syscall(Uring.SYS_REGISTER,
                    fd, Uring.REGISTER_RING_FDS, update.address(), 1);
            if (result == 1) {
                enterFd = update.get(JAVA_INT, 0);
                enterFlags |= Uring.ENTER_REGISTERED_RING;
            } else {
                // A thread has 16 places; a 17th ring on it does without.
                setup.features().remove(Feature.REGISTERED_RING);
            }
        }
    }

    /** The thread's table would otherwise keep the ring alive, and its place taken. */
    private void unregisterRing() {
        try (Arena call = Arena.ofConfined()) {
            libc.syscall(Uring.SYS_REGISTER, fd, Uring.UNREGISTER_RING_FDS,
                    ringUpdate(call, enterFd, 0).address(), 1);
        }
    }

    /** A {@code struct io_uring_rsrc_update}. */
    private static MemorySegment ringUpdate(Arena arena, int place, long ringFd) {
        MemorySegment update = arena.allocate(16, Long.BYTES);
        update.set(JAVA_INT, 0, place);
        update.set(JAVA_LONG, 8, ringFd);
        return update;
    }

    private void register(String what, int opcode, long argument, int count) {
        int result = libc.syscall(Uring.SYS_REGISTER, fd, opcode, argument, count);
        if (result < 0) {
            throw new KernelException("io_uring_register(" + what + ')', -result, "");
        }
    }

    @Override
    protected boolean submit(Task task) {
        long at = sq.next();
        if (at < 0) {
            return false;
        }
        long token = tasks.add(task);
        token(task, token);
        if (plainOps.contains(task.op())) {
            keep(task, plainCalls.make(task, 0));
            Preparation.noop(sq.sqes(), at); // Its completion brings the result.
        } else {
            Preparation.prepare(sq.sqes(), at, task, capabilities);
        }
        Sqe.userData(sq.sqes(), at, token);
        return true;
    }

    @Override
    protected void enter(long timeoutNanos) {
        if (beacon != null) {
            doorbell.sleeper(-1);
        }
        if (!doorbellArmed && !closing) {
            rearmDoorbell();
        }
        sq.publish();
        int pending = sq.pending();
        int ready = cq.ready();
        boolean overflowed = overflowed();
        overflows += overflowed ? 1 : 0;
        if (pending == 0 && ready > 0 && !overflowed) {
            doorbell.wake();
            return;
        }
        boolean deaf = !doorbellArmed && !closing;
        if (timeoutNanos == 0 || ready > 0 || deaf || !doorbell.sleep()) {
            enter(pending, 0, 0);
        } else if (timeoutNanos < 0) {
            enter(pending, 1, 0);
        } else {
            enter(pending, 1, enterArg.address(timeoutNanos));
        }
        doorbell.wake();
    }

    private void enter(int pending, int minComplete, long timeout) {
        enters++;
        int result = libc.syscall(Uring.SYS_ENTER, enterFd, pending, minComplete,
                timeout == 0 ? enterFlags : enterFlags | Uring.ENTER_EXT_ARG,
                timeout, timeout == 0 ? 0 : EnterArg.SIZE);
        switch (result) {
            // The time was up, a signal came, or memory is short: what matters is in the queues.
            case -Errno.ETIME, -Errno.EINTR, -Errno.EAGAIN, -Errno.EBUSY -> {}
            default -> {
                if (result < 0) {
                    throw new KernelException("io_uring_enter", -result,
                            result == -Errno.EBADR ? cq.lost() + " completions are lost" : "");
                }
            }
        }
    }

    private boolean overflowed() {
        return (sq.flags() & Uring.SQ_CQ_OVERFLOW) != 0;
    }

    @Override
    protected int reap() {
        for (int i = 0; i < bufferRings.size(); i++) {
            bufferRings.get(i).recycleReturned();
        }
        // What callbacks cause belongs to the next turn, so that this one ends.
        int ready = cq.ready();
        int delivered = 0;
        for (int i = 0; i < ready; i++) {
            long at = cq.take();
            long token = Cqe.userData(cq.ring(), at);
            int result = Cqe.res(cq.ring(), at);
            int flags = Cqe.flags(cq.ring(), at);
            cq.release();
            if (token >= 0) {
                deliver(token, result, flags);
                delivered++;
            } else {
                ours(token, flags);
            }
        }
        return delivered;
    }

    private void ours(long token, int flags) {
        boolean ended = (flags & Uring.CQE_F_MORE) == 0;
        if (token == DOORBELL_TOKEN && ended) {
            doorbellArmed = false;
        } else if (token == TIMER_TOKEN && ended) {
            timerArmed = false;
        }
    }

    private void deliver(long token, int result, int flags) {
        Task task = tasks.get(token);
        if (task == null) {
            return; // Late or doubled: its task has ended.
        }
        boolean more = (flags & Uring.CQE_F_MORE) != 0;
        if (!more) {
            tasks.remove(token);
        }
        if ((flags & Uring.CQE_F_BUFFER) == 0) {
            buffer(task, -1, 0); // Not the one of the completion before.
            complete(task, own(task, result, flags), more);
            return;
        }
        BufferRing buffers = BufferRing.of(task);
        int buffer = flags >>> Uring.CQE_BUFFER_SHIFT;
        boolean kernelKeeps = (flags & Uring.CQE_F_BUF_MORE) != 0;
        buffer(task, buffer, buffers.fill(buffer, Math.max(result, 0), kernelKeeps));
        complete(task, result, more);
        buffers.delivered(buffer);
    }

    /** What the task is told: not every completion brings its result. */
    private int own(Task task, int result, int flags) {
        if ((flags & Uring.CQE_F_NOTIF) != 0) {
            copied(task, (result & Uring.NOTIF_USAGE_ZC_COPIED) != 0);
            return task.result();
        }
        if (plainOps.contains(task.op())) {
            return task.result();
        }
        return result <= -ERESTARTSYS ? -Errno.EINTR : result;
    }

    @Override
    protected void announceSleep() {
        doorbell.announceSleep();
    }

    @Override
    protected void wakeup() {
        doorbell.ring();
    }

    @Override
    protected boolean wakeup(Backend from) {
        return doorbell.ring(from);
    }

    @Override
    protected long strokes() {
        return doorbell.strokes();
    }

    /**
     * Rings another ring's doorbell by a message, which is submitted at once. The caller keeps the
     * target open meanwhile. Returns false, and leaves nothing behind, if it may not have been.
     */
    boolean message(int targetFd) {
        if (!messages || targetFd < 0) {
            return false;
        }
        long at = sq.next();
        if (at < 0) {
            return false;
        }
        Sqe.fd(sq.sqes(), at, targetFd);
        Sqe.opcode(sq.sqes(), at, Uring.OP_MSG_RING);
        Sqe.flags(sq.sqes(), at, Uring.SQE_CQE_SKIP_SUCCESS);
        Sqe.off(sq.sqes(), at, IGNORED_TOKEN);
        Sqe.userData(sq.sqes(), at, MESSAGE_TOKEN);
        sq.publish();
        int ready = cq.ready();
        enters++;
        libc.syscall(Uring.SYS_ENTER, enterFd, sq.pending(), 0,
                enterFlags & ~Uring.ENTER_GETEVENTS, 0, 0);
        if (sq.pending() == 0) {
            messages = !cq.has(MESSAGE_TOKEN, ready);
            return messages && !overflowed();
        }
        // Later the number may be another ring's, so that it must not stay in the queue.
        Sqe.clear(sq.sqes(), at);
        Sqe.fd(sq.sqes(), at, -1);
        Sqe.opcode(sq.sqes(), at, Uring.OP_NOP);
        Sqe.userData(sq.sqes(), at, IGNORED_TOKEN);
        return false;
    }

    @Override
    protected int pollableFd() {
        if (beacon == null) {
            beacon = new Beacon(libc, arena, fd);
        }
        return beacon.fd();
    }

    @Override
    protected void settle(long nanos) {
        if (!doorbellArmed) {
            rearmDoorbell();
        }
        if (!timerArmed) {
            timerArmed = armPoll(beacon.timer().fd(), TIMER_TOKEN);
        }
        sq.publish();
        if (sq.pending() > 0) {
            enter(sq.pending(), 0, 0);
        }
        if (nanos > 0) {
            beacon.timer().within(nanos);
        }
        beacon.hide();
        doorbell.sleeper(beacon.fd());
        boolean called = !doorbell.sleep();
        if (nanos == 0 || called || !timerArmed || sq.pending() > 0 || beacon.ringHasWork()) {
            beacon.show();
        }
    }

    /** Cancelations and a full completion queue end it. Without it there is no sleep. */
    private void rearmDoorbell() {
        armDoorbell();
        if (!doorbellArmed) {
            sq.publish();
            enter(sq.pending(), 0, 0); // Makes room.
            armDoorbell();
        }
    }

    private void armDoorbell() {
        doorbellArmed = armPoll(doorbell.fd(), DOORBELL_TOKEN);
    }

    private boolean armPoll(int polled, long token) {
        long at = sq.next();
        if (at < 0) {
            return false;
        }
        Sqe.fd(sq.sqes(), at, polled);
        Sqe.opcode(sq.sqes(), at, Uring.OP_POLL_ADD);
        Sqe.len(sq.sqes(), at, Uring.POLL_ADD_MULTI);
        Sqe.opFlags(sq.sqes(), at, Preparation.pollMask(Linux.POLLIN));
        Sqe.userData(sq.sqes(), at, token);
        return true;
    }

    @Override
    protected void cancelAll() {
        tasks.forEach(this::canceled);
        if (setup.features().contains(Feature.CANCEL_ANY)) {
            cancel(0, Uring.ASYNC_CANCEL_ANY | Uring.ASYNC_CANCEL_ALL);
        } else {
            tasks.forEach(task -> cancel(token(task), 0));
        }
    }

    private void cancel(long token, int flags) {
        long at = sq.next();
        if (at < 0) {
            sq.publish();
            enter(sq.pending(), 0, 0);
            at = sq.next();
        }
        if (at < 0) {
            return; // The kernel takes nothing until completions are reaped: who closes asks again.
        }
        Sqe.fd(sq.sqes(), at, -1);
        Sqe.opcode(sq.sqes(), at, Uring.OP_ASYNC_CANCEL);
        Sqe.addr(sq.sqes(), at, token);
        Sqe.opFlags(sq.sqes(), at, flags);
        Sqe.userData(sq.sqes(), at, IGNORED_TOKEN);
    }

    @Override
    protected int trySend(int fd, long address, int length, int flags) {
        return (int) libc.send(fd, address, length, flags | Linux.MSG_DONTWAIT);
    }

    @Override
    protected int trySendmsg(int fd, long header, int flags) {
        return (int) libc.sendmsg(fd, header, flags | Linux.MSG_DONTWAIT);
    }

    @Override
    protected int trySplice(int pipe, int fd, int length, int flags) {
        return libc.syscall(Linux.SYS_SPLICE, pipe, 0, fd, 0, length, flags);
    }

    @Override
    protected int tryRecv(int fd, long address, int length) {
        return (int) libc.recv(fd, address, length, Linux.MSG_DONTWAIT);
    }

    @Override
    protected BufferGroup bufferGroup(int count, int size) {
        if (!incrementalBuffers) {
            return buffers(count, size, false);
        }
        try {
            return buffers(count, size, true);
        } catch (KernelException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            setup.features().remove(Feature.INCREMENTAL_BUFFERS);
            return buffers(count, size, false);
        }
    }

    /** Sharing would cut a message at the end of a buffer. */
    @Override
    protected BufferGroup messageBuffers(int count, int size) {
        return buffers(count, size, false);
    }

    private BufferRing buffers(int count, int size, boolean incremental) {
        BufferRing ring =
                new BufferRing(this, libc, fd, bufferRings.size(), count, size, incremental);
        bufferRings.add(ring);
        return ring;
    }

    @Override
    protected void close(boolean clean) {
        closing = true;
        doorbell.close(libc);
        if (beacon != null) {
            beacon.close();
        }
        if (isOwner() && (enterFlags & Uring.ENTER_REGISTERED_RING) != 0) {
            unregisterRing();
        }
        // Closing its descriptor ends the ring, and with it the kernel's use of provided buffers.
        libc.close(fd);
        if (clean) {
            mapping.unmap(libc);
            HELD.remove(this);
        }
    }
}
