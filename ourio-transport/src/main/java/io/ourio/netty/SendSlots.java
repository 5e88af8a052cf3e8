// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;
import java.util.ArrayDeque;

/**
 * What the stream channels of a loop send with. A channel has a slot only while it sends: the one
 * that was free last comes first and is still in the processor's cache, where one for each of many
 * connections would not be; and a connection that is idle has none.
 */
final class SendSlots {
    /** More are left to the garbage collector: so many sends in flight were an exception. */
    private static final int MOST_FREE = 1024;

    private static final Callback SENT = (ring, task) -> task.target(Slot.class).sent(task);

    private final Ring ring;
    private final ArrayDeque<Slot> free = new ArrayDeque<>();

    SendSlots(Ring ring) {
        this.ring = ring;
    }

    /** A slot for {@code user}, until it is {@linkplain Slot#free() freed}. */
    Slot take(WriteLoop user) {
        Slot slot = free.isEmpty() ? new Slot() : free.pop();
        slot.user = user;
        return slot;
    }

    /** One send: the task, and the pieces that the kernel reads meanwhile. */
    final class Slot {
        private final Task task = ring.task(new Context(this, BuiltInTag.SEND, SENT));
        private Pieces pieces = new Pieces();
        private WriteLoop user;

        Task task() {
            return task;
        }

        Pieces pieces() {
            return pieces;
        }

        /** Somebody else keeps its pieces; empty ones take their place. */
        void replacePieces(Pieces empty) {
            pieces = empty;
        }

        /** Gives it back: the kernel has neither its task nor what its pieces name. */
        void free() {
            assert task.isFree() && pieces.bytes() == 0;
            user = null;
            if (free.size() < MOST_FREE) {
                free.push(this);
            }
        }

        private void sent(Task completed) {
            user.sent(completed);
        }
    }
}
