// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** Tasks in the order they came, linked through themselves. */
final class TaskList {
    private Task first;
    private Task last;

    boolean isEmpty() {
        return first == null;
    }

    void add(Task task) {
        task.previous = last;
        if (last == null) {
            first = task;
        } else {
            last.next = task;
        }
        last = task;
    }

    void remove(Task task) {
        if (task.previous == null) {
            first = task.next;
        } else {
            task.previous.next = task.next;
        }
        if (task.next == null) {
            last = task.previous;
        } else {
            task.next.previous = task.previous;
        }
        task.next = null;
        task.previous = null;
    }

    /** The oldest, or null. */
    Task peek() {
        return first;
    }

    /** The newest, or null. */
    Task last() {
        return last;
    }

    /** Takes the oldest, or null. */
    Task poll() {
        Task task = first;
        if (task != null) {
            remove(task);
        }
        return task;
    }
}
