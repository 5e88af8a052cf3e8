// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
import io.ourio.BackendUnavailableException;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.Task;
import io.ourio.kqueue.EmulatedKqueue;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.Parameter;

/**
 * What the conformance tests share: the backend they run on, rings and how to wait for them.
 *
 * <p>A test opens and closes its ring itself, on its own thread, which JUnit may change between the
 * methods before, in and after a test.
 */
abstract class Conformance {
    /** Longer than anything takes here; only a test that fails waits for so long. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A property: the one backend to test. */
    static final String ONLY = "conformance.backend";

    private static final ConcurrentMap<BackendKind, String> UNAVAILABLE = new ConcurrentHashMap<>();

    @Parameter
    BackendKind kind;

    final World world = new World();

    /** What left a callback. A test that wants it takes it out. */
    final List<Throwable> failures = new CopyOnWriteArrayList<>();

    /** All backends, or the one that this JVM was started for. */
    static Stream<Named<BackendKind>> kinds() {
        String only = System.getProperty(ONLY);
        return Arrays.stream(BackendKind.values())
                .filter(kind -> kind != BackendKind.AUTO)
                .filter(kind -> only == null || only.equals(kind.id()))
                .map(kind -> Named.of(name(kind), kind));
    }

    private static String name(BackendKind kind) {
        return kind == BackendKind.KQUEUE && EmulatedKqueue.isInstalled()
                ? kind + " (emulated)" : kind.toString();
    }

    /** Those that have a kernel under them, which the mock has not. */
    static Stream<Named<BackendKind>> kernels() {
        return kinds().filter(kind -> kind.getPayload() != BackendKind.MOCK);
    }

    /** Those of which all is the system's, and nothing a test's. */
    static Stream<Named<BackendKind>> systems() {
        return kernels().filter(kind -> kind.getPayload() != BackendKind.KQUEUE
                || !EmulatedKqueue.isInstalled());
    }

    /** Those that make plain calls when a descriptor is ready. */
    static Stream<Named<BackendKind>> readiness() {
        return kernels().filter(kind -> kind.getPayload() != BackendKind.IO_URING);
    }

    @BeforeEach
    void skipWhereTheBackendCannotRun() {
        String reason = UNAVAILABLE.computeIfAbsent(kind, Conformance::unavailable);
        assumeTrue(reason.isEmpty(), reason);
    }

    private static String unavailable(BackendKind kind) {
        try {
            open(RingOptions.defaults().withBackend(kind)).close();
            return "";
        } catch (BackendUnavailableException e) {
            return e.getMessage();
        }
    }

    @AfterEach
    void tidyUp() {
        world.close();
        assertEquals(List.of(), failures, "exceptions that left callbacks");
    }

    RingOptions options(int entries) {
        return RingOptions.defaults().withBackend(kind).withEntries(entries)
                .withOnFailure((task, failure) -> failures.add(failure));
    }

    Ring open() {
        return open(64);
    }

    Ring open(int entries) {
        return open(options(entries));
    }

    static Ring open(RingOptions options) {
        return options.backend() == BackendKind.MOCK
                ? SystemCalls.mock().open(options)
                : Ring.open(options);
    }

    /** Runs the ring until {@code done}; fails with what {@code state} says if that is long. */
    static void runUntil(Ring ring, BooleanSupplier done, Supplier<String> state) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!done.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0,
                    () -> "still waiting after " + PATIENCE + ": " + state.get());
            ring.poll(Duration.ofMillis(50).toNanos());
        }
    }

    /** Runs the ring until the task has ended. Returns its result. */
    static int finish(Ring ring, Task task) {
        runUntil(ring, task::isFree, task::toString);
        return task.result();
    }

    /** Runs the ring until no task is left. */
    static void finishAll(Ring ring) {
        runUntil(ring, () -> ring.active() == 0, () -> ring.active() + " tasks left");
    }

    /** Gives the ring turns without waiting, so that what is queued is in flight. */
    static void turns(Ring ring, int count) {
        for (int i = 0; i < count; i++) {
            ring.poll(0);
        }
    }

    static void assertResult(int expected, int result) {
        assertEquals(text(expected), text(result));
    }

    private static String text(int result) {
        return result >= 0 ? Integer.toString(result) : Errno.describe(-result);
    }

    /** Waits without a ring for what another thread does. */
    static void await(BooleanSupplier done, Supplier<String> state) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!done.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0,
                    () -> "still waiting after " + PATIENCE + ": " + state.get());
            Thread.onSpinWait();
        }
    }

    /** Waits without a ring until all have counted down. */
    static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS),
                    () -> latch.getCount() + " are missing");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Lets at least {@code nanos} pass, for what depends on a clock and not on an event. */
    static void letPass(long nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            Thread.onSpinWait();
        }
    }
}
