// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import java.util.List;

/**
 * A program did what its test's script does not allow, or left undone what it must. Each fault is
 * told once, by the ring's turn in which it happened or by its close.
 */
public final class ScriptError extends AssertionError {
    private static final long serialVersionUID = 1;

    ScriptError(List<String> faults, Throwable cause) {
        super(String.join("\n", faults), cause);
    }
}
