// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerHeapTest {
    /** Around the numbers where a clock of 64 bits wraps, too. */
    @ParameterizedTest
    @ValueSource(longs = {0, -5_000, Long.MAX_VALUE - 5_000, Long.MIN_VALUE})
    void soonestComesFirstWhateverWasAddedAndRemoved(long base) {
        Random random = new Random(base);
        Map<TimerHeap.Entry, Long> model = new HashMap<>();
        TimerHeap heap = new TimerHeap();
        for (int i = 0; i < 20_000; i++) {
            int dice = random.nextInt(10);
            if (dice < 5) {
                TimerHeap.Entry entry = new TimerHeap.Entry(Tasks.free());
                long when = random.nextInt(10_000);
                model.put(entry, when);
                heap.add(entry, base + when);
            } else if (dice < 7 && !model.isEmpty()) {
                TimerHeap.Entry entry = model.keySet().iterator().next();
                model.remove(entry);
                heap.remove(entry);
                assertFalse(entry.isArmed());
            } else {
                long now = random.nextInt(10_000);
                assertPolls(heap, base, now, model);
            }
            assertEquals(model.isEmpty(), heap.isEmpty());
        }
        while (!model.isEmpty()) {
            assertPolls(heap, base, 10_000, model);
        }
    }

    private static void assertPolls(
            TimerHeap heap, long base, long now, Map<TimerHeap.Entry, Long> model) {
        long soonest = model.values().stream().mapToLong(when -> when).min().orElse(now + 1);
        if (!model.isEmpty()) {
            assertEquals(soonest - now, heap.delay(base + now));
        }
        TimerHeap.Entry entry = heap.poll(base + now);
        if (soonest > now) {
            assertNull(entry);
        } else {
            assertEquals(soonest, model.remove(entry));
            assertFalse(entry.isArmed());
        }
    }

    @Test
    void pollAnyEmptiesTheHeap() {
        TimerHeap heap = new TimerHeap();
        Set<TimerHeap.Entry> entries = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            TimerHeap.Entry entry = new TimerHeap.Entry(Tasks.free());
            heap.add(entry, i * 7919 % 100);
            assertTrue(entry.isArmed());
            entries.add(entry);
        }
        for (TimerHeap.Entry entry = heap.pollAny(); entry != null; entry = heap.pollAny()) {
            assertFalse(entry.isArmed());
            assertTrue(entries.remove(entry));
        }
        assertEquals(Set.of(), entries);
        assertTrue(heap.isEmpty());
    }
}
