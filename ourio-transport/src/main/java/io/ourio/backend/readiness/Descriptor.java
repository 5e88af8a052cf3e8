// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Op;
import io.ourio.sys.Linux;

/**
 * One file descriptor and the tasks that wait for it: those that read and those that write, in the
 * order they came, since only the first of them tries its call; and polls, which are told together.
 */
final class Descriptor {
    /** What a reader waits for: data, or the end of it. */
    static final int READABLE = Linux.POLLIN | Linux.POLLRDHUP;

    /** A read stops before urgent data, so that one which goes on must know of it. */
    static final int URGENT = Linux.POLLPRI;

    static final int WRITABLE = Linux.POLLOUT;

    /** Told unasked, to readers and writers alike. */
    static final int BROKEN = Linux.POLLERR | Linux.POLLHUP;

    final int fd;

    final InFlightQueue readers = new InFlightQueue();
    final InFlightQueue writers = new InFlightQueue();
    final InFlightQueue polls = new InFlightQueue();

    /** The first of those that read, at hand: the hot path need not read its queue then. */
    InFlight reader;

    /** What the tasks wait for, and the polls among them, unless a queue has changed since. */
    private int wanted;

    private int polled;
    private boolean stale;

    /** What the poller will tell of, as far as it knows. The poller's. */
    int armed;

    /** Whether the system knows the descriptor, as far as the poller knows. The poller's. */
    boolean registered;

    /** What was told, and nobody has looked at yet. */
    int ready;

    /** Why the system does not poll it, an {@code Errno}, or 0. */
    int refusal;

    /** What is armed is not to be relied on, or must tell again of what is ready already. */
    boolean uncertain;

    /** Neighbours in the lists of {@link Descriptors}. */
    Descriptor nextReady;

    Descriptor nextChanged;
    boolean changed;

    Descriptor(int fd) {
        this.fd = fd;
    }

    /** The queue in which tasks of this kind wait. */
    InFlightQueue queue(Op op) {
        return switch (op) {
            case POLL, POLL_MULTISHOT -> polls;
            default -> op.interest() == Op.Interest.READ ? readers : writers;
        };
    }

    boolean isIdle() {
        return readers.isEmpty() && writers.isEmpty() && polls.isEmpty();
    }

    /** A queue has changed. */
    void queued() {
        reader = readers.first();
        stale = true; // Counted once for all changes: thousands of polls may come and go together.
    }

    /** What the tasks wait for, together; 0 if there is none. */
    int wanted() {
        count();
        return wanted;
    }

    /** What the polls among them are told of, with {@link #BROKEN}; 0 if there is none. */
    int polled() {
        count();
        return polled;
    }

    private void count() {
        if (!stale) {
            return;
        }
        stale = false;
        polled = 0;
        for (InFlight poll = polls.first(); poll != null; poll = poll.next) {
            polled |= poll.task.flags() | BROKEN;
        }
        wanted = polled & ~BROKEN;
        if (reader != null) {
            wanted |= reader.task.op().isMultishot() ? READABLE | URGENT : READABLE;
        }
        if (!writers.isEmpty()) {
            wanted |= WRITABLE;
        }
    }

    /** Tells the poller what is waited for now. */
    void settle(Poller poller) {
        int wanted = wanted();
        if (wanted == 0) {
            disarm(poller);
        } else if (wanted != armed || uncertain) {
            poller.arm(this, wanted);
        }
        uncertain = false;
    }

    /** Nobody waits any more, or the descriptor is about to be closed. */
    void disarm(Poller poller) {
        if (armed != 0) {
            poller.disarm(this);
        }
    }
}
