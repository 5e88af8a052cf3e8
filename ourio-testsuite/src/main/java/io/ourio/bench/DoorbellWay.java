// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;

/** A way in which one thread sends a message to another and wakes it. */
enum DoorbellWay {
    /** No rings: a concurrent queue, and {@code unpark} for a thread that sleeps. */
    UNPARK("queue and unpark", null, false),
    /** A write to an eventfd. The sender hears that the message is there. */
    EVENTFD("eventfd, msgRing()", "message_ring,sync_message", true),
    /** The same by the call for threads without a ring, whose caller hears of failures only. */
    EVENTFD_POST("eventfd, post()", "message_ring,sync_message", false),
    /** A MSG_RING that is submitted at once. */
    MSG_RING("MSG_RING, msgRing()", "", true),
    /** The system call that sends a MSG_RING without a ring (Linux 6.13 or newer). */
    SYNC_MESSAGE("sync message, post()", "", false);

    private final String description;
    private final String disabled;
    private final boolean byRing;

    DoorbellWay(String description, String disabled, boolean byRing) {
        this.description = description;
        this.disabled = disabled;
        this.byRing = byRing;
    }

    String description() {
        return description;
    }

    /** Starts two threads that do it so. */
    Pair start(Ring parent) {
        return disabled == null ? new QueuePair() : RingPair.start(parent, this);
    }

    /** What {@code io.ourio.uring.disable} must be when the rings are opened. */
    String disabled() {
        return disabled;
    }

    void send(Ring from, Ring to, Task message) {
        if (byRing) {
            from.msgRing(to, message, Context.NONE);
        } else {
            to.post(message);
        }
    }
}
