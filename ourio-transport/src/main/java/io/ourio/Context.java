// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.util.Objects;

/**
 * Who hears of a completion, and as what. Made once for each target and purpose, not for each task.
 *
 * @param target whom it concerns; the callback gets it back from {@link Task#target}; may be null
 * @param msg the application's own number for the purpose, 0 to 65535
 * @param callback what is called, on the ring's thread
 * @param group with which tasks those of this context end, or null; a message is in no group
 */
public record Context(Object target, int msg, Callback callback, TaskGroup group) {
    /** The largest message: 16 bits. */
    public static final int MAX_MSG = 0xffff;

    /** For a task whose result interests nobody. */
    public static final Context NONE = new Context(null, 0, (ring, task) -> {});

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if {@code msg} is outside 0..65535
     */
    public Context {
        Objects.requireNonNull(callback, "callback");
        if (msg < 0 || msg > MAX_MSG) {
            throw new IllegalArgumentException("msg " + msg + " is outside 0..65535");
        }
    }

    /** A context of no group. */
    public Context(Object target, int msg, Callback callback) {
        this(target, msg, callback, null);
    }

    /** A context whose message is the ordinal of {@code msg}; {@link Task#msg(Class)} reads it. */
    public Context(Object target, Enum<?> msg, Callback callback) {
        this(target, msg.ordinal(), callback);
    }
}
