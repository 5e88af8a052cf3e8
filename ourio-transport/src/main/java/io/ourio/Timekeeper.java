// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Knows the times that a ring's tasks wait for, by two clocks: timers by the monotonic one,
 * deadlines by the wall clock. It says how long the ring may sleep and whose time has come; what
 * becomes of those tasks is the ring's affair.
 *
 * <p>The clocks are those of the backend, so that time on the mock is the mock's. A ring may
 * replace its backend ({@link Ring#adopt()}), hence the one of now comes with each call. A clock
 * is read only if something waits for it.
 */
final class Timekeeper {
    /** For ever, as a time to wait. */
    static final long FOREVER = -1;

    /** How often deadlines look at the wall clock while nothing else happens: it may jump. */
    private static final long CLOCK_CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** By the backend's monotonic clock: {@link System#nanoTime()}, save on the mock. */
    private final TimerHeap timers = new TimerHeap();

    /** By nanoseconds of the wall clock. */
    private final TimerHeap deadlines = new TimerHeap();

    // What the clocks said when the ring last looked at them.
    private long now;
    private long wallNow;

    /** Starts a timer that ends when its {@link Task#offset()} has passed. */
    void startTimer(Task task, Backend clocks) {
        if (task.timer == null) {
            task.timer = new TimerHeap.Entry(task);
        }
        timers.add(task.timer, clocks.nanoTime() + task.offset());
    }

    /** Ends a timer before its time. */
    void stopTimer(Task task) {
        timers.remove(task.timer);
    }

    /** Ends any timer before its time, and returns its task; null if none is left. */
    Task stopAnyTimer() {
        return taskOf(timers.pollAny());
    }

    /** Gives a task its deadline, in place of the one that it had. */
    void setDeadline(Task task, Instant instant) {
        dropDeadline(task);
        if (task.deadline == null) {
            task.deadline = new TimerHeap.Entry(task);
        }
        deadlines.add(task.deadline, wallNanos(instant));
    }

    /** Takes the deadline from a task, if it has one. */
    void dropDeadline(Task task) {
        if (task.deadline != null && task.deadline.isArmed()) {
            deadlines.remove(task.deadline);
        }
    }

    /** How long the ring may sleep: until a time comes, and no longer than it wants to. */
    long untilNext(long timeoutNanos, Backend clocks) {
        long wait = timeoutNanos < 0 ? Long.MAX_VALUE : timeoutNanos;
        if (!timers.isEmpty()) {
            wait = Math.min(wait, Math.max(timers.delay(clocks.nanoTime()), 0));
        }
        if (!deadlines.isEmpty()) {
            wait = Math.min(wait,
                    Math.clamp(deadlines.delay(clocks.wallNanos()), 0, CLOCK_CHECK_NANOS));
        }
        return wait == Long.MAX_VALUE ? FOREVER : wait;
    }

    /** Looks at the clocks, which decides what has expired until the next look. */
    void look(Backend clocks) {
        if (!timers.isEmpty()) {
            now = clocks.nanoTime();
        }
        if (!deadlines.isEmpty()) {
            wallNow = clocks.wallNanos();
        }
    }

    /** Takes a timer that has expired, or null. */
    Task pollTimer() {
        return taskOf(timers.poll(now));
    }

    /** Takes the deadline of a task for which it is too late now, and returns that; or null. */
    Task pollDeadline() {
        return taskOf(deadlines.poll(wallNow));
    }

    private static Task taskOf(TimerHeap.Entry entry) {
        return entry == null ? null : entry.task;
    }

    /** Nanoseconds since 1970, which a long holds until 2262; beyond that there is no deadline. */
    static long wallNanos(Instant instant) {
        long seconds = Math.clamp(instant.getEpochSecond(), -4_000_000_000L, 4_000_000_000L);
        return seconds * 1_000_000_000L + instant.getNano();
    }
}
