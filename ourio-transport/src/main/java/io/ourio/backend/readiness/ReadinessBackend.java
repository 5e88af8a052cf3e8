// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Backend;
import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Capabilities;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.PagePipe;
import io.ourio.Task;
import io.ourio.backend.Doorbell;
import io.ourio.backend.PlainCalls;
import io.ourio.backend.TaskTable;
import io.ourio.sys.KqueueCalls;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A ring on plain system calls: it tries the call; if that would have to wait, it has a {@link
 * Poller} tell when the descriptor is ready, and tries again. What takes time goes to {@link
 * Workers}. The ring's thread makes every call but {@link #finished}.
 *
 * <p>Tasks that read from one descriptor wait in one queue, those that write in another, and the
 * first of each tries. A call is tried when its task is submitted; a multishot task is tried first
 * when the poller has told, which it does at once if there is something.
 */
public final class ReadinessBackend extends Backend {
    /** Sends without a copy are none: they copy, and say so. */
    private static final Capabilities CAPABILITIES =
            new Capabilities(true, true, false, false, PagePipe.isSupported(), false);

    /** How long a call that was interrupted may go on before it is interrupted once more. */
    private static final long INTERRUPT_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * For how many descriptors the memory is fetched at a time. A turn of a ring with hundreds of
     * connections finds the objects of none of them in the nearest cache, and each leads to the
     * next: one after the other, a completion waits for memory about ten times. Read for many in
     * a row they come together. Of more than these, the first would be gone before their turn.
     */
    private static final int PREFETCH = 16;

    /** How many tasks in flight it takes: with fewer, most of it is near, and the reads cost. */
    private static final int PREFETCH_FROM = 256;

    private final BackendKind kind;

    /** For small structs, until the close. Automatic, since calls of workers may outlive it. */
    private final Arena arena = Arena.ofAuto();

    private final Libc libc;
    private final PlainCalls calls;
    private final Descriptors descriptors = new Descriptors();
    private final Poller poller;
    private final Doorbell doorbell;
    private final Shots shots;
    private final TaskTable tasks = new TaskTable();

    /** By the slots of the table. */
    private InFlight[] flights = new InFlight[64];

    /** Those that have ended and are told in this turn. */
    private final InFlightQueue ended = new InFlightQueue();

    private final FinishedCalls finished = new FinishedCalls();

    private final List<MemoryBuffers> groups = new ArrayList<>();

    /** How many calls of workers were interrupted and have not ended. */
    private int interrupted;

    private Thread owner;
    private boolean cancelingAll;
    private int delivered;

    private ReadinessBackend(
            BackendKind kind, Function<Arena, Libc> libcs, PollerFactory factory) {
        this.kind = kind;
        libc = libcs.apply(arena);
        calls = new PlainCalls(libc, arena);
        shots = new Shots(this, calls, arena);
        poller = factory.make(libc, arena, descriptors);
        doorbell = poller.doorbell();
    }

    /** Makes the poller of a ring. */
    @FunctionalInterface
    interface PollerFactory {
        Poller make(Libc libc, Arena arena, Descriptors descriptors);
    }

    /** One on Linux's epoll. */
    public static ReadinessBackend epoll() {
        return new ReadinessBackend(BackendKind.EPOLL, Libc::new, EpollPoller::new);
    }

    /** One on a kqueue. */
    public static ReadinessBackend kqueue(KqueueCalls kqueue) {
        return new ReadinessBackend(BackendKind.KQUEUE, kqueue::libc, (libc, arena, descriptors) ->
                new KqueuePoller(kqueue, libc, arena, descriptors));
    }

    /** What to know of it, for the report. */
    public List<String> report() {
        return List.of("emulated: multishot accept and receive, provided buffers",
                "files: at most " + Workers.MAX + " calls at a time, of all rings",
                "sends without a copy: copied");
    }

    /** Releases a backend that was only opened to look at. */
    public void discard() {
        close(true);
    }

    @Override
    protected BackendKind kind() {
        return kind;
    }

    @Override
    protected Capabilities capabilities() {
        return CAPABILITIES;
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
        cancelAllNow(); // This one came after the wish.
        InFlight flight = taken(task);
        int begun = calls.begin(task);
        if (begun < 0) {
            end(flight, begun);
            return true;
        }
        // A stream of the Unix domain is cut where a descriptor came with it.
        flight.drains = begun == Linux.IPPROTO_TCP;
        switch (Way.of(task.op())) {
            case CALL -> call(flight);
            case SHOTS -> await(flight, descriptors.of(task.fd()));
            case WORK -> work(flight);
            case CANCEL -> end(flight, cancel(task.offset()));
            case CLOSE -> {
                abandon(task.fd());
                end(flight, calls.make(task, 0));
            }
        }
        return true;
    }

