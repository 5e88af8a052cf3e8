// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.backend.Doorbell;
import io.ourio.backend.PollNow;
import io.ourio.sys.Kqueue;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.KqueueCalls;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * The kqueue of macOS and the BSDs, or what a library makes of it. A descriptor has a filter for
 * reading and one for writing, each added with {@code EV_CLEAR}: as with epoll's edges, each change
 * is told once, and a task that goes on receiving costs no call.
 *
 * <p>Changes gather until the next poll and are made by a call of their own, each with {@code
 * EV_RECEIPT}: so each is answered, the call never waits, and all systems agree. A filter is taken
 * away before it is added afresh, since a second {@code EV_ADD} does not do the same everywhere.
 * What is told of a descriptor that is not armed is dropped, and {@code udata} is not used at all.
 */
final class KqueuePoller extends Poller {
    /** The events of one poll; the rest comes with the next. */
    private static final int MAX_EVENTS = 256;

    private static final int INITIAL_CHANGES = 256;

    /** To take away and add each of three filters. */
    private static final int CHANGES_OF_ONE = 6;

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** Some systems refuse more than a few years. */
    private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(1);

    /**
     * Not of {@code poll(2)}, and asked by nobody: a receive may stop before urgent data, of which
     * the system does not tell.
     */
    private static final int MAY_BE_URGENT = 1 << 30;

    /** What the filter for reading tells of. */
    private static final int READING = Linux.POLLIN | Linux.POLLRDHUP;

    private final KqueueCalls calls;
    private final KqueueAbi abi;
    private final Libc libc;
    private final Arena arena;
    private final PollNow pollNow;
    private final MemorySegment events;

    /** Two {@code struct timespec}: the time to wait, and none. */
    private final MemorySegment timeout;
    private final MemorySegment noTime;

    private final int kqueue;
    private final KqueueDoorbell doorbell;

    /** Lists of the same length: what is to be changed, and the answers. */
    private MemorySegment changes;
    private MemorySegment receipts;
    private int room;
    private int changed;

    KqueuePoller(KqueueCalls calls, Libc libc, Arena arena, Descriptors descriptors) {
        super(descriptors);
        this.calls = calls;
        this.libc = libc;
        this.arena = arena;
        abi = calls.abi();
        pollNow = new PollNow(libc, arena);
        timeout = arena.allocate(2 * Long.BYTES, Long.BYTES);
        noTime = arena.allocate(2 * Long.BYTES, Long.BYTES);
        events = list(MAX_EVENTS);
        makeRoom(INITIAL_CHANGES);
        kqueue = calls.kqueue(libc);
        if (kqueue < 0) {
            throw new KernelException(
                    "kqueue", -kqueue, "raise the limit of open files (ulimit -n)");
        }
        doorbell = openDoorbell();
    }

    private KqueueDoorbell openDoorbell() {
        try {
            libc.fcntl(kqueue, Linux.F_SETFD, Linux.FD_CLOEXEC);
            return new KqueueDoorbell(calls, libc, arena, kqueue);
        } catch (KernelException e) {
            calls.close(libc, kqueue);
            throw e;
        }
    }

    private MemorySegment list(int count) {
        return arena.allocate((long) count * abi.size(), Long.BYTES);
    }

    private void makeRoom() {
        if (room - changed < CHANGES_OF_ONE) {
            makeRoom(2 * room);
        }
    }

    private void makeRoom(int count) {
        MemorySegment larger = list(count);
        if (changed > 0) {
            larger.copyFrom(changes);
        }
        changes = larger;
        receipts = list(count);
        room = count;
    }

    @Override
    void arm(Descriptor descriptor, int wanted) {
        makeRoom();
        if (!descriptor.polls.isEmpty() && isFile(descriptor.fd)) {
            refuse(descriptor, Errno.EPERM); // No two systems tell the same of a file.
            return;
        }
        set(descriptor, abi.read(), READING, wanted);
        set(descriptor, abi.write(), Linux.POLLOUT, wanted);
        if (abi.hasExcept()) {
            set(descriptor, abi.except(), Linux.POLLPRI, wanted);
        } else if (wanted == Linux.POLLPRI) {
            refuse(descriptor, Errno.EOPNOTSUPP);
            return;
        }
        descriptor.armed = wanted;
    }

    private boolean isFile(int fd) {
        return libc.lseek(fd, 0, Linux.SEEK_CUR) >= 0;
    }

    private void refuse(Descriptor descriptor, int errno) {
        disarm(descriptor);
        descriptors.refused(descriptor, errno);
    }

    /** Has the filter that tells of {@code its} events tell of those that are wanted. */
    private void set(Descriptor descriptor, int filter, int its, int wanted) {
        int before = descriptor.armed & its;
        int after = wanted & its;
        boolean afresh = descriptor.uncertain || isForEnd(before) != isForEnd(after);
        if (before != 0 && (after == 0 || afresh)) {
            change(descriptor.fd, filter, Kqueue.EV_DELETE, 0);
        }
        if (after != 0 && (before == 0 || afresh)) {
            int note = filter == abi.except() ? abi.oob() : isForEnd(after) ? Kqueue.NOTE_LOWAT : 0;
            change(descriptor.fd, filter, Kqueue.EV_ADD | Kqueue.EV_CLEAR, note);
        }
    }

