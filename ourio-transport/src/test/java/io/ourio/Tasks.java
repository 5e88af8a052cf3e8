// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** Makes tasks for tests of what keeps them, without a ring. */
public final class Tasks {
    private Tasks() {}

    /** A task of no ring. */
    public static Task free() {
        return new Task(null, Context.NONE);
    }
}
