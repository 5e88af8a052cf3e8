// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** Hears of the completions of tasks, on their ring's thread. */
@FunctionalInterface
public interface Callback {
    /**
     * A task has a result. Called exactly once for a task, or once for each completion of a
     * multishot task, the last time with {@link Task#hasMore()} false. From that last call on, the
     * kernel holds nothing of the task's: here its memory may be released and the task be used
     * again.
     *
     * <p>An exception that leaves this method is reported to {@link RingOptions#onFailure()}, once;
     * the completions behind it are delivered all the same.
     *
     * @param ring the ring whose thread this is; new tasks may be given to it
     * @param task the task, with its result
     */
    void onCompletion(Ring ring, Task task);

    /** How deep {@link #prefetch} is asked to go at most. */
    int PREFETCH_DEPTH = 2;

    /**
     * Reads a field of each object that {@link #onCompletion} will need, and does nothing else. A
     * ring on epoll or kqueue with hundreds of tasks may call this for some tasks in a row, before
     * it tells the first of them: the processor then fetches their memory at the same time, where
     * it would have to wait for each object by itself. It comes first for all of them with a depth
     * of 1, then for all with 2. The default reads nothing.
     *
     * <p>It may be called without a completion that follows, and need not be called before one, so
     * it must have no effect and must not rely on {@link Task#result()}. What it throws is
     * reported as what {@link #onCompletion} throws.
     *
     * @param task the task, in flight
     * @param depth 1 for the target and what it refers to, 2 for what those objects refer to
     * @return whatever was read, added up, so that the compiler does not drop the reads
     */
    default int prefetch(Task task, int depth) {
        return 0;
    }
}
