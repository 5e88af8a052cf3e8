// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.ourio.mock.Mock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimekeeperTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Mock mock = new Mock();
    private final Ring ring = mock.open();
    private final Backend clocks = ring.backend;
    private final Timekeeper times = new Timekeeper();

    @AfterEach
    void close() {
        ring.close();
    }

    private Task timer(long nanos) {
        Task task = Tasks.free();
        task.prepare(Op.TIMER, Operations.NO_FD, 0, 0, 0, nanos, null);
        times.startTimer(task, clocks);
        return task;
    }

    private Task deadline(Duration fromNow) {
        Task task = Tasks.free();
        times.setDeadline(task, mock.now().plus(fromNow));
        return task;
    }

    private void advance(long nanos) {
        mock.advance(Duration.ofNanos(nanos));
    }

    @Test
    void sleepLastsUntilTheFirstTimeOfEitherClock() {
        assertEquals(Timekeeper.FOREVER, times.untilNext(Timekeeper.FOREVER, clocks));
        assertEquals(70, times.untilNext(70, clocks));
        timer(50);
        assertEquals(50, times.untilNext(Timekeeper.FOREVER, clocks));
        assertEquals(50, times.untilNext(70, clocks));
        assertEquals(0, times.untilNext(0, clocks));
        Task waiting = deadline(Duration.ofNanos(30));
        assertEquals(30, times.untilNext(70, clocks));
        advance(20);
        assertEquals(10, times.untilNext(70, clocks));
        times.dropDeadline(waiting);
        assertEquals(30, times.untilNext(70, clocks));
        advance(1_000);
        assertEquals(0, times.untilNext(Timekeeper.FOREVER, clocks));
    }

    /** The wall clock may be set while the ring sleeps, of which nobody tells. */
    @Test
    void sleepBeforeDeadlineIsCutIntoSeconds() {
        deadline(Duration.ofHours(1));
        assertEquals(SECOND, times.untilNext(Timekeeper.FOREVER, clocks));
        assertEquals(70, times.untilNext(70, clocks));
        timer(3 * SECOND);
        assertEquals(SECOND, times.untilNext(Timekeeper.FOREVER, clocks));
    }

    @Test
    void timersFollowTheMonotonicClockAndDeadlinesTheOther() {
        Task timer = timer(SECOND);
        Task late = deadline(Duration.ofHours(1));
        mock.setWallClock(mock.now().plus(Duration.ofHours(2)));
        times.look(clocks);
        assertNull(times.pollTimer());
        assertSame(late, times.pollDeadline());
        assertNull(times.pollDeadline());
        mock.setWallClock(mock.now().minus(Duration.ofHours(2)));
        deadline(Duration.ofHours(1));
        advance(SECOND);
        times.look(clocks);
        assertSame(timer, times.pollTimer());
        assertNull(times.pollTimer());
        assertNull(times.pollDeadline());
    }

    /** Else a turn might never end: each look would find that a little time has passed. */
    @Test
    void whatExpiresIsDecidedByTheLook() {
        Task soon = timer(10);
        Task later = timer(20);
        advance(10);
        times.look(clocks);
        advance(10);
        assertSame(soon, times.pollTimer());
        assertNull(times.pollTimer());
        times.look(clocks);
        assertSame(later, times.pollTimer());
    }

    @Test
    void secondDeadlineReplacesTheFirst() {
        Task task = deadline(Duration.ofNanos(10));
        times.setDeadline(task, mock.now().plusNanos(30));
        advance(20);
        times.look(clocks);
        assertNull(times.pollDeadline());
        advance(10);
        times.look(clocks);
        assertSame(task, times.pollDeadline());
        times.dropDeadline(task); // It has none any more.
        assertEquals(Timekeeper.FOREVER, times.untilNext(Timekeeper.FOREVER, clocks));
    }

    @Test
    void stoppedTimersNeverExpire() {
        Task first = timer(10);
        times.stopTimer(first);
        Set<Task> rest = new HashSet<>(Set.of(timer(10), timer(20)));
        for (Task task = times.stopAnyTimer(); task != null; task = times.stopAnyTimer()) {
            rest.remove(task);
        }
        assertEquals(Set.of(), rest);
        advance(30);
        times.look(clocks);
        assertNull(times.pollTimer());
        times.startTimer(first, clocks);
        assertEquals(10, times.untilNext(Timekeeper.FOREVER, clocks));
    }

    @Test
    void deadlinesBeyondWhatLongHoldsAreFarAway() {
        assertEquals(1_000_000_007L, Timekeeper.wallNanos(Instant.ofEpochSecond(1, 7)));
        assertEquals(-999_999_993L, Timekeeper.wallNanos(Instant.ofEpochSecond(-1, 7)));
        assertEquals(4_000_000_000_999_999_999L, Timekeeper.wallNanos(Instant.MAX));
        assertEquals(-4_000_000_000_000_000_000L, Timekeeper.wallNanos(Instant.MIN));
    }
}
