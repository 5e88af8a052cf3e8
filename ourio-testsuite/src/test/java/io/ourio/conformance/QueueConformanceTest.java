// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingClosedException;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queues that are full, callbacks that misbehave, and the modes of running. */
@OnEveryBackend
class QueueConformanceTest extends Conformance {
    private static final int MANY = 10_000;

    @Test
    void tasksBeyondTheSubmissionQueueAreAllDoneInTheirOrder() {
        Log log = new Log();
        try (Ring ring = open(8)) {
            for (int i = 0; i < MANY; i++) {
                ring.noop(log.context(i));
            }
            assertEquals(MANY, ring.active());
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(IntStream.range(0, MANY).boxed().toList(), log.messages());
    }

    /** Who is told of an answer may use the task again that has sent the question. */
    @Test
    void sendIsToldBeforeWhatItHasBrought() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            ring.recvMultishot(pair.peer(), ring.bufferGroup(8, 1024), ring.task(log.context(2)));
            turns(ring, 2);
            ring.send(pair.ours(), world.memory(new byte[] {1, 2, 3}), 0, log.context(1));
            runUntil(ring, () -> log.size() == 2, log.entries()::toString);
            assertEquals(List.of(1, 2), log.messages());
            assertEquals(List.of(3, 3), log.results());
        }
    }

    /** One byte makes thousands of tasks ready at once: far more than the queue has places. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void completionsBeyondTheCompletionQueueAreNotLost(boolean cancel) {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open(8)) {
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < 5000; i++) {
                tasks.add(ring.poll(pair.ours(), Linux.POLLIN, log.context()));
            }
            turns(ring, 5000 / 8 + 2);
            assertEquals(0, log.size());
            if (cancel) {
                ring.cancelAll();
            } else {
                world.send(pair.peer(), new byte[1]);
            }
            finishAll(ring);
            tasks.forEach(task -> assertResult(
                    cancel ? -Errno.ECANCELED : Linux.POLLIN, task.result()));
            Map<Task, Integer> endings = new HashMap<>();
            log.entries().forEach(entry -> endings.merge(entry.task(), 1, Integer::sum));
            assertEquals(tasks.size(), endings.size());
            assertTrue(endings.values().stream().allMatch(count -> count == 1));
        }
    }

    @Test
    void multishotTaskThatTheFullCompletionQueueEndedSaysSo() {
        World.Pair flood = world.pair();
        World.Pair pair = world.pair();
        Log log = new Log();
        Log crowd = new Log();
        try (Ring ring = open(8)) {
            Task poll = ring.pollMultishot(pair.ours(), Linux.POLLIN, log.context());
            for (int i = 0; i < 1000; i++) {
                ring.poll(flood.ours(), Linux.POLLIN, crowd.context());
            }
            turns(ring, 1000 / 8 + 2);
            world.send(flood.peer(), new byte[1]);
            world.send(pair.peer(), new byte[1]);
            runUntil(ring, () -> crowd.size() == 1000, () -> crowd.size() + " of 1000");
            // Ended or going on, it hears of the next change.
            int told = log.size();
            if (poll.isFree()) {
                assertFalse(log.entries().getLast().more());
                poll = ring.pollMultishot(pair.ours(), Linux.POLLIN, log.context());
            }
            world.send(pair.peer(), new byte[1]);
            runUntil(ring, () -> log.size() > told, poll::toString);
        }
    }

    @Test
    void callbackThatThrowsIsReportedOnceAndTheOthersAreCalled() {
        Log log = new Log();
        List<Task> thrown = new ArrayList<>();
        List<Task> reported = new ArrayList<>();
        List<Throwable> causes = new ArrayList<>();
        var options = options(64).withOnFailure((task, failure) -> {
            reported.add(task);
            causes.add(failure);
        });
        try (Ring ring = open(options)) {
            for (int i = 0; i < 30; i++) {
                ring.noop(log.context());
                thrown.add(ring.noop(new Context(null, i, (_, task) -> {
                    sneak(task.msg() % 2 == 0 ? new IllegalStateException("mine")
                            : new StackOverflowError("mine"));
                })));
                ring.timer(Duration.ZERO, log.context());
            }
            finishAll(ring);
        }
        assertEquals(60, log.size());
        assertEquals(thrown, reported);
        causes.forEach(cause -> assertEquals("mine", cause.getMessage()));
    }

    @SuppressWarnings("unchecked") // The cast is never made: throws do not exist at run time.
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void listenerOfFailuresThatThrowsDoesNotStopTheRing() {
        Log log = new Log();
        AtomicInteger heard = new AtomicInteger();
        var options = options(64).withOnFailure((_, _) -> {
            heard.incrementAndGet();
            throw new IllegalStateException("the listener fails as well");
        });
        try (Ring ring = open(options)) {
            for (int i = 0; i < 2; i++) {
                ring.noop(new Context(null, 0, (_, _) -> {
                    throw new IllegalStateException("mine");
                }));
                ring.noop(log.context());
            }
            assertEquals(4, ring.poll(0));
            assertEquals(2, log.size());
            assertEquals(2, heard.get());
        }
    }

    @Test
    void callbackOfEveryMultishotCompletionMayThrow() {
        World.Pair pair = world.pair();
        int[] calls = new int[1];
        try (Ring ring = open()) {
            Task poll = ring.pollMultishot(pair.ours(), Linux.POLLIN, new Context(null, 0,
                    (_, task) -> {
                        calls[0]++;
                        throw new IllegalStateException("call " + calls[0] + task.hasMore());
                    }));
            for (int i = 1; i <= 3; i++) {
                world.send(pair.peer(), new byte[1]);
                int count = i;
                runUntil(ring, () -> calls[0] == count, poll::toString);
            }
            poll.cancel(Context.NONE);
            finishAll(ring);
        }
        assertEquals(List.of("call 1true", "call 2true", "call 3true", "call 4false"),
                failures.stream().map(Throwable::getMessage).toList());
        failures.clear();
    }

    @Test
    void callbackMayStartNewTasksAndItsOwnAgain() {
        int[] calls = new int[2];
        try (Ring ring = open(8)) {
            Task again = ring.task(new Context(null, 0, (r, task) -> {
                if (++calls[0] < MANY) {
                    r.noop(task);
                }
                if (calls[0] <= 100) {
                    r.noop(new Context(null, 0, (_, _) -> calls[1]++));
                    r.timer(Duration.ZERO, new Context(null, 0, (_, _) -> calls[1]++));
                }
            }));
            ring.noop(again);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(MANY, calls[0]);
        assertEquals(200, calls[1]);
    }

    @Test
    void timerThatStartsItselfAgainDoesNotKeepATurnFromEnding() {
        int[] calls = new int[1];
        try (Ring ring = open()) {
            ring.timer(0, ring.task(new Context(null, 0, (r, task) -> {
                calls[0]++;
                if (!r.isClosed()) {
                    r.timer(0, task);
                }
            })));
            Task noop = ring.noop(Context.NONE);
            turns(ring, 5);
            assertTrue(noop.isFree());
            assertTrue(calls[0] >= 5 && calls[0] <= 10, calls[0] + " calls in 5 turns");
        }
    }

    @Test
    void callbackMayCloseTheRing() {
        Log log = new Log();
        List<Throwable> refused = new ArrayList<>();
        Ring ring = open();
        Task waiting = ring.recv(world.pair().ours(), world.memory(1), 0, log.context());
        ring.timer(Duration.ofDays(1), log.context());
        turns(ring, 1);
        ring.noop(new Context(null, 0, (r, _) -> {
            r.close();
            assertTrue(r.isClosed());
            assertFalse(waiting.isFree(), "the ring is closed at the end of the turn");
            try {
                r.noop(log.context());
            } catch (RingClosedException e) {
                refused.add(e);
            }
            r.close();
        }));
        ring.noop(log.context());
        ring.run(RunMode.UNTIL_DONE);
        assertEquals(1, refused.size());
        assertEquals("the ring is closed", refused.getFirst().getMessage());
        assertEquals(List.of(0, -Errno.ECANCELED, -Errno.ECANCELED),
                log.results().stream().sorted((a, b) -> b - a).toList());
        assertEquals(0, ring.active());
        assertThrows(RingClosedException.class, () -> ring.poll(0));
    }

    @Test
    void callbackThatClosesTheRingAndThrowsHasClosedIt() {
        Log log = new Log();
        Ring ring = open();
        ring.timer(Duration.ofDays(1), log.context());
        ring.noop(new Context(null, 0, (r, _) -> {
            r.close();
            throw new IllegalStateException("after the close");
        }));
        ring.poll(0);
        assertEquals(List.of(-Errno.ECANCELED), log.results());
        assertEquals("after the close", failures.removeFirst().getMessage());
        assertThrows(RingClosedException.class, () -> ring.poll(0));
    }

    @ParameterizedTest
    @EnumSource
    void callbackMustNotRunItsRing(RunMode mode) {
        try (Ring ring = open()) {
            ring.noop(new Context(null, 0, (r, _) -> r.run(mode)));
            ring.noop(new Context(null, 0, (r, _) -> r.poll(0)));
            finishAll(ring);
            assertEquals(2, failures.size());
            for (Throwable failure : failures) {
                assertInstanceOf(IllegalStateException.class, failure);
                assertEquals("a callback must not run its ring", failure.getMessage());
            }
            failures.clear();
            assertResult(0, finish(ring, ring.noop(Context.NONE)));
        }
    }

    @Test
    void onceReturnsWithTheFirstCompletion() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            ring.run(RunMode.ONCE); // Nothing to wait for.
            ring.recv(pair.ours(), world.memory(8), 0, log.context(1));
            ring.timer(Duration.ofMillis(5), log.context(2));
            ring.timer(Duration.ofDays(1), log.context(3));
            ring.run(RunMode.ONCE);
            assertEquals(List.of(2), log.messages());
            world.send(pair.peer(), new byte[1]);
            ring.run(RunMode.ONCE);
            assertEquals(List.of(2, 1), log.messages());
        }
    }

    /** A ring with deadlines wakes up by itself to read the wall clock, which is no completion. */
    @Test
    void onceWaitsForACompletionLongerThanTheClockIsLeftAlone() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = ring.recv(world.pair().ours(), world.memory(8), 0, log.context());
            recv.deadline(Instant.now().plusMillis(1500));
            ring.run(RunMode.ONCE);
            assertEquals(1, log.size());
        }
    }

    @Test
    void foreverRunsUntilTheRingIsClosed() {
        int[] calls = new int[1];
        Ring ring = open();
        ring.timer(1, ring.task(new Context(null, 0, (r, task) -> {
            if (++calls[0] == 50) {
                r.close();
            } else {
                r.timer(1, task);
            }
        })));
        ring.run(RunMode.FOREVER);
        assertEquals(50, calls[0]);
        assertTrue(ring.isClosed());
    }

    @Test
    void untilDoneReturnsAtOnceWhereNothingIsToDo() {
        try (Ring ring = open()) {
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(0, ring.poll(0));
        }
    }

    @Test
    void pollWaitsForItsTimeAndHardlyLonger() {
        long wait = Duration.ofMillis(5).toNanos();
        long best = Long.MAX_VALUE;
        try (Ring ring = open()) {
            for (int i = 0; i < 20; i++) {
                long start = System.nanoTime();
                assertEquals(0, ring.poll(wait));
                long took = System.nanoTime() - start;
                assertTrue(took >= wait, took + " ns");
                best = Math.min(best, took);
            }
        }
        assertTrue(best < wait + 2_000_000, "the best of 20 took " + best + " ns");
    }

    @Test
    void pollCountsWhatItDelivers() {
        try (Ring ring = open()) {
            for (int i = 0; i < 10; i++) {
                ring.noop(Context.NONE);
            }
            ring.timer(Duration.ZERO, Context.NONE);
            assertEquals(10, ring.poll(Duration.ofSeconds(1).toNanos()));
            assertEquals(0, ring.poll(0));
        }
    }

    @Test
    void twoRingsOnOneThreadDoNotMixTheirTasks() {
        Log log = new Log();
        try (Ring first = open(8); Ring second = open(8)) {
            World.Pair pair = world.pair();
            for (int i = 0; i < 100; i++) {
                Task recv = first.recv(pair.ours(), world.memory(8), 0, log.context(1));
                first.poll(0);
                second.send(pair.peer(), world.memory(8), 0, log.context(2));
                assertResult(8, finish(second, second.noop(Context.NONE)) + 8);
                assertResult(8, finish(first, recv));
                assertSame(first, recv.ring());
            }
            finishAll(second);
        }
        assertEquals(200, log.size());
    }

    /** A thread can register 16 rings with the kernel; the others do without. */
    @Test
    void fortyRingsOnOneThreadWork() {
        Map<Integer, String> before = World.openFiles();
        List<Ring> rings = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 40; i++) {
                rings.add(open(8));
                assertResult(0, finish(rings.getLast(), rings.getLast().noop(Context.NONE)));
            }
            for (Ring ring : rings) {
                assertResult(0, finish(ring, ring.noop(Context.NONE)));
            }
            rings.forEach(Ring::close);
            rings.clear();
        }
        assertEquals(before, World.openFiles());
    }
}
