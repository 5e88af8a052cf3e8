// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.backend.Backends;
import java.util.List;

/**
 * Which backend the default options lead to on this machine, and how.
 *
 * @param backend the chosen backend, or null if none can run
 * @param cause why none can run, or null
 * @param steps what was tried and what came of it
 */
public record BackendReport(BackendKind backend, Throwable cause, List<String> steps) {
    private static final class Holder {
        static final BackendReport CURRENT = Backends.report();
    }

    /** Takes the parts. */
    public BackendReport {
        steps = List.copyOf(steps);
    }

    /** The report of this process, made once by opening a ring and closing it. */
    public static BackendReport current() {
        return Holder.CURRENT;
    }

    @Override
    public String toString() {
        return "backend: " + (backend == null ? "none, " + cause.getMessage() : backend.id())
                + "\n  " + String.join("\n  ", steps);
    }
}
