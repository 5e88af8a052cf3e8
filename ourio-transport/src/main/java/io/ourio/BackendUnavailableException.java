// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** The backend that was asked for cannot run here. The message says why and what to do. */
public final class BackendUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With the reason, and the refusal it came from (or null). */
    public BackendUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
