// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.Backend;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;

/**
 * How other threads end a ring's sleep: struck only when the ring's thread sleeps or is about to,
 * and then once. What a stroke is, a subclass knows.
 *
 * <p>One word holds the state, the count of callers that may be striking, and the count of strokes,
 * so that whatever is done here is one atomic step after another.
 */
public abstract class Doorbell {
    private static final int AWAKE = 0;
    private static final int ASLEEP = 1;
    /** Somebody called since the thread last looked, so it must not sleep now. */
    private static final int CALLED = 2;
    private static final int CLOSED = 3;

    private static final long STATE = 3;
    private static final long ONE_CALLER = 4;
    private static final int STROKES = 22;
    private static final long CALLERS = (1L << STROKES) - ONE_CALLER;
    private static final long ONE_STROKE = 1L << STROKES;

    private static final LongUnaryOperator TO_AWAKE = word -> word & ~STATE | AWAKE;
    private static final LongUnaryOperator TO_ASLEEP = word -> word & ~STATE | ASLEEP;
    private static final LongUnaryOperator TO_CLOSED = word -> word | CLOSED;

    private final AtomicLong word = new AtomicLong();

    /** A doorbell of a thread that is awake. */
    protected Doorbell() {}

    /**
     * Ends the sleep of the thread, once. Any thread may call it.
     *
     * @param from whose ring's thread it is that calls, or null for a thread without a ring
     */
    protected abstract void strike(Backend from);

    /** From now on a call rings. What came in before must be looked for after this. */
    public final void announceSleep() {
        word.getAndUpdate(TO_ASLEEP);
    }

    /** Whether the thread may sleep now. */
    public final boolean sleep() {
        while (true) {
            long now = word.get();
            switch (state(now)) {
                case ASLEEP -> {
                    return true;
                }
                case AWAKE -> {
                    if (word.compareAndSet(now, now | ASLEEP)) {
                        return true;
                    }
                }
                default -> {
                    return false;
                }
            }
        }
    }

    /**
     * The thread is awake and will look for itself at what comes in. A full fence, unless it was
     * awake before: what it looks at next must be younger than a call that this forgets.
     */
    public final void wake() {
        if (state(word.get()) != AWAKE) {
            word.getAndUpdate(TO_AWAKE);
        }
    }

    /**
     * Ends the sleep, or prevents the next. Any thread may call it, after a full fence that makes
     * visible what the sleeper is to look for.
     */
    public final void ring() {
        ring(null);
    }

    /**
     * The same, called by the thread of the ring that {@code from} belongs to, or by one of no ring
     * if that is null. Returns whether it had to strike.
     */
    public final boolean ring(Backend from) {
        boolean asleep = call();
        if (asleep) {
            try {
                strike(from);
            } finally {
                done();
            }
        }
        return asleep;
    }

    /** How often it was struck so far. Any thread may ask. */
    public final long strokes() {
        return word.get() >>> STROKES;
    }

    private static int state(long word) {
        return (int) (word & STATE);
    }

    /** Whether the caller must strike, and say {@link #done} then. */
    final boolean call() {
        while (true) {
            long now = word.get();
            switch (state(now)) {
                case AWAKE -> {
                    if (word.compareAndSet(now, now | CALLED)) {
                        return false;
                    }
                }
                case ASLEEP -> {
                    long called = now & ~STATE | CALLED;
                    if (word.compareAndSet(now, called + ONE_CALLER + ONE_STROKE)) {
                        return true;
                    }
                }
                default -> {
                    return false;
                }
            }
        }
    }

    /** The caller has struck. */
    final void done() {
        word.addAndGet(-ONE_CALLER);
    }

    /** Ends it for all callers: from here on nobody strikes any more. */
    protected final void silence() {
        close();
        while (hasCallers()) {
            Thread.onSpinWait(); // For the length of one system call.
        }
    }

    final void close() {
        word.getAndUpdate(TO_CLOSED);
    }

    /** Nothing is closed under them: its number is used again. */
    final boolean hasCallers() {
        return (word.get() & CALLERS) != 0;
    }

    @Override
    public final String toString() {
        long now = word.get();
        return switch (state(now)) {
            case AWAKE -> "awake";
            case ASLEEP -> "asleep";
            case CALLED -> "called";
            default -> "closed";
        } + ", callers " + (now & CALLERS) / ONE_CALLER;
    }
}
