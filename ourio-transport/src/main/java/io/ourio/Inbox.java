// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The messages that other threads put before a ring: any thread adds, the ring's thread takes all
 * at once. A stack without locks, linked through its tasks, that is turned round when it is taken,
 * so that the messages of one sender stay in their order.
 *
 * <p>Whether a ring is alive is decided here: after {@link #close()} nothing gets in any more, and
 * what is in it can still be taken.
 */
final class Inbox {
    private static final Task END = Task.userPtr(null, Context.NONE);
    private static final VarHandle TOP = top();

    /** The newest message, or {@link #END}. */
    private volatile Task top;

    /** What was there at the close, the oldest first. */
    private Task rest;

    private static VarHandle top() {
        try {
            return MethodHandles.lookup().findVarHandle(Inbox.class, "top", Task.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    boolean isEmpty() {
        Task seen = top;
        return seen == null || seen == END && rest == null;
    }

    /**
     * Adds a message that is on no list, from any thread. Returns false, and has not added it, if
     * nobody will ever take it.
     */
    boolean add(Task message) {
        while (true) {
            Task seen = top;
            if (seen == END) {
                message.next = null;
                return false;
            }
            message.next = seen;
            if (TOP.compareAndSet(this, seen, message)) {
                return true;
            }
        }
    }

    /** Takes all messages: the oldest, with the others linked behind it; or null. */
    Task take() {
        if (isEmpty()) {
            return null;
        }
        if (top == END) {
            Task taken = rest;
            rest = null;
            return taken;
        }
        return oldestFirst((Task) TOP.getAndSet(this, (Task) null));
    }

    /** Lets no more in. */
    void close() {
        Task newest = (Task) TOP.getAndSet(this, END);
        if (newest != END) {
            rest = oldestFirst(newest);
        }
    }

    private static Task oldestFirst(Task newest) {
        Task first = null;
        for (Task task = newest; task != null;) {
            Task older = task.next;
            task.next = first;
            first = task;
            task = older;
        }
        return first;
    }
}
