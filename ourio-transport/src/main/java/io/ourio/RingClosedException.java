// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** A task was given to a ring that is closed or closing. The task was not accepted. */
public final class RingClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    RingClosedException() {
        super("the ring is closed");
    }
}
