// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/**
 * The tasks of a ring from their start to their last callback: moves each through its {@linkplain
 * Task.State states}, and tells of its end exactly once, whether the kernel has seen it or not. The
 * ring's thread makes every call.
 */
final class RingTasks {
    private final Ring ring;
    private final Timekeeper times;

    /** Those that the backend has not taken over yet. */
    private final TaskList queued = new TaskList();

    /** Those that ended without the kernel, whose callbacks are next. */
    private final TaskList completed = new TaskList();

    private int active;

    // Counted for ever; others than the ring's thread see them late.
    private long submissions;
    private long told;

    /** Of no meaning: without it the reads of {@link #prefetch} would be dropped as useless. */
    private int prefetched;

    RingTasks(Ring ring, Timekeeper times) {
        this.ring = ring;
        this.times = times;
    }

    /** How many tasks have not completed for the last time. */
    int active() {
        return active;
    }

    /** How many the backend was given. */
    long submissions() {
        return submissions;
    }

    /** How often a callback was called. */
    long told() {
        return told;
    }

    /** Whether callbacks are next, with no need to wait for the kernel. */
    boolean hasCompleted() {
        return !completed.isEmpty();
    }

    void checkStartable(Task task) {
        if (!task.isFree() || task.ring != ring) {
            throw new IllegalStateException(task.ring != ring
                    ? "the task belongs to another ring"
                    : task + " has not completed; start another one");
        }
        checkGroup(task);
    }

    private static void checkGroup(Task task) {
        TaskGroup group = task.group;
        if (group != null) {
            group.checkOpen();
        }
    }

    /** Starts a task that is prepared: it waits for its time, or for the backend. */
    void start(Task task) {
        begin(task);
        if (task.op() == Op.TIMER) {
            task.move(Task.State.QUEUED, Task.State.IN_FLIGHT);
            times.startTimer(task, ring.backend);
        } else {
            queued.add(task);
        }
    }

    /** The same for one that waits for nobody: who begins it says how it ends, at once. */
    void begin(Task task) {
        task.move(Task.State.FREE, Task.State.QUEUED);
        active++;
        TaskGroup group = task.group;
        if (group != null) {
            group.add(task);
        }
    }

    /** Gives the backend what is queued. Returns false if it has no room for all. */
    boolean submit() {
        Backend backend = ring.backend;
        for (Task task = queued.peek(); task != null; task = queued.peek()) {
            if (!backend.submit(task)) {
                return false;
            }
            queued.remove(task);
            submissions++;
            task.move(Task.State.QUEUED, Task.State.IN_FLIGHT);
        }
        return true;
    }

    /** Ends the tasks whose time has come. */
    void expire() {
        times.look(ring.backend);
        for (Task task = times.pollTimer(); task != null; task = times.pollTimer()) {
            completeLater(task, Task.State.IN_FLIGHT, 0);
        }
        for (Task task = times.pollDeadline(); task != null; task = times.pollDeadline()) {
            ring.cancel(task, Context.NONE);
        }
    }

    /** Asks for the end of a task by another one, which is prepared for it. */
    void cancel(Task target, Task request) {
        checkGroup(request);
        begin(request);
        switch (target.state()) {
            case QUEUED -> {
                queued.remove(target);
                completeLater(target, Task.State.QUEUED, -Errno.ECANCELED);
                completeLater(request, Task.State.QUEUED, 0);
            }
            case IN_FLIGHT -> {
                if (target.op() == Op.TIMER) {
                    times.stopTimer(target);
                    completeLater(target, Task.State.IN_FLIGHT, -Errno.ECANCELED);
                    completeLater(request, Task.State.QUEUED, 0);
                } else {
                    target.canceled = true;
                    queued.add(request);
                }
            }
            case FREE, COMPLETE -> completeLater(request, Task.State.QUEUED, -Errno.ENOENT);
        }
    }

    /** Asks for the end of all. */
    void cancelAll() {
        for (Task task = queued.poll(); task != null; task = queued.poll()) {
            completeLater(task, Task.State.QUEUED, -Errno.ECANCELED);
        }
        for (Task task = times.stopAnyTimer(); task != null; task = times.stopAnyTimer()) {
            completeLater(task, Task.State.IN_FLIGHT, -Errno.ECANCELED);
        }
        ring.backend.cancelAll();
    }

    /** Ends a task of which the kernel has not heard, or will not tell. */
    void completeLater(Task task, Task.State from, int result) {
        task.result(result, false);
        task.move(from, Task.State.COMPLETE);
        completed.add(task);
    }

    /** Calls the callbacks of those tasks. */
    void deliverCompleted() {
        // Only what is there now: a callback may complete its own successor.
        Task last = completed.last();
        for (Task task = completed.poll(); task != null; task = completed.poll()) {
            deliver(task);
            if (task == last) {
                return;
            }
        }
    }

    /** Reads what a completion of the task will read: see {@link Callback#prefetch}. */
    void prefetch(Task task, int depth) {
        try {
            prefetched += depth == 0 ? task.prefetch() : task.callback.prefetch(task, depth);
        } catch (Throwable failure) {
            report(task, failure);
        }
    }

    /** The backend's word: one completion of a task that is in flight. */
    void complete(Task task, int result, boolean more) {
        boolean canceled = task.canceled || ring.isClosing();
        if (canceled && result >= 0 && task.op().ownsResult()) {
            ring.backend.discard(result);
            task.result(-Errno.ECANCELED, more);
        } else if (canceled && result == -Errno.EINTR) {
            task.result(-Errno.ECANCELED, more); // The cancel has interrupted it.
        } else {
            task.result(result, more);
        }
        if (more) {
            call(task);
        } else {
            task.move(Task.State.IN_FLIGHT, Task.State.COMPLETE);
            deliver(task);
        }
    }

    private void deliver(Task task) {
        times.dropDeadline(task);
        task.move(Task.State.COMPLETE, Task.State.FREE);
        task.release();
        active--;
        TaskGroup group = task.group;
        if (group != null) {
            group.remove(task);
        }
        call(task);
    }

    /** Calls the callback of a task, or of a message, and survives what it throws. */
    void call(Task task) {
        told++;
        try {
            task.callback.onCompletion(ring, task);
        } catch (Throwable failure) {
            report(task, failure);
        }
    }

    /** Nothing may leave it: the completions behind this one would be lost. */
    private void report(Task task, Throwable failure) {
        try {
            ring.options().onFailure().accept(task, failure);
        } catch (Throwable second) {
            second.addSuppressed(failure);
            System.getLogger("io.ourio").log(System.Logger.Level.ERROR,
                    "onFailure threw when it heard of " + task, second);
        }
    }
}
