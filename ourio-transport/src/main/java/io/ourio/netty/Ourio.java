// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.BackendReport;

/** Whether this transport can run here, on which backend, and why not on a better one. */
public final class Ourio {
    private Ourio() {}

    /** Whether a ring can be opened with the default options. */
    public static boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /** Why {@link #isAvailable()} is false, with what to do about it; null if it is true. */
    public static Throwable unavailabilityCause() {
        return BackendReport.current().cause();
    }

    /**
     * Does nothing if the transport is available.
     *
     * @throws UnsatisfiedLinkError with the cause if it is not, as Netty's transports do
     */
    public static void ensureAvailability() {
        Throwable cause = unavailabilityCause();
        if (cause != null) {
            throw (Error) new UnsatisfiedLinkError("Ourio is not available: " + cause.getMessage())
                    .initCause(cause);
        }
    }

    /**
     * The backend that is chosen, and each step that led there, as lines of text. The first line
     * begins with {@code "backend: "} and its name.
     */
    public static String report() {
        return BackendReport.current().toString();
    }
}
