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
}
