// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.mock.Mock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RingTasksTest {
    private final Mock mock = new Mock();
    private final List<String> told = new ArrayList<>();
    private final Ring ring = mock.open(RingOptions.defaults().withOnFailure(
            (_, failure) -> told.add(failure.getMessage())));

    private final RingTasks tasks = new RingTasks(ring, new Timekeeper());

    @AfterEach
    void close() {
        ring.close();
    }

    private Context context() {
        return new Context(null, 0, (by, task) -> {
            assertEquals(ring, by);
            told.add(task.op() + " " + task.result());
        });
    }

    private Task prepared(Op op) {
        return prepared(op, context());
    }

    private Task prepared(Op op, Context context) {
        Task task = ring.task(context);
        task.prepare(op, Operations.NO_FD, 0, 0, 0, 1_000, null);
        return task;
    }

    private Task inFlight(Op op) {
        Task task = prepared(op);
        tasks.begin(task);
        task.move(Task.State.QUEUED, Task.State.IN_FLIGHT);
        return task;
    }

    @Test
    void endIsToldByTheNextDeliveryAndOnce() {
        Task task = prepared(Op.MSG_RING);
        tasks.begin(task);
        tasks.completeLater(task, Task.State.QUEUED, 5);
        assertTrue(tasks.hasCompleted());
        assertEquals(1, tasks.active());
        assertEquals(List.of(), told);
        assertThrows(IllegalStateException.class, () -> tasks.checkStartable(task));
        tasks.deliverCompleted();
        tasks.deliverCompleted();
        assertEquals(List.of("MSG_RING 5"), told);
        assertEquals(1, tasks.told());
        assertEquals(0, tasks.active());
        tasks.checkStartable(task);
    }

    /** Else two tasks that start each other would keep the ring in its turn. */
    @Test
    void taskThatEndsInACallbackWaitsForTheDeliveryBehind() {
        Task first = prepared(Op.NOOP, new Context(null, 0, (_, task) -> {
            told.add("again");
            tasks.begin(task);
            tasks.completeLater(task, Task.State.QUEUED, 0);
        }));
        tasks.begin(first);
        tasks.completeLater(first, Task.State.QUEUED, 0);
        tasks.deliverCompleted();
        assertEquals(List.of("again"), told);
        assertTrue(tasks.hasCompleted());
    }

    @Test
    void queuedTaskThatIsCanceledNeverReachesTheBackend() {
        Task target = prepared(Op.NOOP);
        tasks.start(target);
        tasks.cancel(target, prepared(Op.CANCEL));
        assertTrue(tasks.submit());
        tasks.deliverCompleted();
        assertEquals(List.of("NOOP " + -Errno.ECANCELED, "CANCEL 0"), told);
        assertEquals(0, tasks.submissions());
        assertEquals(0, tasks.active());
    }

    @Test
    void timerNeedsNoBackend() {
        Task ends = prepared(Op.TIMER);
        Task stopped = prepared(Op.TIMER);
        tasks.start(ends);
        tasks.start(stopped);
        tasks.cancel(stopped, prepared(Op.CANCEL));
        mock.advance(Duration.ofNanos(1_000));
        tasks.expire();
        tasks.deliverCompleted();
        assertEquals(List.of("TIMER " + -Errno.ECANCELED, "CANCEL 0", "TIMER 0"), told);
        assertEquals(0, tasks.submissions());
    }

    @Test
    void taskThatHasEndedCannotBeCanceled() {
        tasks.cancel(prepared(Op.NOOP), prepared(Op.CANCEL));
        tasks.deliverCompleted();
        assertEquals(List.of("CANCEL " + -Errno.ENOENT), told);
    }

    @Test
    void descriptorOfACanceledTaskIsClosed() {
        Task task = inFlight(Op.ACCEPT);
        int fd = mock.fd();
        tasks.cancel(task, prepared(Op.CANCEL));
        tasks.complete(task, fd, false);
        assertFalse(mock.isOpen(fd));
        assertEquals(List.of("ACCEPT " + -Errno.ECANCELED), told);
    }

    @Test
    void interruptMeansCanceledOnlyToWhoWasCanceled() {
        Task canceled = inFlight(Op.READ);
        tasks.cancel(canceled, prepared(Op.CANCEL));
        tasks.complete(canceled, -Errno.EINTR, false);
        tasks.complete(inFlight(Op.WRITE), -Errno.EINTR, false);
        assertEquals(List.of("READ " + -Errno.ECANCELED, "WRITE " + -Errno.EINTR), told);
    }

    @Test
    void taskWithMoreToComeStaysActive() {
        Task task = inFlight(Op.POLL_MULTISHOT);
        tasks.complete(task, 1, true);
        assertEquals(Task.State.IN_FLIGHT, task.state());
        assertEquals(1, tasks.active());
        tasks.complete(task, 2, false);
        assertTrue(task.isFree());
        assertEquals(0, tasks.active());
        assertEquals(List.of("POLL_MULTISHOT 1", "POLL_MULTISHOT 2"), told);
    }

    @Test
    void callbackThatThrowsIsReportedAndThoseBehindAreCalled() {
        Task bad = prepared(Op.NOOP, new Context(null, 0, (_, _) -> {
            throw new IllegalStateException("bad");
        }));
        Task good = prepared(Op.NOOP);
        for (Task task : List.of(bad, good)) {
            tasks.begin(task);
            tasks.completeLater(task, Task.State.QUEUED, 0);
        }
        tasks.deliverCompleted();
        assertEquals(List.of("bad", "NOOP 0"), told);
    }
}
