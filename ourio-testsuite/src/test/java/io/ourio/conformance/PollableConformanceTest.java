// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingThread;
import io.ourio.Task;
import io.ourio.TestClock;
import io.ourio.sys.Linux;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One ring that waits for another by its descriptor, on the same thread. */
@ParameterizedClass(name = "{0}", allowZeroInvocations = true) // In a run for the others.
@MethodSource("kindsWithADescriptor")
class PollableConformanceTest extends Conformance {
    private static final byte[] HELLO = "hello".getBytes();

    static Stream<Named<BackendKind>> kindsWithADescriptor() {
        return kinds().filter(kind -> kind.getPayload() == BackendKind.IO_URING
                || kind.getPayload() == BackendKind.EPOLL);
    }

    /** Gives the inner ring a turn when its descriptor says so, and at no other time. */
    private static final class Nested implements Callback {
        final Ring outer;
        final Ring inner;
        private final int fd;
        private final Task poll;
        int turns;

        Nested(Ring outer, Ring inner) {
            this.outer = outer;
            this.inner = inner;
            fd = inner.pollableFd();
            poll = outer.task(new Context(null, 0, this));
            outer.poll(fd, Linux.POLLIN, poll);
        }

        @Override
        public void onCompletion(Ring ring, Task task) {
            if (task.result() < 0) {
                assertResult(-Errno.ECANCELED, task.result());
                return;
            }
            turns++;
            inner.poll(0);
            outer.poll(fd, Linux.POLLIN, poll);
        }

        void runUntilDone(Log log, int count) {
            runUntil(outer, () -> log.size() >= count,
                    () -> log.size() + " of " + count + " after " + turns + " turns");
        }

        /** What there is to do is done; then the descriptor must keep still. */
        void assertQuiet() {
            int before = -1;
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (turns != before) {
                assertTrue(System.nanoTime() - end < 0, () -> turns + " turns and no end");
                before = turns;
                outer.poll(0);
                outer.poll(0);
            }
            outer.poll(Duration.ofMillis(20).toNanos());
            assertEquals(before, turns);
        }

        void end() {
            poll.cancel(Context.NONE);
            finishAll(outer);
        }
    }

    /** What can make a ring have something to do. */
    private enum Event {
        NOOP(0),
        TIMER(0),
        DEADLINE(-Errno.ECANCELED),
        CANCELED_TIMER(-Errno.ECANCELED),
        MESSAGE_OF_THIS_THREAD(0),
        MESSAGE_OF_THE_OUTER_RING(0),
        MESSAGE_OF_A_THREAD_WITHOUT_A_RING(0),
        MESSAGE_OF_ANOTHER_RING(0),
        MESSAGE_TO_ANOTHER_RING(0),
        DATA(HELLO.length);

        final int result;

        Event(int result) {
            this.result = result;
        }
    }

    @ParameterizedTest
    @EnumSource
    void eventMakesItReadable(Event event) {
        Log log = new Log();
        try (Ring outer = open(); Ring inner = open()) {
            Nested nested = new Nested(outer, inner);
            nested.assertQuiet();
            for (int i = 1; i <= 10; i++) {
                cause(event, nested, log.context());
                nested.runUntilDone(log, i);
                nested.assertQuiet();
            }
            assertEquals(Collections.nCopies(10, event.result), log.results());
            nested.end();
        }
    }

    private void cause(Event event, Nested nested, Context context) {
        Ring inner = nested.inner;
        switch (event) {
            case NOOP -> inner.noop(context);
            case TIMER -> inner.timer(Duration.ofMillis(3), context);
            case DEADLINE -> inner.timer(Duration.ofHours(1), context)
                    .deadline(Instant.now().plusMillis(3));
            case CANCELED_TIMER ->
                    inner.timer(Duration.ofHours(1), context).cancel(Context.NONE);
            case MESSAGE_OF_THIS_THREAD -> inner.post(Task.userMsg(1, context));
            case MESSAGE_OF_THE_OUTER_RING ->
                    nested.outer.msgRing(inner, Task.userMsg(1, context), Context.NONE);
            case MESSAGE_OF_A_THREAD_WITHOUT_A_RING -> Thread.ofPlatform().start(
                    () -> inner.post(Task.userMsg(1, context)));
            case MESSAGE_OF_ANOTHER_RING -> {
                Context send = new Context(null, 0, (self, _) ->
                        self.msgRing(inner, Task.userMsg(1, context), Context.NONE));
                try (RingThread thread = nested.outer.spawnThread(8)) {
                    thread.ring().post(Task.userPtr(null, send));
                }
            }
            case MESSAGE_TO_ANOTHER_RING ->
                    inner.msgRing(nested.outer, Task.userMsg(1, Context.NONE), context);
            case DATA -> {
                World.Pair pair = world.pair();
                inner.recv(pair.ours(), world.memory(10), 0, context);
                nested.outer.poll(0);
                world.send(pair.peer(), HELLO);
            }
        }
    }

