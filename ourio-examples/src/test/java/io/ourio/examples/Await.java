// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Waiting that ends: with what was waited for, or with a message. */
final class Await {
    static final int SECONDS = 30;

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long STILL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private Await() {
    }

    static void until(BooleanSupplier condition, Supplier<String> message) {
        value(() -> condition.getAsBoolean() ? true : null, message);
    }

    /** {@return the first value that is not null} */
    static <T> T value(Supplier<T> source, Supplier<String> message) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(SECONDS)) {
            T value = source.get();
            if (value != null) {
                return value;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return fail("waited " + SECONDS + " s: " + message.get());
    }

    /** {@return a count once it has not changed for half a second} */
    static long standstill(LongSupplier count, Supplier<String> message) {
        long[] last = {count.getAsLong(), System.nanoTime()};
        until(() -> {
            long now = count.getAsLong();
            if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > STILL_NANOS;
        }, message);
        return last[0];
    }
}
