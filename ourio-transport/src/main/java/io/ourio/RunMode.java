// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** How long {@link Ring#run} goes on. */
public enum RunMode {
    /** Submits, waits for at least one completion, delivers what is there, returns. */
    ONCE,
    /** Goes on until no task is queued or in flight. */
    UNTIL_DONE,
    /** Goes on until the ring is closed. */
    FOREVER
}
