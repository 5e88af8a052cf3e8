// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.util.Objects;

/**
 * Tasks that belong to one owner, and end with it: those that were started with a {@link Context}
 * of the group and have not completed for the last time. It costs a task two links and no
 * allocation.
 *
 * <p>The thread of the tasks' ring makes every call, and must be done with all tasks of one ring
 * before the group is used with another.
 */
public final class TaskGroup {
    private final Object owner;
    private Task first;
    private int size;
    private String closed;

    /** An empty group. */
    public TaskGroup(Object owner) {
        this.owner = Objects.requireNonNull(owner, "owner");
    }

    /** Whose tasks they are. */
    public <T> T owner(Class<T> type) {
        return type.cast(owner);
    }

    /** How many tasks have not completed for the last time; that completion counts no more. */
    public int size() {
        return size;
    }

    /**
     * Asks for the end of every task, as {@link Task#cancel} does. Each still completes exactly
     * once, and later than this call.
     */
    public void cancel() {
        for (Task task = first; task != null; task = task.groupNext) {
            task.cancel(Context.NONE);
        }
    }

    /**
     * Lets no further task start until {@link #open()}: that is an {@link IllegalStateException}
     * with {@code reason}. The tasks that have started go on.
     */
    public void close(String reason) {
        closed = Objects.requireNonNull(reason, "reason");
    }

    /** Lets tasks start again. */
    public void open() {
        closed = null;
    }

    void checkOpen() {
        if (closed != null) {
            throw new IllegalStateException(closed);
        }
    }

    void add(Task task) {
        task.groupNext = first;
        if (first != null) {
            first.groupPrevious = task;
        }
        first = task;
        size++;
    }

    void remove(Task task) {
        if (task.groupPrevious == null) {
            first = task.groupNext;
        } else {
            task.groupPrevious.groupNext = task.groupNext;
        }
        if (task.groupNext != null) {
            task.groupNext.groupPrevious = task.groupPrevious;
        }
        task.groupNext = null;
        task.groupPrevious = null;
        size--;
    }

    @Override
    public String toString() {
        return "TaskGroup[" + size + " tasks of " + owner + ']';
    }
}
