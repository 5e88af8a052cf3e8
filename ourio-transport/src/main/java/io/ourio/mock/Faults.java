// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import java.util.ArrayList;
import java.util.List;

/** What went against the script and was not told yet. Any thread may use it. */
final class Faults {
    private final List<String> messages = new ArrayList<>();
    private Throwable cause;

    synchronized void add(String message) {
        messages.add(message);
    }

    synchronized void add(String message, Throwable thrown) {
        messages.add(message);
        if (cause == null) {
            cause = thrown;
        } else {
            cause.addSuppressed(thrown);
        }
    }

    /** Throws what there is, once. */
    synchronized void tell() {
        if (messages.isEmpty()) {
            return;
        }
        ScriptError error = new ScriptError(messages, cause);
        messages.clear();
        cause = null;
        throw error;
    }
}
