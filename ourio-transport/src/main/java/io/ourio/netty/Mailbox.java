// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;

/**
 * Messages on their way to a channel or a loop: any thread adds, the home loop delivers. A stack
 * without locks that is taken whole and turned round, so that the messages of one sender stay in
 * their order. The loop is called by one task that is used again and again: it is queued when a
 * message comes and it is not queued yet, and delivers all that have come.
 *
 * <p>The home may change, and be missing for a while. Whoever adds looks for it after the adding,
 * and whoever sets it looks for messages after the setting, so that one of both sees the other.
 */
abstract class Mailbox {
    private static final VarHandle TOP = handle("top", Letter.class);
    private static final VarHandle REST = handle("rest", Letter.class);
    private static final VarHandle CALLED = handle("called", boolean.class);
    private static final VarHandle COUNT = handle("count", int.class);
    private static final Letter END = new Letter(null, null);

    /** Who is flooded must not hold up the rest of the loop. */
    private static final int IN_A_ROW = 1024;

    private final Runnable deliver = this::deliver;
    private volatile EventExecutor home;

    /** The newest message, or {@link #END}. */
    private volatile Letter top;

    /** The loop has the task, or somebody is about to give it that. */
    private volatile boolean called;

    /**
     * Messages that are not delivered, of those that came while there was a limit: without one, all
     * senders and the home would fight for this word and nobody would read it.
     */
    private volatile int count;

    /** Being delivered, the oldest first: taken off the stack. For the home loop alone. */
    private Letter taken;

    /**
     * What a delivery has left of that for the next one. For who is next, or fails what waits:
     * whoever puts it here may be told that the loop is called, by one whom the loop then refuses.
     */
    private volatile Letter rest;

    private static VarHandle handle(String field, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(Mailbox.class, field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static int checkLimit(int messages) {
        if (messages < 0) {
            throw new IllegalArgumentException(
                    "a mailbox limit is 0 or more messages, not " + messages);
        }
        return messages;
    }

    /** How many messages may wait; 0 for any number. */
    abstract int limit();

    /** Hands a message over, with what it carries; null, or why it could not be. */
    abstract Throwable tell(OurioEvent event);

    /** Why nothing is taken any more. */
    abstract Throwable closedCause();

    /** Whose thread delivers; null if none does at the moment. */
    final EventExecutor home() {
        return home;
    }

    /** Adds a message, from any thread. */
    final Future<Void> send(OurioEvent event) {
        Letter letter = new Letter(this, event);
        int limit = limit();
        if (limit > 0 && !count(letter, limit)) {
            letter.fail(new MailboxFullException(limit));
        } else if (push(letter)) {
            call();
        } else {
            letter.fail(closedCause());
        }
        return letter;
    }

    /** Takes a place for the message, unless all are taken. */
    private boolean count(Letter letter, int limit) {
        if ((int) COUNT.getAndAdd(this, 1) < limit) {
            letter.counted = true;
            return true;
        }
        COUNT.getAndAdd(this, -1);
        return false;
    }

    private void uncount(Letter letter) {
        if (letter.counted) {
            COUNT.getAndAdd(this, -1);
        }
    }

    private boolean push(Letter letter) {
        while (true) {
            Letter seen = top;
            if (seen == END) {
                return false;
            }
            letter.next = seen;
            if (TOP.compareAndSet(this, seen, letter)) {
                return true;
            }
        }
    }

    /** Has the home loop deliver. Without a home, whoever sets that does. */
    private void call() {
        while (!called && CALLED.compareAndSet(this, false, true)) {
            EventExecutor loop = home;
            if (loop != null) {
                execute(loop);
                return;
            }
            called = false;
            if (home == null) {
                return;
            }
        }
    }

    private void execute(EventExecutor loop) {
        try {
            loop.execute(deliver);
        } catch (RejectedExecutionException e) {
            called = false; // From here on others call for what they leave.
            if (loop.isShutdown() && home == loop) {
                Letter newest = (Letter) TOP.getAndSet(this, END);
                failAll(takeRest(), closedCause());
                failAll(oldestFirst(newest), closedCause());
            } else {
                failAll(takeRest(), e); // The queue of its tasks is full.
                failAll(oldestFirst(take()), e);
            }
        }
    }

    /** Has {@code loop} deliver from now on; nobody if it is null. Called in the loop's thread. */
    final void moveTo(EventExecutor loop) {
        leaveRest(); // It may be a delivery that moves it.
        home = loop;
        callIfAny();
    }

    private void callIfAny() {
        if (rest != null || top != null && top != END) {
            call();
        }
    }

    private boolean isHome() {
        EventExecutor loop = home;
        return loop != null && loop.inEventLoop();
    }

    private void deliver() {
        called = false;
        if (!isHome()) {
            call(); // It has moved to another loop meanwhile, or is between two.
            return;
        }
        taken = takeRest();
        if (taken == null) {
            taken = oldestFirst(take());
        }
        try {
            for (int left = IN_A_ROW; taken != null && left > 0 && isHome(); left--) {
                Letter letter = taken;
                taken = letter.next;
                letter.next = null;
                uncount(letter);
                deliver(letter);
            }
        } finally {
            if (isHome()) {
                leaveRest();
                callIfAny(); // Other tasks of the loop come first.
            }
        }
    }

    /** Ends a delivery early, if one is going on. */
    private void leaveRest() {
        if (taken != null) {
            rest = taken;
            taken = null;
        }
    }

    private void deliver(Letter letter) {
        if (!letter.setUncancellable()) {
            ReferenceCountUtil.safeRelease(letter.event);
            return;
        }
        Throwable failure = tell(letter.event);
        if (failure == null) {
            letter.trySuccess(null);
        } else {
            letter.tryFailure(failure);
        }
    }

    /** Takes no further message and fails those that wait. Called in the home loop's thread. */
    final void close() {
        Letter newest = (Letter) TOP.getAndSet(this, END);
        leaveRest();
        failAll(takeRest(), closedCause());
        failAll(oldestFirst(newest), closedCause());
    }

    private Letter takeRest() {
        return rest == null ? null : (Letter) REST.getAndSet(this, (Letter) null);
    }

    private Letter take() {
        while (true) {
            Letter seen = top;
            if (seen == null || seen == END || TOP.compareAndSet(this, seen, (Letter) null)) {
                return seen;
            }
        }
    }

    private static Letter oldestFirst(Letter newest) {
        Letter first = null;
        for (Letter letter = newest; letter != null && letter != END;) {
            Letter older = letter.next;
            letter.next = first;
            first = letter;
            letter = older;
        }
        return first;
    }

    private void failAll(Letter first, Throwable cause) {
        for (Letter letter = first; letter != null;) {
            Letter behind = letter.next;
            letter.next = null;
            uncount(letter);
            letter.fail(cause);
            letter = behind;
        }
    }
}
