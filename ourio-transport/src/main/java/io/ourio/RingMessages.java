// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.invoke.VarHandle;

/**
 * What other threads bring to a ring: messages, and calls that end its sleep. Any thread brings,
 * the ring's own takes. Whoever brings something rings the ring's doorbell behind it, so that a
 * ring which looks here after it has announced its sleep misses nothing.
 *
 * <p>A message that got in is told exactly once, also by a ring that is closed before its turn: as
 * canceled, and a descriptor in it is closed. One that did not is its sender's again.
 */
final class RingMessages {
    private final Ring ring;
    private final Inbox inbox = new Inbox();

    /** Somebody called since the last look. */
    private volatile boolean called;

    // Of this ring's thread as a sender, see RingMetrics.
    private long wakeupsSent;
    private long wakeupsSaved;

    RingMessages(Ring ring) {
        this.ring = ring;
    }

    /** Whether there is no message. Any thread may ask. */
    boolean isEmpty() {
        return inbox.isEmpty();
    }

    /** Whether there is neither a message nor a call. */
    boolean isQuiet() {
        return inbox.isEmpty() && !called;
    }

    /**
     * Puts a message that its sender has {@linkplain Task#claim() claimed} before the ring.
     * Returns false, and the sender has it back, if nobody will ever take it. {@code from} is null
     * for a thread of no ring.
     */
    boolean put(Task message, Ring from) {
        if (ring.isAbandoned() || !inbox.add(message)) {
            message.move(Task.State.IN_FLIGHT, Task.State.FREE);
            return false;
        }
        ringFrom(from);
        return true;
    }

    /** Ends the sleep of the ring, or the next one at once. {@code from} as for a message. */
    void call(Ring from) {
        if (!called) {
            called = true;
        }
        // What the caller did must be visible before it looks whether the ring sleeps: the ring
        // does the reverse.
        VarHandle.fullFence();
        ringFrom(from);
    }

    private void ringFrom(Ring from) {
        // Looked up only now: a ring that has replaced it since looks here before it sleeps.
        Backend bell = ring.backend;
        if (from == null) {
            bell.wakeup();
        } else {
            from.messages.count(bell.wakeup(from.backend));
        }
    }

    private void count(boolean sent) {
        if (sent) {
            wakeupsSent++;
        } else {
            wakeupsSaved++;
        }
    }

    /** Whether somebody has called. The answer to the next question is about later calls. */
    boolean takeCall() {
        boolean taken = called;
        if (taken) {
            called = false;
        }
        return taken;
    }

    /** Calls the callbacks of the messages that are there. */
    void tell() {
        for (Task message = inbox.take(); message != null;) {
            Task behind = message.next;
            message.next = null;
            if (ring.isClosed()) { // Maybe since the message before.
                cancel(message);
            } else {
                message.result(0, false);
            }
            message.move(Task.State.IN_FLIGHT, Task.State.FREE);
            ring.tasks.call(message);
            message = behind;
        }
    }

    private void cancel(Task message) {
        message.result(-Errno.ECANCELED, false);
        if (message.op() == Op.USER_FD) {
            ring.backend.discard(message.takeFd());
        }
    }

    /** Lets no more messages in. Those that are there are still to be told. */
    void close() {
        inbox.close();
    }

    /** How often the ring's thread had to end the sleep of another ring. */
    long wakeupsSent() {
        return wakeupsSent;
    }

    /** How often it had no need to. */
    long wakeupsSaved() {
        return wakeupsSaved;
    }
}
