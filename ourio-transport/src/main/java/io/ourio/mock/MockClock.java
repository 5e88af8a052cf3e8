// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import java.time.Instant;

/** The time of one mock: virtual, or the system's. Any thread may use it. */
final class MockClock {
    private boolean system;
    private long nanos;

    /** The wall clock when {@link #nanos} was 0. */
    private Instant origin = Instant.now();

    synchronized void useSystem() {
        system = true;
    }

    synchronized boolean isSystem() {
        return system;
    }

    synchronized long nanoTime() {
        return system ? System.nanoTime() : nanos;
    }

    synchronized Instant now() {
        return system ? Instant.now() : origin.plusNanos(nanos);
    }

    synchronized void advance(long by) {
        if (system) {
            throw new IllegalStateException("the mock has the system's clock");
        }
        nanos = Math.addExact(nanos, by);
    }

    /** Sets the wall clock alone, as an administrator does. */
    synchronized void set(Instant instant) {
        if (system) {
            throw new IllegalStateException("the mock has the system's clock");
        }
        origin = instant.minusNanos(nanos);
    }
}
