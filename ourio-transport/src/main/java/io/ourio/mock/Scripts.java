// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import io.ourio.Op;
import io.ourio.Task;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which answer a task gets. Any thread may use it; scripts are called without a lock. */
final class Scripts {
    /** Whose answers were cut short: another task of the kind on the descriptor gets the rest. */
    private record Stream(Op op, int fd) {}

    private final Map<Op, Deque<Answer>> queues = new EnumMap<>(Op.class);
    private final Map<Op, Script> always = new EnumMap<>(Op.class);
    private final Map<Stream, Answer> rests = new HashMap<>();
    private Script otherwise = _ -> null;

    synchronized void queue(Op op, List<Answer> answers) {
        queues.computeIfAbsent(op, _ -> new ArrayDeque<>()).addAll(answers);
    }

    synchronized void always(Op op, Script script) {
        always.put(op, script);
    }

    synchronized void otherwise(Script script) {
        otherwise = script;
    }

    synchronized int queued(Op op) {
        Deque<Answer> queue = queues.get(op);
        return queue == null ? 0 : queue.size();
    }

    synchronized void rest(Task task, Answer rest) {
        rests.put(new Stream(task.op(), task.fd()), rest);
    }

    /** The answer, or null if no script has one. */
    Answer answer(Task task) {
        Answer queued = takeQueued(task);
        if (queued != null) {
            return queued;
        }
        Answer answer = asked(script(task.op()), task);
        if (answer == null) {
            answer = asked(fallback(), task);
        }
        return answer == null ? byItself(task.op()) : answer;
    }

    private static Answer asked(Script script, Task task) {
        return script == null ? null : script.answer(task);
    }

    private synchronized Answer takeQueued(Task task) {
        Answer rest = rests.remove(new Stream(task.op(), task.fd()));
        if (rest != null) {
            return rest;
        }
        Deque<Answer> queue = queues.get(task.op());
        return queue == null ? null : queue.poll();
    }

    private synchronized Script script(Op op) {
        return always.get(op);
    }

    private synchronized Script fallback() {
        return otherwise;
    }

    /** What has one outcome only needs no script. */
    private static Answer byItself(Op op) {
        return op == Op.NOOP || op == Op.CLOSE ? Answer.ok() : null;
    }
}
