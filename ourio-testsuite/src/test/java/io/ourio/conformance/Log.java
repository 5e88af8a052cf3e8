// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.Task;
import java.util.ArrayList;
import java.util.List;

/** A callback that keeps what it was told, for a test to look at. */
final class Log implements Callback {
    /** One completion, as it was when the callback was called. */
    record Entry(Task task, Op op, int msg, int result, boolean more) {}

    private final List<Entry> entries = new ArrayList<>();

    @Override
    public void onCompletion(Ring ring, Task task) {
        entries.add(new Entry(task, task.op(), task.msg(), task.result(), task.hasMore()));
    }

    Context context() {
        return context(0);
    }

    Context context(int msg) {
        return new Context(this, msg, this);
    }

    List<Entry> entries() {
        return entries;
    }

    int size() {
        return entries.size();
    }

    List<Integer> results() {
        return entries.stream().map(Entry::result).toList();
    }

    List<Integer> messages() {
        return entries.stream().map(Entry::msg).toList();
    }

    /** How many completions were the last of {@code task}. */
    long endings(Task task) {
        return entries.stream().filter(entry -> entry.task == task && !entry.more).count();
    }
}
