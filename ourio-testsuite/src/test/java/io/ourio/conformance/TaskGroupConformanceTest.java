// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tasks of a group are counted, canceled together, and refused when it is closed. */
@OnEveryBackend
class TaskGroupConformanceTest extends Conformance {
    private static final Duration LONG = Duration.ofDays(1);

    private final List<Integer> results = new ArrayList<>();
    private final TaskGroup group = new TaskGroup(this);

    private Context context(Callback callback) {
        return new Context(null, 0, callback, group);
    }

    private final Context noting = context((ring, task) -> results.add(task.result()));

    @Test
    void cancelEndsItsTasksAndNoOthers() {
        try (Ring ring = open()) {
            Task other = ring.timer(LONG, Context.NONE);
            for (int i = 0; i < 5; i++) {
                ring.timer(LONG, noting);
            }
            ring.noop(noting);
            assertEquals(6, group.size());
            group.cancel();
            assertEquals(6, group.size(), "each completes later");
            runUntil(ring, () -> group.size() == 0, group::toString);
            assertEquals(6, results.size());
            assertEquals(List.of(-Errno.ECANCELED), results.stream().distinct().toList());
            assertEquals(1, ring.active());
            assertTrue(!other.isFree(), other::toString);
        }
    }

    @Test
    void lastCompletionCountsNoMoreAndMayStartTheNext() {
        List<Integer> sizes = new ArrayList<>();
        Context again = context((ring, task) -> {
            sizes.add(group.size());
            if (sizes.size() < 3) {
                ring.noop(task);
            }
        });
        try (Ring ring = open()) {
            ring.noop(again);
            finishAll(ring);
        }
        assertEquals(List.of(0, 0, 0), sizes);
        assertEquals(0, group.size());
    }

    @Test
    void removalFromAnywhereKeepsTheOthers() {
        try (Ring ring = open()) {
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                tasks.add(ring.timer(LONG, noting));
            }
            for (int i : new int[] {2, 4, 0, 3, 1}) {
                int before = group.size();
                tasks.get(i).cancel(Context.NONE);
                runUntil(ring, () -> group.size() < before, group::toString);
                assertEquals(before - 1, group.size());
            }
        }
    }

    @Test
    void closedGroupRefusesWithItsReasonUntilItIsOpened() {
        try (Ring ring = open()) {
            Task running = ring.timer(LONG, noting);
            group.close("the shop is closed");
            for (Runnable start : List.<Runnable>of(() -> ring.noop(noting),
                    () -> running.cancel(noting),
                    () -> ring.msgRing(ring, Task.userMsg(1, Context.NONE), noting))) {
                assertEquals("the shop is closed", assertThrows(
                        IllegalStateException.class, start::run).getMessage());
            }
            assertEquals(1, group.size());
            assertEquals(1, ring.active());
            group.open();
            running.cancel(noting);
            finishAll(ring);
        }
        assertEquals(List.of(-Errno.ECANCELED, 0), results.stream().sorted().toList());
    }

    @Test
    void closeOfTheRingEmptiesIt() {
        try (Ring ring = open()) {
            ring.timer(LONG, noting);
            ring.msgRing(ring, Task.userMsg(1, Context.NONE), noting);
            assertEquals(2, group.size());
        }
        assertEquals(0, group.size());
        assertEquals(2, results.size());
    }

    @Test
    void groupKnowsItsOwner() {
        assertSame(this, group.owner(TaskGroupConformanceTest.class));
        assertThrows(ClassCastException.class, () -> group.owner(String.class));
        assertThrows(NullPointerException.class, () -> new TaskGroup(null));
    }
}