    @Test
    void timersOfTheInnerRingAreOnTimeAndCauseFewTurns() {
        Log log = new Log();
        try (Ring outer = open(); Ring inner = open()) {
            Nested nested = new Nested(outer, inner);
            nested.assertQuiet();
            int before = nested.turns;
            long start = System.nanoTime();
            inner.timer(Duration.ofMillis(200), log.context(2));
            inner.timer(Duration.ofMillis(30), log.context(1));
            nested.runUntilDone(log, 2);
            assertTrue(System.nanoTime() - start >= Duration.ofMillis(200).toNanos());
            assertEquals(List.of(1, 2), log.messages());
            assertTrue(nested.turns - before < 10, () -> nested.turns + " turns");
            nested.end();
        }
    }

    /** Nobody tells the inner ring that its wall clock was set, so it has to look by itself. */
    @Test
    void jumpOfTheWallClockOverADeadlineMakesItReadable() {
        Log log = new Log();
        try (Ring outer = open(); Ring inner = open()) {
            TestClock clock = TestClock.of(inner);
            Nested nested = new Nested(outer, inner);
            inner.timer(Duration.ofDays(1), log.context(1))
                    .deadline(clock.now().plus(Duration.ofHours(1)));
            nested.assertQuiet();
            clock.jump(Duration.ofHours(1));
            Task late = outer.timer(Duration.ofSeconds(10), log.context(2));
            nested.runUntilDone(log, 1);
            assertEquals(List.of(1), log.messages());
            nested.assertQuiet();
            late.cancel(Context.NONE);
            nested.end();
        }
    }

    @Test
    void workThatWasThereBeforeMakesItReadable() {
        Log log = new Log();
        try (Ring outer = open(); Ring inner = open()) {
            inner.noop(log.context());
            inner.timer(Duration.ofMillis(1), log.context());
            inner.post(Task.userMsg(1, log.context()));
            Nested nested = new Nested(outer, inner);
            nested.runUntilDone(log, 3);
            nested.assertQuiet();
            nested.end();
        }
    }

    @Test
    void workThatACallbackStartsMakesItReadable() {
        Log log = new Log();
        try (Ring outer = open(); Ring inner = open()) {
            Nested nested = new Nested(outer, inner);
            inner.noop(new Context(null, 0, (ring, _) -> {
                ring.noop(log.context());
                ring.timer(Duration.ofMillis(2), log.context());
                ring.post(Task.userMsg(1, log.context()));
            }));
            nested.runUntilDone(log, 3);
            nested.assertQuiet();
            nested.end();
        }
    }

    @Test
    void wakeupMakesItReadable() {
        try (Ring outer = open(); Ring inner = open()) {
            Nested nested = new Nested(outer, inner);
            nested.assertQuiet();
            int before = nested.turns;
            inner.wakeup();
            runUntil(outer, () -> nested.turns > before, () -> "no turn");
            nested.assertQuiet();
            nested.end();
        }
    }

    /** More than fits into the queues of the inner ring. */
    @Test
    void smallRingFullOfWorkGoesOnUntilAllIsDone() {
        Log log = new Log();
        try (Ring outer = open();
                Ring inner = open(options(8).withCompletions(8))) {
            Nested nested = new Nested(outer, inner);
            for (int i = 0; i < 1000; i++) {
                inner.noop(log.context());
                inner.post(Task.userMsg(i, log.context()));
                inner.timer(i * 1000L, inner.task(log.context()));
            }
            nested.runUntilDone(log, 3000);
            assertEquals(3000, log.size());
            nested.assertQuiet();
            nested.end();
        }
    }

    @Test
    void ringMayStillBeRunAndClosedAsAnyOther() {
        Log log = new Log();
        int[] fd = new int[1];
        try (Ring outer = open()) {
            Ring inner = open();
            Nested nested = new Nested(outer, inner);
            fd[0] = inner.pollableFd();
            inner.timer(Duration.ofMillis(2), log.context());
            runUntil(inner, () -> log.size() == 1, () -> "no timer");
            Thread sender = Thread.ofPlatform().start(
                    () -> inner.post(Task.userMsg(1, log.context())));
            runUntil(inner, () -> log.size() == 2, () -> "no message");
            await(() -> !sender.isAlive(), () -> "the sender hangs");
            inner.timer(Duration.ofHours(1), log.context());
            nested.end();
            inner.close();
            assertEquals(List.of(0, 0, -Errno.ECANCELED), log.results());
            assertFalse(World.isOpen(fd[0]));
        }
    }
}
