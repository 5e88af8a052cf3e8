// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

/** Tasks in the order they came, linked through themselves. */
final class InFlightQueue {
    private InFlight first;
    private InFlight last;

    boolean isEmpty() {
        return first == null;
    }

    /** The oldest, or null. */
    InFlight first() {
        return first;
    }

    /** The newest, or null. */
    InFlight last() {
        return last;
    }

    void add(InFlight added) {
        added.previous = last;
        if (last == null) {
            first = added;
        } else {
            last.next = added;
        }
        last = added;
    }

    void remove(InFlight removed) {
        if (removed.previous == null) {
            first = removed.next;
        } else {
            removed.previous.next = removed.next;
        }
        if (removed.next == null) {
            last = removed.previous;
        } else {
            removed.next.previous = removed.previous;
        }
        removed.next = null;
        removed.previous = null;
    }

    /** Takes the oldest, or null. */
    InFlight poll() {
        InFlight oldest = first;
        if (oldest != null) {
            remove(oldest);
        }
        return oldest;
    }
}
