// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import io.ourio.Task;

/** Plays the kernel: says what becomes of a task. Given to {@link Mock#always} and the like. */
@FunctionalInterface
public interface Script {
    /**
     * Called on the ring's thread when the task reaches what would be the kernel. What is thrown
     * here is the test's failure: the ring's turn ends with it.
     *
     * @param task what is asked for: {@link Task#op()}, {@link Task#fd()}, {@link Task#length()}
     *     and so on; {@link Mock#data} gives the bytes that it sends or writes. It must not be
     *     started or canceled here, nor its ring be used
     * @return the answer, or null if this script has none
     */
    Answer answer(Task task);
}