    private InFlight taken(Task task) {
        long token = tasks.add(task);
        token(task, token);
        int slot = (int) token;
        if (slot >= flights.length) {
            flights = Arrays.copyOf(flights, Math.max(slot + 1, flights.length * 2));
        }
        if (flights[slot] == null) {
            flights[slot] = new InFlight(this);
        }
        flights[slot].begin(task);
        return flights[slot];
    }

    private InFlight flight(Task task) {
        return flights[(int) token(task)];
    }

    /** Tries the call, unless others wait to make theirs. */
    private void call(InFlight flight) {
        if (!isBehindOthers(flight.task)) {
            attempt(flight);
        } else {
            await(flight, descriptors.of(flight.task.fd()));
        }
    }

    private boolean isBehindOthers(Task task) {
        if (task.op().interest() == Op.Interest.NONE) {
            return false;
        }
        Descriptor descriptor = descriptors.find(task.fd());
        return descriptor != null && !descriptor.queue(task.op()).isEmpty();
    }

    /** Tries the call, and takes the next step. Returns whether it waits where it was. */
    private boolean attempt(InFlight flight) {
        InFlightQueue before = flight.queue;
        int result = make(flight);
        switch (result) {
            case PlainCalls.WAIT -> await(flight, descriptors.of(flight.task.fd()));
            case PlainCalls.WAIT_FOR_SOURCE -> {
                Descriptor source = descriptors.of(flight.task.sourceFd());
                await(flight, source, source.readers);
            }
            case PlainCalls.TAKES_TIME -> work(flight);
            default -> end(flight, result);
        }
        return flight.queue == before && before != null;
    }

    /** The call, made again as long as it brings a part of what the task wants all of. */
    private int make(InFlight flight) {
        Task task = flight.task;
        int result = calls.make(task, flight.done);
        while (result > 0) {
            long all = calls.insistsOn(task);
            if (flight.done + result >= all || !calls.isStream(task.fd())) {
                return flight.done + result;
            }
            flight.done += result;
            result = calls.make(task, flight.done);
        }
        return result == PlainCalls.WAIT || flight.done == 0 ? result : flight.done;
    }

    private void await(InFlight flight, Descriptor descriptor) {
        await(flight, descriptor, descriptor.queue(flight.task.op()));
    }

    private void await(InFlight flight, Descriptor descriptor, InFlightQueue queue) {
        if (flight.queue == queue) {
            return;
        }
        leave(flight);
        // A multishot task has not tried yet, and must hear of what is there.
        descriptor.uncertain |=
                descriptor.isIdle() || Way.of(flight.task.op()) == Way.SHOTS;
        flight.place = InFlight.Place.WAITING;
        flight.descriptor = descriptor;
        flight.queue = queue;
        queue.add(flight);
        descriptor.queued();
        descriptors.changed(descriptor);
    }

    private static void leave(InFlight flight) {
        if (flight.queue != null) {
            flight.queue.remove(flight);
            flight.queue = null;
            flight.descriptor.queued();
            flight.descriptor = null;
        }
    }

    private void work(InFlight flight) {
        leave(flight);
        flight.place = InFlight.Place.WORKING;
        if (!Workers.SHARED.submit(flight)) {
            end(flight, -Errno.EAGAIN); // As a kernel says that has no thread to give.
        }
    }

    /** The task is told at the end of the turn. */
    void end(InFlight flight, int result) {
        leave(flight);
        flight.place = InFlight.Place.ENDED;
        flight.result = result;
        ended.add(flight);
    }

    /** Asks for the end of a task. Returns what the request is told. */
    private int cancel(long token) {
        Task task = tasks.get(token);
        if (task == null) {
            return -Errno.ENOENT;
        }
        InFlight flight = flight(task);
        return switch (flight.place) {
            case ENDED -> -Errno.ENOENT;
            case WAITING -> {
                endCanceled(flight);
                yield 0;
            }
            case WORKING -> withdraw(flight);
        };
    }

    private int withdraw(InFlight flight) {
        boolean first = !flight.unwanted;
        if (Workers.SHARED.withdraw(flight)) {
            endCanceled(flight);
            return 0;
        }
        interrupted += first ? 1 : 0;
        return -Errno.EALREADY;
    }

