// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TaskListTest {
    @Test
    void tasksComeOutInTheirOrderWhicheverWereRemoved() {
        Random random = new Random(5);
        List<Task> model = new ArrayList<>();
        TaskList list = new TaskList();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    Task task = Tasks.free();
                    model.add(task);
                    list.add(task);
                }
                case 2 -> assertSame(model.isEmpty() ? null : model.removeFirst(), list.poll());
                default -> {
                    if (!model.isEmpty()) {
                        Task task = model.remove(random.nextInt(model.size()));
                        list.remove(task);
                        assertNull(task.next);
                        assertNull(task.previous);
                        if (random.nextBoolean()) { // The same task may come again.
                            model.add(task);
                            list.add(task);
                        }
                    }
                }
            }
            assertEquals(model.isEmpty(), list.isEmpty());
            assertSame(model.isEmpty() ? null : model.getFirst(), list.peek());
            assertSame(model.isEmpty() ? null : model.getLast(), list.last());
        }
        assertTrue(model.size() < 20_000);
    }
}
