// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.TestClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Somebody sets the wall clock. Deadlines are by it, also if the ring sleeps meanwhile and nothing
 * wakes it up; timers are not. What comes before what says so, and no stopwatch.
 */
@OnEveryBackend
class WallClockConformanceTest extends Conformance {
    private static final Duration HOUR = Duration.ofHours(1);

    /** Much longer than the second within which a ring looks at its clock, on any machine. */
    private static final Duration SOME_SECONDS = Duration.ofSeconds(10);

    private static final int DEADLINE = 1;
    private static final int TIMER = 2;

    private final Log log = new Log();

    /** Has a task in flight that only its deadline ends. */
    private void waitUntil(Instant deadline, Ring ring) {
        ring.recv(world.pair().ours(), world.memory(8), 0, log.context(DEADLINE))
                .deadline(deadline);
        turns(ring, 2);
        assertEquals(List.of(), log.messages());
    }

    /** Gives the ring turns that sleep for as long as its times let them. */
    private void runUntilTold(int count, Ring ring) {
        while (log.size() < count) {
            ring.poll(PATIENCE.toNanos());
        }
    }

    /** Sets the clock once the calling thread sleeps. */
    private static CompletableFuture<Void> jumpAsleep(TestClock clock, Duration by) {
        Path state = thisThread().resolve("stat");
        return CompletableFuture.runAsync(() -> {
            await(() -> isAsleep(state), () -> "the ring's thread does not sleep");
            clock.jump(by);
        });
    }

    private static Path thisThread() {
        try {
            return Path.of("/proc/thread-self").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isAsleep(Path state) {
        try {
            String line = Files.readString(state);
            return line.startsWith(" S ", line.lastIndexOf(')') + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void jumpOverTheDeadlineEndsTheTaskAndNoTimer() {
        try (Ring ring = open()) {
            TestClock clock = TestClock.of(ring);
            ring.timer(HOUR, log.context(TIMER));
            waitUntil(clock.now().plus(HOUR), ring);
            clock.jump(HOUR.multipliedBy(2));
            turns(ring, 2);
            assertEquals(List.of(DEADLINE), log.messages());
            assertEquals(List.of(-Errno.ECANCELED), log.results());
        }
    }

    @Test
    void jumpOverTheDeadlineIsSeenByARingThatSleeps() {
        try (Ring ring = open()) {
            TestClock clock = TestClock.of(ring);
            waitUntil(clock.now().plus(HOUR), ring);
            ring.timer(SOME_SECONDS, log.context(TIMER));
            CompletableFuture<Void> jump = jumpAsleep(clock, HOUR);
            runUntilTold(1, ring);
            assertEquals(List.of(DEADLINE), log.messages());
            jump.join();
        }
    }

    @Test
    void jumpBackPutsTheDeadlineOffUntilTheClockIsThereAgain() {
        try (Ring ring = open()) {
            TestClock clock = TestClock.of(ring);
            Instant deadline = clock.now().plusMillis(10);
            waitUntil(deadline, ring);
            clock.jump(HOUR.negated());
            ring.timer(Duration.ofMillis(20), log.context(TIMER));
            runUntilTold(1, ring);
            clock.set(deadline.minusNanos(1));
            turns(ring, 2);
            assertEquals(List.of(TIMER), log.messages(), "it is too early by the clock");
            clock.set(deadline);
            turns(ring, 2);
            assertEquals(List.of(TIMER, DEADLINE), log.messages());
        }
    }

    @Test
    void jumpBackIsSeenByARingThatSleepsUntilTheDeadline() {
        try (Ring ring = open()) {
            TestClock clock = TestClock.of(ring);
            Instant deadline = clock.now().plusMillis(100);
            waitUntil(deadline, ring);
            CompletableFuture<Void> jump = jumpAsleep(clock, HOUR.negated());
            ring.timer(Duration.ofMillis(150), new Context(null, TIMER, (r, task) -> {
                jump.join();
                log.onCompletion(r, task);
                clock.set(deadline);
            }));
            runUntilTold(2, ring);
            assertEquals(List.of(TIMER, DEADLINE), log.messages());
        }
    }
}