    /** The descriptor is about to be closed: who waits for it would wait for ever. */
    private void abandon(int fd) {
        Descriptor descriptor = descriptors.find(fd);
        if (descriptor == null) {
            return;
        }
        abandon(descriptor.polls);
        abandon(descriptor.readers);
        abandon(descriptor.writers);
        descriptor.disarm(poller);
    }

    private void abandon(InFlightQueue queue) {
        for (InFlight first = queue.first(); first != null; first = queue.first()) {
            endCanceled(first);
        }
    }

    /** What a task has done before it was canceled, it tells, as with io_uring. */
    private void endCanceled(InFlight flight) {
        end(flight, flight.done > 0 ? flight.done : -Errno.ECANCELED);
    }

    @Override
    protected void cancelAll() {
        tasks.forEach(this::canceled);
        cancelingAll = true;
    }

    private void cancelAllNow() {
        if (cancelingAll) {
            cancelingAll = false;
            tasks.forEach(task -> cancel(token(task)));
        }
    }

    @Override
    protected void enter(long timeoutNanos) {
        cancelAllNow();
        descriptors.settle(poller);
        boolean sleeps = timeoutNanos != 0 && ended.isEmpty() && !descriptors.anyReady()
                && doorbell.sleep() && finished.isEmpty();
        enters++;
        poller.poll(sleeps ? untilInterrupt(timeoutNanos) : 0);
        doorbell.wake();
    }

    private long untilInterrupt(long timeoutNanos) {
        if (interrupted == 0) {
            return timeoutNanos;
        }
        tasks.forEach(task -> {
            InFlight flight = flight(task);
            if (flight.place == InFlight.Place.WORKING && flight.unwanted) {
                Workers.SHARED.withdraw(flight);
            }
        });
        return timeoutNanos < 0
                ? INTERRUPT_AGAIN_NANOS : Math.min(timeoutNanos, INTERRUPT_AGAIN_NANOS);
    }

    @Override
    protected int pollableFd() {
        return poller.pollableFd();
    }

    @Override
    protected void settle(long nanos) {
        cancelAllNow();
        descriptors.settle(poller);
        long wait = nanos == 0 ? 0 : untilInterrupt(nanos);
        if (wait > 0) {
            poller.within(wait);
        }
        boolean idle = wait != 0 && ended.isEmpty() && !descriptors.anyReady()
                && doorbell.sleep() && finished.isEmpty();
        if (!idle) {
            doorbell.announceSleep(); // Whoever was the caller, it may have found nobody asleep.
            doorbell.ring();
        }
    }

    @Override
    protected int reap() {
        delivered = 0;
        for (int i = 0; i < groups.size(); i++) {
            groups.get(i).recycleReturned();
        }
        takeFinished();
        // A send that was made when it was submitted comes before the answer that it has brought.
        deliverEnded();
        if (descriptors.anyReady()) {
            lookAtReady();
        }
        deliverEnded();
        return delivered;
    }

    private void lookAtReady() {
        Descriptor last = descriptors.lastReady();
        Descriptor descriptor;
        boolean many = tasks.size() >= PREFETCH_FROM;
        int fetched = 0; // Of those that come next.
        do {
            descriptor = descriptors.takeReady();
            if (many) {
                fetched = (fetched > 0 ? fetched : prefetchFrom(descriptor)) - 1;
            }
            look(descriptor);
        } while (descriptor != last);
    }

    /** Has fetched what readers need of this and the next ones. Returns how many these are. */
    private int prefetchFrom(Descriptor first) {
        int count = 0;
        for (int depth = 0; depth <= Callback.PREFETCH_DEPTH; depth++) {
            count = 0;
            for (Descriptor next = first; next != null && count < PREFETCH;
                    next = next.nextReady) {
                if (next.reader != null) {
                    prefetch(next.reader.task, depth);
                }
                count++;
            }
        }
        return count;
    }

    /** What callbacks submit belongs to the next turn, so that this one ends. */
    private void deliverEnded() {
        InFlight last = ended.last();
        for (InFlight flight = ended.poll(); flight != null; flight = ended.poll()) {
            deliver(flight, flight.result, false);
            if (flight == last) {
                return;
            }
        }
    }

    /** Tells a task. */
    void deliver(InFlight flight, int result, boolean more) {
        buffer(flight.task, MemoryBuffers.NONE, 0);
        tell(flight, result, more);
    }

    /** Tells a task what is in a buffer. */
    void deliver(InFlight flight, int result, boolean more, MemoryBuffers buffers, int buffer) {
        buffers.fill(buffer);
        buffer(flight.task, buffer, buffers.offset(buffer));
        tell(flight, result, more);
        buffers.delivered(buffer);
    }

