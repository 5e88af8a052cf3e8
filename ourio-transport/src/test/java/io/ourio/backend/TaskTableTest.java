// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Task;
import io.ourio.Tasks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TaskTableTest {
    @Test
    void tokenOfATaskThatEndedFindsNothingThoughItsSlotIsUsedAgain() {
        TaskTable table = new TaskTable();
        Task first = Tasks.free();
        long stale = table.add(first);
        assertSame(first, table.get(stale));
        table.remove(stale);
        assertNull(table.get(stale));
        Task second = Tasks.free();
        long token = table.add(second);
        assertEquals((int) stale, (int) token, "the slot is used again");
        assertNotEquals(stale, token);
        assertNull(table.get(stale));
        assertSame(second, table.get(token));
    }

    @Test
    void numbersThatAreNoTokensFindNothing() {
        TaskTable table = new TaskTable();
        assertNull(table.get(0));
        table.add(Tasks.free());
        for (long token : new long[] {-1, -2, 1, 255, 256, 1L << 32, Long.MAX_VALUE,
            Long.MIN_VALUE, 0xffff_ffffL, 0x8000_0000L}) {
            assertNull(table.get(token), () -> "token " + token);
        }
    }

    @Test
    void manyTasksComingAndGoingKeepTheirTokens() {
        Random random = new Random(3);
        TaskTable table = new TaskTable();
        Map<Long, Task> model = new HashMap<>();
        List<Long> stale = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            if (random.nextInt(100) < 55) {
                Task task = Tasks.free();
                long token = table.add(task);
                assertTrue(token >= 0, "below zero are the backend's own");
                assertNull(model.put(token, task));
            } else if (!model.isEmpty()) {
                long token = model.keySet().iterator().next();
                table.remove(token);
                model.remove(token);
                stale.add(token);
            }
            assertEquals(model.size(), table.size());
        }
        model.forEach((token, task) -> assertSame(task, table.get(token)));
        stale.forEach(token -> assertNull(table.get(token)));
        Set<Task> seen = new HashSet<>();
        table.forEach(seen::add);
        assertEquals(new HashSet<>(model.values()), seen);
    }

    /** The generation has 31 bits: no token becomes one of the backend's own. */
    @Test
    void generationsOfOneSlotAreDistinct() {
        TaskTable table = new TaskTable();
        Set<Long> tokens = new HashSet<>();
        Task task = Tasks.free();
        for (int i = 0; i < 100_000; i++) {
            long token = table.add(task);
            assertTrue(tokens.add(token));
            table.remove(token);
        }
    }
}