    /** Whether data does not matter, but only that there will be no more. */
    private static boolean isForEnd(int events) {
        return events == Linux.POLLRDHUP;
    }

    private void change(int fd, int filter, int flags, int note) {
        abi.change(changes, changed++, fd, filter, flags | Kqueue.EV_RECEIPT,
                note, note == Kqueue.NOTE_LOWAT ? Integer.MAX_VALUE : 0, 0);
    }

    /** A system forgets the filters of what is closed; a library must be told before. */
    @Override
    void disarm(Descriptor descriptor) {
        makeRoom();
        take(descriptor, abi.read(), READING);
        take(descriptor, abi.write(), Linux.POLLOUT);
        if (abi.hasExcept()) {
            take(descriptor, abi.except(), Linux.POLLPRI);
        }
        descriptor.armed = 0;
        if (abi == KqueueAbi.LIBRARY) {
            makeChanges();
        }
    }

    private void take(Descriptor descriptor, int filter, int its) {
        if ((descriptor.armed & its) != 0) {
            change(descriptor.fd, filter, Kqueue.EV_DELETE, 0);
        }
    }

    private void makeChanges() {
        if (changed == 0) {
            return;
        }
        int count;
        do { // To make them once more does no harm.
            count = calls.kevent(libc, kqueue, changes.address(), changed,
                    receipts.address(), changed, noTime.address());
        } while (count == -Errno.EINTR);
        int asked = changed;
        changed = 0;
        if (count != asked) {
            throw new KernelException("kevent(" + asked + " changes)",
                    count < 0 ? -count : Errno.EIO, count + " answers came of " + calls.abi());
        }
        for (int i = 0; i < asked; i++) {
            if (abi.data(receipts, i) != 0 && (abi.flags(changes, i) & Kqueue.EV_ADD) != 0) {
                notAdded(i);
            } // What cannot be taken away is gone: the descriptor was closed.
        }
    }

    private void notAdded(int index) {
        Descriptor descriptor = descriptors.find((int) abi.ident(changes, index));
        int filter = abi.filter(changes, index);
        descriptor.armed &= ~eventsOf(filter);
        if (filter != abi.except() || descriptor.armed == 0) { // It is for those who have more.
            descriptors.refused(
                    descriptor, abi.translation().errno((int) abi.data(receipts, index)));
        }
    }

    private int eventsOf(int filter) {
        return filter == abi.read() ? READING
                : filter == abi.write() ? Linux.POLLOUT : Linux.POLLPRI;
    }

    @Override
    void poll(long timeoutNanos) {
        makeChanges();
        int count = calls.kevent(libc, kqueue, 0, 0, events.address(), MAX_EVENTS,
                descriptors.anyReady() ? noTime.address() : timeout(timeoutNanos));
        if (count < 0 && count != -Errno.EINTR) {
            throw new KernelException("kevent", -count, "");
        }
        for (int i = 0; i < count; i++) {
            if (!doorbell.isRung(abi.ident(events, i), abi.filter(events, i))) {
                tell(i);
            }
        }
    }

    /** The address of the timespec, or 0 for no limit. */
    private long timeout(long nanos) {
        if (nanos < 0) {
            return 0;
        }
        long bounded = Math.min(nanos, LONGEST_NANOS);
        timeout.set(JAVA_LONG, 0, bounded / NANOS_PER_SECOND);
        timeout.set(JAVA_LONG, Long.BYTES, bounded % NANOS_PER_SECOND);
        return timeout.address();
    }

    private void tell(int index) {
        long ident = abi.ident(events, index);
        Descriptor descriptor = ident == (int) ident && ident >= 0
                ? descriptors.find((int) ident) : null;
        int filter = abi.filter(events, index);
        if (descriptor == null || (descriptor.armed & eventsOf(filter)) == 0) {
            return; // Nobody asks for it any more.
        }
        int told = told(filter, abi.flags(events, index), abi.fflags(events, index));
        if (!descriptor.polls.isEmpty()) { // They want it as poll(2) has it.
            told |= Math.max(0, pollNow.of(descriptor.fd, descriptor.armed));
        }
        descriptors.ready(descriptor, told);
    }

    private int told(int filter, int flags, int fflags) {
        boolean end = (flags & Kqueue.EV_EOF) != 0;
        int broken = end && fflags != 0 ? Linux.POLLERR : 0;
        if (filter == abi.read()) {
            return Linux.POLLIN | broken | (end ? Linux.POLLRDHUP : 0)
                    | (abi.hasExcept() ? 0 : MAY_BE_URGENT);
        }
        return filter == abi.write()
                ? Linux.POLLOUT | broken | (end ? Linux.POLLHUP : 0) : Linux.POLLPRI;
    }

    /** A kqueue could be polled, but how systems tell that of its timers has never been tried. */
    @Override
    int pollableFd() {
        throw new UnsupportedOperationException("a ring on kqueue has no descriptor to poll;"
                + " give it a thread of its own (Ring.spawnThread)");
    }

    @Override
    void within(long nanos) {
        throw new AssertionError("without a descriptor");
    }

    @Override
    Doorbell doorbell() {
        return doorbell;
    }

    @Override
    void close() {
        doorbell.close();
        calls.close(libc, kqueue);
    }
}
