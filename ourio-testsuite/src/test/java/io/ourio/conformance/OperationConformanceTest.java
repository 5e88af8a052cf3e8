// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every operation ends once, however it ends: well, badly, canceled, too late or with its ring. */
@OnEveryBackend
class OperationConformanceTest extends Conformance {
    @TempDir
    Path directory;

    private EveryOperation operations;

    @BeforeEach
    void prepare() {
        operations = new EveryOperation(world, directory);
    }

    @ParameterizedTest
    @EnumSource
    void completesOnceAndIsReportedAsItself(Op op) {
        Log log = new Log();
        try (Ring ring = open()) {
            if (!EveryOperation.isThere(ring, op)) {
                return;
            }
            Task task = operations.start(ring, op, log.context(7));
            runUntil(ring, () -> log.size() > 0, task::toString);
            if (op.isMultishot()) {
                task.cancel(Context.NONE);
            }
            finishAll(ring);
            Log.Entry first = log.entries().getFirst();
            assertTrue(first.result() >= 0, () -> Errno.describe(-first.result()));
            assertEquals(op, first.op());
            assertEquals(7, first.msg());
            assertEquals(1, log.endings(task), log.entries()::toString);
            assertTrue(op.isMultishot() || log.size() == 1, log.entries()::toString);
            assertNull(task.resource());
            if (EveryOperation.opens(op)) {
                world.own(first.result());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void failsOnADescriptorThatIsNotOpen(Op op) {
        Log log = new Log();
        try (Ring ring = open()) {
            if (!EveryOperation.isThere(ring, op)) {
                return;
            }
            Task task = operations.startOnClosed(ring, op, log.context());
            if (task != null) {
                assertResult(-Errno.EBADF, finish(ring, task));
                assertEquals(TaskError.BAD_DESCRIPTOR, task.error());
                assertEquals(1, log.endings(task), log.entries()::toString);
            }
        }
    }

    /** What ends a task that is queued or waits. */
    private enum End {
        CANCEL((_, task) -> task.cancel(Context.NONE)),
        CANCEL_ALL((ring, _) -> ring.cancelAll()),
        DEADLINE((_, task) -> task.deadline(Instant.now().plusMillis(2))),
        DEADLINE_THAT_HAS_PASSED((_, task) -> task.deadline(Instant.EPOCH)),
        CLOSE((ring, _) -> ring.close());

        private final BiConsumer<Ring, Task> request;

        End(BiConsumer<Ring, Task> request) {
            this.request = request;
        }
    }

    /** The descriptor that a task has opened, or not closed. */
    private void disposeOf(Task task, Log log) {
        if (EveryOperation.opens(task.op())) {
            log.results().stream().filter(fd -> fd >= 0).forEach(world::own);
        } else if (task.op() == Op.CLOSE && task.result() < 0) {
            world.own(task.fd());
        }
    }

    private static void assertEndsCanceled(Ring ring, Task task, Log log, End end) {
        end.request.accept(ring, task);
        if (end != End.CLOSE) {
            finish(ring, task);
        }
        assertResult(-Errno.ECANCELED, task.result());
        assertEquals(TaskError.CANCELED, task.error());
        assertEquals(1, log.endings(task), log.entries()::toString);
        assertNull(task.resource());
    }

    @ParameterizedTest
    @EnumSource
    void endsOnceWhileItWaits(Op op) {
        for (End end : End.values()) {
            Log log = new Log();
            try (Ring ring = open()) {
                Task task = EveryOperation.isThere(ring, op)
                        ? operations.startWaiting(ring, op, log.context()) : null;
                if (task == null) {
                    return;
                }
                turns(ring, 3);
                assertFalse(task.isFree(), task::toString);
                assertEndsCanceled(ring, task, log, end);
            }
        }
    }

    /** Of those that wait for nobody, some would be done before a deadline in the future. */
    @ParameterizedTest
    @EnumSource
    void endsOnceWhileItIsQueued(Op op) {
        for (End end : End.values()) {
            Log log = new Log();
            try (Ring ring = open()) {
                if (!EveryOperation.isThere(ring, op) || end == End.DEADLINE) {
                    continue;
                }
                Task task = op == Op.TIMER
                        ? operations.startWaiting(ring, op, log.context())
                        : operations.start(ring, op, log.context());
                assertEndsCanceled(ring, task, log, end);
                disposeOf(task, log);
            }
        }
    }

    /** The kernel has it, and has done it or not: nothing is lost, and nobody is told twice. */
    @ParameterizedTest
    @EnumSource
    void endsOnceWithItsRingWhereverItIs(Op op) {
        Map<Integer, String> before = World.openFiles();
        for (int turns = 0; turns < 3; turns++) {
            Log log = new Log();
            Task task = null;
            try (Ring ring = open()) {
                if (!EveryOperation.isThere(ring, op)) {
                    return;
                }
                task = operations.start(ring, op, log.context());
                ring.submit();
                turns(ring, turns);
            }
            assertEquals(1, log.endings(task), log.entries()::toString);
            assertTrue(task.result() >= 0 || task.errno() == Errno.ECANCELED, task::toString);
            disposeOf(task, log);
        }
        world.close();
        assertEquals(before, World.openFiles());
    }
}
