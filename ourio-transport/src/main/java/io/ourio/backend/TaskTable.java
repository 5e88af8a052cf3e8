// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.Task;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The tasks that a backend has, by their tokens: a slot in the low 32 bits, and above it the
 * generation of the slot, 31 bits, so that a completion which comes late or twice is told from one
 * of the slot's next task. A token is never negative.
 */
public final class TaskTable {
    private static final int INITIAL = 256;

    private Task[] tasks = new Task[INITIAL];
    private int[] generations = new int[INITIAL];
    private int[] free = new int[INITIAL];
    private int freeCount;
    private int used;

    /** An empty table. */
    public TaskTable() {}

    /** Gives a task a slot until {@link #remove}. */
    public long add(Task task) {
        int slot = freeCount > 0 ? free[--freeCount] : grown();
        tasks[slot] = task;
        return (long) generations[slot] << 32 | slot;
    }

    /** The task with this token, or null if it has ended. */
    public Task get(long token) {
        int slot = (int) token;
        if (slot < 0 || slot >= used || generations[slot] != (int) (token >>> 32)) {
            return null;
        }
        return tasks[slot];
    }

    /** Takes the task out; its token is valid no more. */
    public void remove(long token) {
        int slot = (int) token;
        assert get(token) != null : "token " + token;
        tasks[slot] = null;
        generations[slot] = generations[slot] + 1 & Integer.MAX_VALUE;
        free[freeCount++] = slot;
    }

    /** Calls {@code consumer} with each. */
    public void forEach(Consumer<Task> consumer) {
        for (int slot = 0; slot < used; slot++) {
            if (tasks[slot] != null) {
                consumer.accept(tasks[slot]);
            }
        }
    }

    /** How many there are. */
    public int size() {
        return used - freeCount;
    }

    private int grown() {
        if (used == tasks.length) {
            tasks = Arrays.copyOf(tasks, used * 2);
            generations = Arrays.copyOf(generations, used * 2);
            free = Arrays.copyOf(free, used * 2);
        }
        return used++;
    }
}
