// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The wall clock of one ring, which a test sets as an administrator sets the machine's, and which
 * stands still otherwise. Any thread may use it.
 */
public final class TestClock implements LongSupplier {
    private final AtomicLong nanos = new AtomicLong(Timekeeper.wallNanos(Instant.now()));

    private TestClock() {}

    /** Takes the place of the ring's own, for as long as the ring stays with its thread. */
    public static TestClock of(Ring ring) {
        TestClock clock = new TestClock();
        ring.backend.wallClock = clock;
        return clock;
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }

    public Instant now() {
        return Instant.EPOCH.plusNanos(getAsLong());
    }

    public void set(Instant instant) {
        nanos.set(Timekeeper.wallNanos(instant));
    }

    /** Sets it forward, or back. */
    public void jump(Duration by) {
        nanos.addAndGet(by.toNanos());
    }
}
