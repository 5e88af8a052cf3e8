// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

/** What workers have done for one ring, until its thread takes it. Safe for all threads. */
final class FinishedCalls {
    private final InFlightQueue queue = new InFlightQueue();

    synchronized void add(InFlight flight) {
        queue.add(flight);
    }

    synchronized boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Takes the oldest, or null. */
    synchronized InFlight poll() {
        return queue.poll();
    }
}
