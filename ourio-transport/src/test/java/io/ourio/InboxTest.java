// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

class InboxTest {
    private static final int SENDERS = 3;
    private static final int SENDER = 32;

    private static Task message(long number) {
        return Task.userMsg(number, Context.NONE);
    }

    private static List<Long> numbers(Task first) {
        List<Long> numbers = new ArrayList<>();
        for (Task task = first; task != null; task = task.next) {
            numbers.add(task.number());
        }
        return numbers;
    }

    @Test
    void messagesAreTakenInTheirOrderAndOnce() {
        Inbox inbox = new Inbox();
        assertTrue(inbox.isEmpty());
        assertNull(inbox.take());
        for (int round = 0; round < 3; round++) {
            for (long i = 1; i <= 4; i++) {
                assertTrue(inbox.add(message(i)));
                assertFalse(inbox.isEmpty());
            }
            assertEquals(List.of(1L, 2L, 3L, 4L), numbers(inbox.take()));
            assertTrue(inbox.isEmpty());
            assertNull(inbox.take());
        }
    }

    @Test
    void whatWasThereAtTheCloseCanBeTakenAndNothingComesIn() {
        Inbox inbox = new Inbox();
        inbox.add(message(1));
        inbox.add(message(2));
        inbox.close();
        Task late = message(3);
        assertFalse(inbox.add(late));
        assertNull(late.next);
        assertFalse(inbox.isEmpty());
        inbox.close();
        assertEquals(List.of(1L, 2L), numbers(inbox.take()));
        assertTrue(inbox.isEmpty());
        assertNull(inbox.take());
        assertFalse(inbox.add(late));
    }

    /** Threads that add until the inbox is closed under them: what got in is taken, in order. */
    @Test
    void nothingIsLostBetweenSendersAndAClose() throws Exception {
        for (int round = 0; round < 100; round++) {
            race(10 * round);
        }
    }

    private static void race(int most) throws Exception {
        Inbox inbox = new Inbox();
        AtomicLongArray added = new AtomicLongArray(SENDERS);
        CyclicBarrier start = new CyclicBarrier(SENDERS + 1);
        List<Thread> threads = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            int number = sender;
            threads.add(Thread.ofPlatform().start(() -> {
                awaitStart(start);
                long next = 0;
                while (inbox.add(message((long) number << SENDER | next))) {
                    next++;
                }
                added.set(number, next);
            }));
        }
        long[] taken = new long[SENDERS];
        awaitStart(start);
        for (int count = 0; count <= most;) {
            count += check(inbox.take(), taken);
        }
        inbox.close();
        for (Thread thread : threads) {
            thread.join();
        }
        check(inbox.take(), taken);
        for (int sender = 0; sender < SENDERS; sender++) {
            assertEquals(added.get(sender), taken[sender], "messages of sender " + sender);
        }
    }

    private static void awaitStart(CyclicBarrier start) {
        try {
            start.await(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static int check(Task first, long[] taken) {
        int count = 0;
        for (Task task = first; task != null; task = task.next) {
            int sender = (int) (task.number() >>> SENDER);
            assertEquals(taken[sender]++, task.number() & (1L << SENDER) - 1);
            count++;
        }
        return count;
    }
}
