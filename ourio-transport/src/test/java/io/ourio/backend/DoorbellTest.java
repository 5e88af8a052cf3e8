// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.sys.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DoorbellTest {
    private static final int LENGTH = 8;

    private enum Step { ANNOUNCE, SLEEP, WAKE, RING }

    private final Libc libc = Libc.current();
    private final MemorySegment counter = Arena.ofAuto().allocate(JAVA_LONG);

    /** How often the eventfd was written since the last look. */
    private long rung(EventfdDoorbell bell) {
        return libc.read(bell.fd(), counter.address(), Long.BYTES) < 0
                ? 0 : counter.get(JAVA_LONG, 0);
    }

    /**
     * Every sequence of steps that a thread and its callers can make. Held against the promise: a
     * call after the announcement, or after the thread was last awake, rings or forbids the sleep,
     * and of several calls only the first rings.
     */
    @Test
    void everySequenceKeepsThePromise() {
        EventfdDoorbell bell = new EventfdDoorbell(libc);
        int[] tried = new int[1];
        try {
            play(bell, new ArrayList<>(), tried);
        } finally {
            bell.close(libc);
        }
        assertTrue(tried[0] > 1000, tried[0] + " sequences");
    }

    private void play(EventfdDoorbell bell, List<Step> steps, int[] tried) {
        if (steps.size() == LENGTH) {
            tried[0]++;
            check(bell, steps);
            return;
        }
        for (Step step : Step.values()) {
            // A thread that tried to sleep wakes before it does anything else.
            boolean asleep = steps.lastIndexOf(Step.SLEEP) > steps.lastIndexOf(Step.WAKE);
            if (asleep && (step == Step.ANNOUNCE || step == Step.SLEEP)) {
                continue;
            }
            steps.add(step);
            play(bell, steps, tried);
            steps.removeLast();
        }
    }

    private void check(EventfdDoorbell bell, List<Step> steps) {
        bell.wake();
        rung(bell);
        boolean called = false;
        boolean mustRing = false;
        for (int i = 0; i < steps.size(); i++) {
            String where = steps.subList(0, i + 1).toString();
            switch (steps.get(i)) {
                case ANNOUNCE -> {
                    bell.announceSleep();
                    called = false; // The thread looks for what came before.
                    mustRing = true;
                }
                case SLEEP -> {
                    assertEquals(!called, bell.sleep(), where);
                    mustRing = !called;
                }
                case WAKE -> {
                    bell.wake();
                    called = false;
                    mustRing = false;
                }
                case RING -> {
                    bell.ring();
                    assertEquals(mustRing ? 1 : 0, rung(bell), where);
                    called = true;
                    mustRing = false;
                }
            }
        }
    }

    @Test
    void bellThatIsClosedRingsNothing() {
        for (int state = 0; state < 3; state++) {
            EventfdDoorbell bell = new EventfdDoorbell(libc);
            if (state > 0) {
                bell.announceSleep();
            }
            if (state > 1) {
                bell.ring();
            }
            int fd = bell.fd();
            bell.close(libc);
            EventfdDoorbell other = new EventfdDoorbell(libc);
            assertEquals(fd, other.fd(), "the number is used again");
            bell.ring();
            assertEquals(0, rung(other));
            other.close(libc);
        }
    }

    /** Producers and a consumer that sleeps whenever it has nothing to do: none waits for ever. */
    @Test
    void noCallIsLostBetweenThreads() throws Exception {
        EventfdDoorbell bell = new EventfdDoorbell(libc);
        AtomicLong produced = new AtomicLong();
        int each = 20_000;
        List<Thread> producers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            producers.add(Thread.ofPlatform().start(() -> {
                for (int item = 0; item < each; item++) {
                    produced.incrementAndGet();
                    bell.ring();
                    if (item % 8 == 0) {
                        Thread.yield(); // Lets the consumer fall asleep.
                    }
                }
            }));
        }
        long consumed = 0;
        while (consumed < 3L * each) {
            consumed = produced.get();
            bell.announceSleep();
            if (produced.get() == consumed && consumed < 3L * each && bell.sleep()) {
                awaitRing(bell, consumed);
            }
            bell.wake();
        }
        for (Thread producer : producers) {
            producer.join();
        }
        bell.close(libc);
    }

    private void awaitRing(EventfdDoorbell bell, long consumed) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (rung(bell) == 0) {
            assertTrue(System.nanoTime() - end < 0, () -> "asleep for ever at " + consumed);
            Thread.onSpinWait();
        }
    }
}
