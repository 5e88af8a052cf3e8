// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Task;

/**
 * A task that was taken over, and how far it has come. The object belongs to a slot of the task
 * table and is used again with it, so that taking a task over allocates nothing.
 */
final class InFlight {
    /** Where a task is. */
    enum Place {
        /** In a queue of a descriptor. */
        WAITING,
        /** With the {@link Workers}. */
        WORKING,
        /** Its result is there, and is told in this turn. */
        ENDED
    }

    final ReadinessBackend backend;

    /** Null while the slot is free. */
    Task task;

    Place place;

    /** The descriptor that it waits for, or null. */
    Descriptor descriptor;

    /** The queue of that one in which it waits, or null. */
    InFlightQueue queue;

    /** Neighbours in the one queue that it is in. */
    InFlight next;

    InFlight previous;

    /** Bytes that were sent or received, of those that the task wants all of. */
    int done;

    /** Whether a receive that gets less than it asked for has got all that there is. */
    boolean drains;

    /** What it is told when it has ended; of a poll that goes on, what is to be told next, or 0. */
    int result;

    /** Who makes its call now, or null. Guarded by the {@link Workers}, as the next one. */
    Workers.Worker worker;

    /** Whether a worker has taken it, so that it can no more be withdrawn. */
    boolean taken;

    /** Somebody asked for the end of it while a worker had it. */
    volatile boolean unwanted;

    InFlight(ReadinessBackend backend) {
        this.backend = backend;
    }

    void begin(Task begun) {
        task = begun;
        done = 0;
        result = 0;
        drains = false;
        taken = false;
        unwanted = false;
    }
}