    private void tell(InFlight flight, int result, boolean more) {
        Task task = flight.task;
        if (!more) {
            leave(flight);
            flight.task = null;
            tasks.remove(token(task));
        }
        delivered++;
        complete(task, result, more);
    }

    /** Lets the tasks of a descriptor try that was said to be ready. */
    private void look(Descriptor descriptor) {
        int events = descriptor.ready;
        descriptor.ready = 0;
        if (descriptor.refusal != 0) {
            refuse(descriptor);
            return;
        }
        boolean unasked = (descriptor.armed & events & ~descriptor.wanted()) != 0;
        if ((events & descriptor.polled()) != 0) {
            tell(descriptor.polls, events);
        }
        if ((events & ~Descriptor.WRITABLE) != 0) {
            advance(descriptor.reader, events);
        }
        if ((events & (Descriptor.WRITABLE | Descriptor.BROKEN)) != 0) {
            advance(descriptor.writers.first(), events);
        }
        if (unasked || (descriptor.wanted() & ~descriptor.armed) != 0) {
            descriptors.changed(descriptor);
        }
    }

    private void tell(InFlightQueue polls, int events) {
        InFlight next;
        for (InFlight poll = polls.first(); poll != null; poll = next) {
            next = poll.next;
            int told = events & (poll.task.flags() | Descriptor.BROKEN);
            if (told != 0 && poll.task.op() == Op.POLL_MULTISHOT) {
                poll.result = told;
            } else if (told != 0) {
                end(poll, told);
            }
        }
        // Looked for afresh each time: a callback that submits may end any of them.
        for (InFlight poll = toldNext(polls); poll != null; poll = toldNext(polls)) {
            int told = poll.result;
            poll.result = 0;
            deliver(poll, told, true);
        }
    }

    private static InFlight toldNext(InFlightQueue polls) {
        InFlight poll = polls.first();
        while (poll != null && poll.result == 0) {
            poll = poll.next;
        }
        return poll;
    }

    /** Lets the first of a queue try, and the next as long as none waits. */
    private void advance(InFlight first, int events) {
        InFlight trying = first;
        while (trying != null) {
            InFlightQueue queue = trying.queue;
            if (waits(trying, events)) {
                return;
            }
            trying = queue.first();
        }
    }

    /** Lets the first of its queue try. Returns whether it waits on. */
    private boolean waits(InFlight first, int events) {
        return switch (first.task.op()) {
            case ACCEPT_MULTISHOT, RECV_MULTISHOT, RECVMSG_MULTISHOT -> shots.make(first, events);
            default -> attempt(first);
        };
    }

    /** The system does not poll the descriptor: a file, or none at all. The call says which. */
    private void refuse(Descriptor descriptor) {
        int errno = descriptor.refusal;
        descriptor.refusal = 0;
        refuse(descriptor.polls, errno, false);
        refuse(descriptor.readers, errno, errno == Errno.EPERM);
        refuse(descriptor.writers, errno, errno == Errno.EPERM);
    }

    private void refuse(InFlightQueue queue, int errno, boolean isFile) {
        for (InFlight first = queue.first(); first != null; first = queue.first()) {
            if (!waits(first, Descriptor.BROKEN)) {
                continue;
            }
            if (isFile) {
                work(first);
            } else {
                end(first, -errno);
            }
        }
    }

    /** There may be more, after the others have had their turn. */
    void lookAgain(InFlight flight, int events) {
        descriptors.ready(descriptors.of(flight.task.fd()), events);
    }

    /** Whether nobody wants to hear more than the end of each task. */
    boolean isEnding() {
        return isClosing();
    }

    /** A worker's word: the call was made. */
    void finished(InFlight flight, int result) {
        flight.result = result;
        finished.add(flight);
        VarHandle.fullFence(); // The ring's thread announces its sleep, and then looks.
        doorbell.ring();
    }

    private void takeFinished() {
        for (InFlight flight = finished.poll(); flight != null; flight = finished.poll()) {
            boolean again =
                    flight.result == -Errno.EAGAIN && Way.of(flight.task.op()) == Way.CALL;
            if (flight.unwanted) {
                interrupted--;
                end(flight, again ? -Errno.ECANCELED : flight.result);
            } else if (again) {
                flight.taken = false;
                attempt(flight);
            } else {
                end(flight, flight.result);
            }
        }
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
        MemoryBuffers group = new MemoryBuffers(this, count, size);
        groups.add(group);
        return group;
    }

    @Override
    protected void close(boolean clean) {
        poller.close();
    }
}
