// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import io.ourio.Backend;
import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Capabilities;
import io.ourio.Errno;
import io.ourio.MessageReader;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.Task;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * A ring on a {@link Mock}: asks its scripts what becomes of each task, and delivers it in order.
 * Users have it by {@link Mock#open()}.
 */
public final class MockBackend extends Backend {
    private static final long FOREVER = Long.MAX_VALUE;

    /** On the system's clock: how often scripts are asked that had no answer yet. */
    private static final long ASK_NANOS = 50_000;

    /** A task that was taken over. */
    private static final class InFlight {
        final Task task;

        /** The part that comes next. */
        Answer part;

        long dueNanos;
        long dueTurn;

        /** Its last part is among those that are ready. */
        boolean ended;

        /** Somebody asked for its end while it could not be stopped. */
        boolean unwanted;

        InFlight(Task task) {
            this.task = task;
        }

        boolean waitsForTime() {
            return !ended && part.kind != Answer.Kind.NEVER && part.kind != Answer.Kind.AGAIN;
        }
    }

    /** One completion that the next reap delivers. */
    private record Ready(InFlight flight, Answer part, boolean last) {}

    private final Mock mock;
    private final int entries;
    private final ArrayDeque<Task> submitted = new ArrayDeque<>();

    /** By token, which no two tasks ever share; the oldest first. */
    private final Map<Long, InFlight> inFlight = new LinkedHashMap<>();

    private final ArrayDeque<Ready> ready = new ArrayDeque<>();
    private final List<MockBuffers> groups = new ArrayList<>();
    private final AtomicBoolean called = new AtomicBoolean();
    private volatile Thread owner;
    private long lastToken;
    private long turn;
    private boolean closed;

    private MockBackend(Mock mock, RingOptions options) {
        super(() -> nanosOf(mock.clock.now()));
        this.mock = mock;
        entries = options.entries();
        mock.open.incrementAndGet();
    }

    static Ring open(Mock mock, RingOptions options) {
        return new MockBackend(mock, options).ring(options.withBackend(BackendKind.MOCK));
    }

    /** A backend on the {@linkplain Mock#install installed} mock. */
    public static Backend ofInstalled(RingOptions options) {
        return new MockBackend(Mock.installed(), options);
    }

    /** A backend for another ring on the same mock. */
    @Override
    public Backend another(RingOptions options) {
        return new MockBackend(mock, options);
    }

    @Override
    protected BackendKind kind() {
        return BackendKind.MOCK;
    }

    @Override
    protected Capabilities capabilities() {
        return mock.capabilities;
    }

    @Override
    protected long nanoTime() {
        return mock.clock.nanoTime();
    }

    boolean isOwner() {
        return Thread.currentThread() == owner;
    }

    @Override
    protected void start() {
        owner = Thread.currentThread();
    }

    @Override
    protected boolean submit(Task task) {
        if (submitted.size() == entries) {
            return false;
        }
        token(task, ++lastToken);
        submitted.add(task);
        return true;
    }

    @Override
    protected void enter(long timeoutNanos) {
        turn++;
        takeBackBuffers();
        for (Task task = submitted.poll(); task != null; task = submitted.poll()) {
            begin(task);
        }
        askAgain(turn);
        collect();
        if (ready.isEmpty() && timeoutNanos != 0 && !called.get()) {
            sleep(timeoutNanos < 0 ? FOREVER : timeoutNanos);
            askAgain(turn + 1); // Much may have happened meanwhile.
            collect();
        }
        called.set(false);
    }

    private void takeBackBuffers() {
        groups.forEach(MockBuffers::takeBackReturned);
    }

    private void begin(Task task) {
        if (task.op() == Op.CANCEL) {
            InFlight request = new InFlight(task);
            inFlight.put(token(task), request);
            end(request, Answer.result(cancel(inFlight.get(task.offset()))));
            return;
        }
        InFlight flight = new InFlight(task);
        inFlight.put(token(task), flight);
        schedule(flight, ask(task));
        makeReady(flight); // What comes at once comes in the order of submission.
    }

    /** Ends a task, unless it has ended. Returns what the request is told. */
    private int cancel(InFlight target) {
        if (target == null || target.ended) {
            return -Errno.ENOENT;
        }
        if (target.part.stubborn) {
            target.unwanted = true;
            return -Errno.EALREADY;
        }
        end(target, Answer.error(Errno.ECANCELED));
        return 0;
    }

    private void end(InFlight flight, Answer last) {
        flight.ended = true;
        ready.add(new Ready(flight, last, true));
    }

    private Answer ask(Task task) {
        if (mock.descriptors.wasClosed(task.fd())) {
            return fault(task, " uses a descriptor that was closed", Errno.EBADF);
        }
        Answer answer;
        try {
            answer = mock.scripts.answer(task);
        } catch (Throwable thrown) {
            mock.faults.add("the script for " + text(task) + " threw " + thrown, thrown);
            return Answer.error(Errno.ENOSYS);
        }
        if (answer == null) {
            return fault(task, " is not in the script: say what becomes of it, by Mock.on(Op."
                    + task.op() + ", ...) or Mock.always", Errno.ENOSYS);
        }
        if (answer.next != null && !task.op().isMultishot()) {
            return fault(task, " completes once, and its answer has several parts: " + answer,
                    Errno.ENOSYS);
        }
        return endsAfterOne(task) ? firstPart(task, answer) : answer;
    }

    /** A kernel without multishot accept does a single one, and its task is started again. */
    private boolean endsAfterOne(Task task) {
        return task.op() == Op.ACCEPT_MULTISHOT && !mock.capabilities.multishotAccept();
    }

    private Answer firstPart(Task task, Answer answer) {
        if (answer.next != null) {
            mock.scripts.rest(task, answer.next);
        }
        return answer.alone();
    }

    private Answer fault(Task task, String what, int errno) {
        mock.faults.add(text(task) + what);
        return Answer.error(errno);
    }

    private void schedule(InFlight flight, Answer part) {
        flight.part = part;
        flight.dueTurn = turn + (part.kind == Answer.Kind.AGAIN ? 1 : part.turns);
        flight.dueNanos = part.delayNanos == 0 ? Long.MIN_VALUE : nanoTime() + part.delayNanos;
    }

    /** Asks about the tasks that had no answer yet, up to those whose turn is {@code limit}. */
    private void askAgain(long limit) {
        for (InFlight flight : inFlight.values()) {
            if (!flight.ended && flight.part.kind == Answer.Kind.AGAIN && flight.dueTurn <= limit) {
                schedule(flight, ask(flight.task));
            }
        }
    }

    /** Makes ready what is due by now, the soonest first. */
    private void collect() {
        List<InFlight> due = new ArrayList<>();
        for (InFlight flight : inFlight.values()) {
            if (isDue(flight)) {
                due.add(flight);
            }
        }
        due.sort(Comparator.comparingLong(flight -> flight.dueNanos)); // Else the oldest first.
        due.forEach(this::makeReady);
    }

    private boolean isDue(InFlight flight) {
        return flight.waitsForTime() && flight.dueTurn <= turn
                && (flight.dueNanos == Long.MIN_VALUE || flight.dueNanos <= nanoTime());
    }

    /** The part that is due and, of several, those that come at once after it. */
    private void makeReady(InFlight flight) {
        while (isDue(flight)) {
            Answer part = flight.part;
            if (part.next == null) {
                end(flight, part);
            } else {
                ready.add(new Ready(flight, part, false));
                schedule(flight, part.next);
                if (flight.unwanted && !part.next.stubborn) {
                    end(flight, Answer.error(Errno.ECANCELED));
                }
            }
        }
    }

    private void sleep(long timeout) {
        long wait = timeout;
        boolean asks = false;
        for (InFlight flight : inFlight.values()) {
            asks |= flight.part.kind == Answer.Kind.AGAIN;
            if (flight.waitsForTime()) {
                if (flight.dueTurn > turn) {
                    return; // It needs turns, and this is one.
                }
                wait = Math.min(wait, flight.dueNanos - nanoTime());
            }
        }
        if (mock.clock.isSystem()) {
            park(asks ? Math.min(wait, ASK_NANOS) : wait);
        } else if (wait < FOREVER) {
            mock.clock.advance(Math.max(wait, 0)); // Another ring may have moved it.
        } else if (!asks) {
            awaitWakeup();
        }
    }

    /** Nothing of the ring's own will ever end this sleep. */
    private void awaitWakeup() {
        Duration patience = mock.patience;
        park(patience.toNanos());
        if (!called.get()) {
            throw new ScriptError(List.of("the ring would sleep for ever"
                    + (patience.isZero() ? "" : ", and nobody woke it up within " + patience)
                    + "; in flight: " + inFlight.values().stream()
                            .map(flight -> text(flight.task) + ": " + flight.part)
                            .collect(Collectors.joining("; "))), null);
        }
    }

    private void park(long nanos) {
        long start = System.nanoTime();
        long left = nanos;
        while (left > 0 && !called.get()) {
            LockSupport.parkNanos(this, left);
            left = nanos - (System.nanoTime() - start);
        }
    }

    @Override
    protected int reap() {
        takeBackBuffers(); // Who gave one back has ended the sleep.
        // What callbacks cause belongs to the next turn.
        int count = ready.size();
        for (int depth = 0; depth <= Callback.PREFETCH_DEPTH; depth++) {
            for (Ready next : ready) {
                if (inFlight.containsKey(token(next.flight.task))) {
                    prefetch(next.flight.task, depth);
                }
            }
        }
        int delivered = 0;
        for (int i = 0; i < count; i++) {
            Ready next = ready.poll();
            if (inFlight.containsKey(token(next.flight.task))) {
                deliver(next.flight, next.part, next.last);
                delivered++;
            }
        }
        if (!isClosing()) {
            mock.faults.tell();
        }
        return delivered;
    }

    private void deliver(InFlight flight, Answer part, boolean last) {
        Task task = flight.task;
        if (part.bytes != null && buffers(task) instanceof MockBuffers group
                && isReceivedBy(task, part)) {
            deliverBuffer(flight, part, last, group);
            return;
        }
        buffer(task, -1, 0);
        if (last) {
            inFlight.remove(token(task));
            copied(task, part.copied);
        }
        complete(task, result(task, part), !last);
    }

    /** What the task receives into, if that is a group of buffers. */
    private static Object buffers(Task task) {
        return task.resource() instanceof MessageReader reader ? reader.group() : task.resource();
    }

    private void deliverBuffer(InFlight flight, Answer part, boolean last, MockBuffers group) {
        Task task = flight.task;
        int id = group.take();
        if (id < 0) {
            buffer(task, -1, 0);
            mock.scripts.rest(task, part);
            inFlight.remove(token(task));
            complete(task, -Errno.ENOBUFS, false);
            return;
        }
        byte[] bytes = task.op() == Op.RECVMSG_MULTISHOT
                ? part.envelope.inBuffer(task, part.bytes, group.bufferSize()) : part.bytes;
        int length = Math.min(bytes.length, group.bufferSize());
        group.fill(id, bytes, length);
        buffer(task, id, (long) id * group.bufferSize());
        boolean more = length < bytes.length;
        if (last && !more) {
            inFlight.remove(token(task));
        }
        complete(task, length, !last || more);
        group.delivered(id);
        if (more) {
            deliverBuffer(flight, part.without(length), last, group);
        }
    }

    private int result(Task task, Answer part) {
        int result = switch (part.kind) {
            case RESULT -> part.result;
            case BYTES, MESSAGE -> write(task, part);
            case ALL -> TaskMemory.size(task);
            case FD -> mock.descriptors.open(text(task));
            case NEVER, AGAIN -> throw new AssertionError(part);
        };
        if (mock.systemDescriptors) {
            return result;
        }
        if (task.op() == Op.CLOSE) {
            return closed(task, result);
        }
        if (part.kind == Answer.Kind.RESULT && result >= 0 && givesDescriptor(task)
                && !mock.descriptors.open(result, text(task))) {
            mock.faults.add(text(task) + " was answered with fd " + result + ", which is open");
        }
        return result;
    }

    private static boolean givesDescriptor(Task task) {
        return ownsResult(task) || task.op() == Op.ACCEPT_MULTISHOT;
    }

    private int write(Task task, Answer part) {
        if (!isReceivedBy(task, part)) {
            mock.faults.add(text(task) + " was answered with a message, and receives none");
            return -Errno.EFAULT;
        }
        if (task.op() == Op.RECVMSG) {
            return part.envelope.inHeader(task, part.bytes);
        }
        int room = task.op().interest() == Op.Interest.READ ? TaskMemory.size(task) : 0;
        if (part.bytes.length > room) {
            mock.faults.add(text(task) + " was answered with " + part.bytes.length
                    + " bytes, and has room for " + room);
            return -Errno.EFAULT;
        }
        TaskMemory.write(task, part.bytes);
        return part.bytes.length;
    }

    private static boolean isReceivedBy(Task task, Answer part) {
        return part.kind != Answer.Kind.MESSAGE
                || task.op() == Op.RECVMSG || task.op() == Op.RECVMSG_MULTISHOT;
    }

    /** A close that fails has closed as well, unless there was nothing to close or it never ran. */
    private int closed(Task task, int result) {
        if (result == -Errno.EBADF || result == -Errno.ECANCELED) {
            return result;
        }
        if (!mock.descriptors.close(task.fd())) {
            mock.faults.add(text(task) + " closes a descriptor that is not open");
            return -Errno.EBADF;
        }
        return result;
    }

    @Override
    protected void discard(int fd) {
        if (mock.systemDescriptors) {
            super.discard(fd);
        } else {
            mock.descriptors.close(fd);
        }
    }

    @Override
    protected void announceSleep() {
        // A call is kept until the sleep, so that none can be lost.
    }

    @Override
    protected void wakeup() {
        called.set(true);
        LockSupport.unpark(owner);
    }

    @Override
    protected void cancelAll() {
        for (InFlight flight : List.copyOf(inFlight.values())) {
            canceled(flight.task);
            cancel(flight);
        }
    }

    /** A socket that takes nothing at once: what is sent goes through a task, and the script. */
    @Override
    protected int trySend(int fd, long address, int length, int flags) {
        return -Errno.EAGAIN;
    }

    @Override
    protected int trySendmsg(int fd, long header, int flags) {
        return -Errno.EAGAIN;
    }

    @Override
    protected int trySplice(int pipe, int fd, int length, int flags) {
        return -Errno.EAGAIN;
    }

    /** A socket that has nothing at once: what is received comes through a task as well. */
    @Override
    protected int tryRecv(int fd, long address, int length) {
        return -Errno.EAGAIN;
    }

    @Override
    protected BufferGroup bufferGroup(int count, int size) {
        MockBuffers group = new MockBuffers(this, count, size);
        groups.add(group);
        return group;
    }

    @Override
    protected void close(boolean clean) {
        if (closed) {
            return;
        }
        closed = true;
        if (mock.open.decrementAndGet() == 0) {
            mock.descriptors.takeOpen().forEach(lost ->
                    mock.faults.add("never closed: " + lost));
        }
        mock.faults.tell();
    }

    private static String text(Task task) {
        return task.op() + "(fd " + task.fd() + ", length " + TaskMemory.size(task) + ", offset "
                + task.offset() + ", flags 0x" + Integer.toHexString(task.flags()) + ", msg "
                + task.msg() + ')';
    }
}
