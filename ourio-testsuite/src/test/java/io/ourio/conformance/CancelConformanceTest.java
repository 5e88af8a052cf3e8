// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How tasks end before their time: cancel, cancelAll, deadlines, and all orders of these. */
@OnEveryBackend
class CancelConformanceTest extends Conformance {
    private static final byte[] HELLO = "hello".getBytes();

    private Task waiting(Ring ring, Context context) {
        return ring.recv(world.pair().ours(), world.memory(8), 0, context);
    }

    @Test
    void canceledQueuedTaskNeverReachesTheKernel() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task send = ring.send(pair.ours(), world.memory(HELLO), 0, log.context(1));
            Task request = send.cancel(log.context(2));
            finishAll(ring);
            assertEquals(List.of(1, 2), log.messages());
            assertResult(-Errno.ECANCELED, send.result());
            assertResult(0, request.result());
            assertResult(-Errno.EAGAIN,
                    (int) world.tryReceive(pair.peer(), world.memory(8)));
        }
    }

    @Test
    void canceledTaskInFlightCompletesOnceAndTheRequestIsTold() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = waiting(ring, log.context(1));
            turns(ring, 1);
            assertEquals(Task.State.IN_FLIGHT, recv.state());
            Task request = recv.cancel(log.context(2));
            assertEquals(Op.CANCEL, request.op());
            finishAll(ring);
            assertResult(-Errno.ECANCELED, recv.result());
            assertResult(0, request.result());
            assertEquals(1, log.endings(recv));
            assertEquals(1, log.endings(request));
            assertEquals(2, log.size());
        }
    }

    @Test
    void cancelWithoutAContextTellsTheTaskAlone() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = waiting(ring, log.context());
            turns(ring, 1);
            recv.cancel(Context.NONE);
            finishAll(ring);
            assertEquals(List.of(-Errno.ECANCELED), log.results());
        }
    }

    @Test
    void cancelOfATaskThatHasEndedFindsNothing() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task noop = ring.noop(log.context());
            finishAll(ring);
            assertResult(-Errno.ENOENT, finish(ring, noop.cancel(Context.NONE)));
            Task never = ring.task(log.context());
            assertResult(-Errno.ENOENT, finish(ring, never.cancel(Context.NONE)));
            assertEquals(List.of(0), log.results());
        }
    }

    @Test
    void everyKindOfWaitingTaskCanBeCanceled() {
        int listener = world.listener();
        Log log = new Log();
        try (Ring ring = open()) {
            List<Task> tasks = new ArrayList<>();
            tasks.add(ring.accept(listener, log.context()));
            tasks.add(ring.acceptMultishot(listener, ring.task(log.context())));
            tasks.add(waiting(ring, log.context()));
            tasks.add(ring.poll(world.pair().ours(), Linux.POLLIN, log.context()));
            tasks.add(ring.pollMultishot(world.pair().ours(), Linux.POLLIN, log.context()));
            tasks.add(ring.timer(Duration.ofDays(1), log.context()));
            if (ring.capabilities().multishotRecv()) {
                tasks.add(ring.recvMultishot(world.pair().ours(), ring.bufferGroup(1, 1024),
                        ring.task(log.context())));
            }
            turns(ring, 2);
            assertEquals(0, log.size(), log.entries()::toString);
            List<Task> requests = tasks.stream().map(task -> task.cancel(Context.NONE)).toList();
            finishAll(ring);
            tasks.forEach(task -> assertResult(-Errno.ECANCELED, task.result()));
            requests.forEach(task -> assertResult(0, task.result()));
            tasks.forEach(task -> assertEquals(1, log.endings(task), task::toString));
        }
    }

    @Test
    void canceledTimerCompletesAtOnceAndOnce() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task timer = ring.timer(Duration.ofMillis(5), log.context(1));
            Task request = timer.cancel(log.context(2));
            ring.poll(0);
            assertEquals(List.of(1, 2), log.messages());
            assertResult(-Errno.ECANCELED, timer.result());
            assertResult(0, request.result());
            letPass(10_000_000);
            turns(ring, 2);
            assertEquals(2, log.size());
        }
    }

    /** Whoever goes on with the rest would send it twice otherwise. */
    @Test
    void canceledSendTellsWhatHasLeft() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task send = ring.send(
                    pair.ours(), world.memory(16 << 20), Ring.MSG_WAITALL, log.context());
            turns(ring, 3);
            if (!send.isFree()) { // A mock's peer takes all.
                send.cancel(Context.NONE);
            }
            finishAll(ring);
            long left = 0;
            long count = world.tryReceive(pair.peer(), world.memory(1 << 20));
            while (count > 0) {
                left += count;
                count = world.tryReceive(pair.peer(), world.memory(1 << 20));
            }
            assertResult(left == 0 ? -Errno.ECANCELED : (int) left, send.result());
        }
    }

    @Test
    void secondCancelDoesNotEndTheTaskTwice() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = waiting(ring, log.context());
            turns(ring, 1);
            Task first = recv.cancel(Context.NONE);
            Task second = recv.cancel(Context.NONE);
            finishAll(ring);
            assertEquals(1, log.endings(recv));
            assertResult(0, first.result());
            // It may have been found while the first was ending it.
            assertTrue(List.of(0, -Errno.ENOENT, -Errno.EALREADY).contains(second.result()),
                    second::toString);
        }
    }

    /** The request names a life of the task that has ended when it gets to the kernel. */
    @Test
    void cancelDoesNotReachTheNextLifeOfItsTask() {
        World.Pair pair = world.pair();
        Log log = new Log();
        Task[] target = new Task[1];
        Task[] request = new Task[1];
        try (Ring ring = open()) {
            ring.noop(new Context(null, 0,
                    (_, _) -> request[0] = target[0].cancel(log.context(1))));
            target[0] = ring.task(new Context(null, 0, (_, task) -> {
                log.onCompletion(ring, task);
                if (task.op() == Op.NOOP) {
                    ring.recv(pair.ours(), world.memory(5).address(), 5, 0, task);
                }
            }));
            ring.noop(target[0]);
            turns(ring, 4);
            assertEquals(List.of(0, -Errno.ENOENT), log.results());
            assertResult(-Errno.ENOENT, request[0].result());
            world.send(pair.peer(), HELLO);
            assertResult(HELLO.length, finish(ring, target[0]));
        }
    }

    /** A callback asks for the end of a task whose completion is the next one. */
    @Test
    void cancelOfATaskThatIsCompleteButNotToldYetComesTooLate() {
        Log log = new Log();
        List<Task> requests = new ArrayList<>();
        List<Task> tasks = new ArrayList<>();
        try (Ring ring = open()) {
            ring.noop(new Context(null, 0, (_, _) ->
                    tasks.forEach(task -> requests.add(task.cancel(log.context(9))))));
            tasks.add(ring.noop(log.context(1)));
            tasks.add(ring.noop(log.context(2)));
            finishAll(ring);
            tasks.forEach(task -> assertResult(0, task.result()));
            requests.forEach(task -> assertResult(-Errno.ENOENT, task.result()));
            assertEquals(List.of(1, 2, 9, 9), log.messages());
        }
    }

    @Test
    void cancelOfACancelIsHarmless() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = waiting(ring, log.context(1));
            turns(ring, 1);
            Task first = recv.cancel(log.context(2));
            Task second = first.cancel(log.context(3)); // Takes it from the queue.
            turns(ring, 3);
            assertResult(-Errno.ECANCELED, first.result());
            assertResult(0, second.result());
            assertFalse(recv.isFree());
            Task third = recv.cancel(log.context(4));
            turns(ring, 1);
            third.cancel(log.context(5));
            finishAll(ring);
            assertResult(-Errno.ECANCELED, recv.result());
            assertEquals(5, log.size(), log.entries()::toString);
        }
    }

    /** The first callback ends the accept whose connection is the next completion. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void descriptorThatACanceledAcceptWonIsClosed(boolean all) {
        int listener = world.listener();
        Log log = new Log();
        try (Ring ring = open()) {
            world.dial(listener);
            Map<Integer, String> before = World.openFiles();
            Task[] accept = new Task[1];
            ring.noop(new Context(null, 0, (_, _) -> {
                if (all) {
                    ring.cancelAll();
                } else {
                    accept[0].cancel(Context.NONE);
                }
            }));
            accept[0] = ring.accept(listener, log.context());
            finishAll(ring);
            log.results().stream().filter(fd -> fd >= 0).forEach(world::own);
            assertEquals(List.of(-Errno.ECANCELED), log.results());
            assertEquals(before, World.openFiles());
        }
    }

    @Test
    void cancelAllEndsEveryTaskOnce() {
        Log log = new Log();
        try (Ring ring = open(8)) {
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                tasks.add(waiting(ring, log.context()));
                tasks.add(ring.timer(Duration.ofDays(1), log.context()));
            }
            turns(ring, 10);
            for (int i = 0; i < 50; i++) {
                tasks.add(waiting(ring, log.context()));
            }
            assertEquals(0, log.size());
            ring.cancelAll();
            assertEquals(0, log.size(), "callbacks belong to the ring's turns");
            finishAll(ring);
            tasks.forEach(task -> assertResult(-Errno.ECANCELED, task.result()));
            tasks.forEach(task -> assertEquals(1, log.endings(task), task::toString));
            assertEquals(150, log.size());
        }
    }

    @Test
    void ringWorksOnAfterCancelAll() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task before = ring.recv(pair.ours(), world.memory(8), 0, Context.NONE);
            turns(ring, 1);
            ring.cancelAll();
            Task after = ring.recv(pair.ours(), world.memory(8), 0, Context.NONE);
            assertResult(-Errno.ECANCELED, finish(ring, before));
            turns(ring, 2);
            assertFalse(after.isFree(), after::toString);
            world.send(pair.peer(), HELLO);
            assertResult(HELLO.length, finish(ring, after));
        }
    }

    @Test
    void cancelAllWithNothingToCancelIsHarmless() {
        try (Ring ring = open()) {
            ring.cancelAll();
            ring.cancelAll();
            turns(ring, 2);
            assertEquals(0, ring.active());
        }
    }

    @Test
    void deadlineEndsATaskInFlightAndNotEarlier() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task recv = waiting(ring, log.context());
            turns(ring, 1);
            Instant instant = Instant.now().plusMillis(20);
            recv.deadline(instant);
            assertResult(-Errno.ECANCELED, finish(ring, recv));
            assertFalse(Instant.now().isBefore(instant));
            finishAll(ring);
            assertEquals(1, log.size(), "the deadline itself calls nobody");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void deadlineThatHasPassedEndsTheTaskWithTheNextTurns(boolean inFlight) {
        for (Instant past : List.of(Instant.MIN, Instant.EPOCH, Instant.now())) {
            Log log = new Log();
            try (Ring ring = open()) {
                Task recv = waiting(ring, log.context());
                if (inFlight) {
                    turns(ring, 1);
                }
                recv.deadline(past);
                turns(ring, 2);
                assertEquals(List.of(-Errno.ECANCELED), log.results());
                assertEquals(0, ring.active());
            }
        }
    }

    @Test
    void deadlineOnAQueuedTaskKeepsItFromTheKernel() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task send = ring.send(pair.ours(), world.memory(HELLO), 0, Context.NONE);
            send.deadline(Instant.now().minusSeconds(1));
            assertResult(-Errno.ECANCELED, finish(ring, send));
            assertResult(-Errno.EAGAIN, (int) world.tryReceive(pair.peer(), world.memory(8)));
        }
    }

    @Test
    void secondDeadlineReplacesTheFirstAndNullRemovesIt() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task later = ring.recv(pair.ours(), world.memory(8), 0, Context.NONE);
            later.deadline(Instant.now().plusMillis(1));
            later.deadline(Instant.now().plusSeconds(3600));
            Task none = waiting(ring, Context.NONE);
            none.deadline(Instant.now().plusMillis(1));
            none.deadline(null);
            none.deadline(null);
            Task sooner = waiting(ring, Context.NONE);
            sooner.deadline(Instant.MAX);
            sooner.deadline(Instant.now().plusMillis(5));
            assertResult(-Errno.ECANCELED, finish(ring, sooner));
            assertFalse(later.isFree());
            assertFalse(none.isFree());
            world.send(pair.peer(), HELLO);
            assertResult(HELLO.length, finish(ring, later));
        }
    }

    @Test
    void deadlineOfATaskThatEndedFirstDoesNotReachItsNextLife() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.task(log.context());
            ring.noop(task);
            task.deadline(Instant.now().plusMillis(5));
            finish(ring, task);
            ring.recv(pair.ours(), world.memory(5).address(), 5, 0, task);
            letPass(10_000_000);
            turns(ring, 3);
            assertEquals(List.of(0), log.results());
            world.send(pair.peer(), HELLO);
            assertResult(HELLO.length, finish(ring, task));
        }
    }

    @Test
    void deadlineEndsATimer() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task timer = ring.timer(Duration.ofDays(1), log.context());
            timer.deadline(Instant.now().plusMillis(2));
            assertResult(-Errno.ECANCELED, finish(ring, timer));
            Task due = ring.timer(Duration.ZERO, log.context());
            due.deadline(Instant.MIN);
            finishAll(ring);
            assertEquals(List.of(-Errno.ECANCELED, 0), log.results());
        }
    }

    @Test
    void deadlineEndsAMultishotTask() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task poll = ring.pollMultishot(pair.ours(), Linux.POLLIN, log.context());
            world.send(pair.peer(), HELLO);
            runUntil(ring, () -> log.size() == 1, poll::toString);
            poll.deadline(Instant.now().plusMillis(2));
            assertResult(-Errno.ECANCELED, finish(ring, poll));
            assertEquals(1, log.endings(poll));
        }
    }

    @Test
    void deadlineOnATaskThatIsNotWaitingIsRefused() {
        try (Ring ring = open()) {
            Task task = ring.noop(Context.NONE);
            finishAll(ring);
            assertEquals(task + " is not waiting for anything", assertThrows(
                    IllegalStateException.class, () -> task.deadline(Instant.MAX)).getMessage());
        }
    }

    private enum Step { COMPLETE, CANCEL, DEADLINE, CLOSE }

    /** Every order of the four, each with a turn of the ring or none between two steps. */
    static Stream<Arguments> orders() {
        List<Arguments> orders = new ArrayList<>();
        permute(new ArrayList<>(), order -> {
            for (int turns = 0; turns < 1 << order.size(); turns++) {
                orders.add(Arguments.of(order, turns));
            }
        });
        return orders.stream();
    }

    private static void permute(List<Step> chosen, Consumer<List<Step>> use) {
        if (chosen.size() == Step.values().length) {
            use.accept(List.copyOf(chosen));
            return;
        }
        for (Step step : Step.values()) {
            if (!chosen.contains(step)) {
                chosen.add(step);
                permute(chosen, use);
                chosen.remove(step);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("orders")
    void recvEndsOnceInEveryOrder(List<Step> order, int turns) {
        World.Pair pair = world.pair();
        Log log = new Log();
        Ring ring = open();
        Task task = ring.recv(pair.ours(), world.memory(8), 0, log.context());
        play(ring, task, order, turns, () -> world.send(pair.peer(), HELLO));
        assertEndedOnce(log, task, HELLO.length);
    }

    @ParameterizedTest
    @MethodSource("orders")
    void timerEndsOnceInEveryOrder(List<Step> order, int turns) {
        Log log = new Log();
        Ring ring = open();
        Task task = ring.timer(Duration.ofMillis(1), log.context());
        play(ring, task, order, turns, () -> letPass(1_000_000));
        assertEndedOnce(log, task, 0);
    }

    private static void assertEndedOnce(Log log, Task task, int success) {
        assertEquals(1, log.size(), log.entries()::toString);
        assertEquals(1, log.endings(task), log.entries()::toString);
        int result = log.results().getFirst();
        assertTrue(result == success || result == -Errno.ECANCELED, log.entries()::toString);
    }

    private static void play(Ring ring, Task task, List<Step> order, int turns, Runnable complete) {
        for (int i = 0; i < order.size(); i++) {
            if ((turns & 1 << i) != 0 && !ring.isClosed()) {
                ring.poll(0);
            }
            boolean closed = ring.isClosed();
            switch (order.get(i)) {
                case COMPLETE -> complete.run();
                case CANCEL -> refusedIf(closed, () -> task.cancel(Context.NONE));
                case DEADLINE -> refusedIf(!waits(task), () -> task.deadline(Instant.EPOCH));
                case CLOSE -> ring.close();
            }
        }
        assertTrue(task.isFree(), task::toString);
    }

    private static boolean waits(Task task) {
        return task.state() == Task.State.QUEUED || task.state() == Task.State.IN_FLIGHT;
    }

    private static void refusedIf(boolean refused, Runnable step) {
        if (refused) {
            assertThrows(IllegalStateException.class, step::run);
        } else {
            step.run();
        }
    }
}
