// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.ourio.RingMetrics;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A loop that sleeps is woken once, from the ring of the loop that has a task for it. */
class LoopWakeupTest {
    private final Net net = new Net(2);
    private final OurioEventLoopGroup group = (OurioEventLoopGroup) net.group;
    private final EventLoop first = group.next();
    private final EventLoop second = group.next();

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private RingMetrics metrics(EventLoop loop) {
        int index = 0;
        for (var each : group) {
            if (each == loop) {
                return group.metrics().get(index).ring();
            }
            index++;
        }
        throw new AssertionError(loop + " is not of the group");
    }

    /** Both run and have nothing to do: they sleep, or will unless something comes. */
    private void settle() {
        for (EventLoop loop : List.of(first, second)) {
            Net.await(loop.submit(() -> { }), "a task");
            settle(loop);
        }
    }

    private void settle(EventLoop loop) {
        long[] before = {-1};
        Net.until(() -> {
            long now = metrics(loop).enters();
            boolean still = now == before[0];
            before[0] = now;
            return still;
        }, group::metrics);
    }

    @Test
    void taskOfAnotherLoopIsOneWakeup() {
        settle();
        RingMetrics sender = metrics(first);
        RingMetrics sleeper = metrics(second);
        for (int i = 1; i <= 50; i++) {
            CountDownLatch done = new CountDownLatch(1);
            Net.await(first.submit(() -> second.execute(done::countDown)), "the sending");
            Net.until(() -> done.getCount() == 0, () -> "the task of the other loop did not run");
            settle(second);
            assertEquals(i, metrics(first).wakeupsSent() - sender.wakeupsSent()
                    + metrics(first).wakeupsSaved() - sender.wakeupsSaved());
        }
        long sent = metrics(first).wakeupsSent() - sender.wakeupsSent();
        assertTrue(sent > 0, "no task found the loop asleep");
        assertEquals(sent, metrics(second).wakeups() - sleeper.wakeups());
    }

    @Test
    void manyTasksForALoopThatSleepsAreOneWakeup() throws InterruptedException {
        settle();
        long wakeups = metrics(second).wakeups();
        long saved = metrics(first).wakeupsSaved();
        int tasks = 1000;
        CountDownLatch done = new CountDownLatch(tasks);
        CountDownLatch sent = new CountDownLatch(1);
        first.execute(() -> {
            second.execute(() -> await(sent)); // Awake, and busy until all have been sent.
            for (int i = 0; i < tasks; i++) {
                second.execute(done::countDown);
            }
            sent.countDown();
        });
        assertTrue(done.await(20, TimeUnit.SECONDS), () -> done.getCount() + " tasks did not run");
        assertTrue(metrics(second).wakeups() - wakeups <= 1, () -> metrics(second).toString());
        assertTrue(metrics(first).wakeupsSaved() - saved >= tasks, () -> metrics(first).toString());
    }

    @Test
    void taskForALoopThatIsAwakeRingsNobody() throws InterruptedException {
        settle();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        second.execute(() -> {
            busy.countDown();
            await(sent);
        });
        assertTrue(busy.await(20, TimeUnit.SECONDS));
        long wakeups = metrics(second).wakeups();
        CountDownLatch done = new CountDownLatch(2);
        first.execute(() -> {
            second.execute(done::countDown);
            second.schedule(done::countDown, 0, TimeUnit.NANOSECONDS);
            sent.countDown();
        });
        assertTrue(done.await(20, TimeUnit.SECONDS));
        assertEquals(wakeups, metrics(second).wakeups());
    }

    @Test
    void threadWithoutALoopIsAWakeupThatNoLoopHasSent() {
        settle();
        RingMetrics before = metrics(second);
        for (int i = 0; i < 50; i++) {
            Net.await(second.submit(() -> { }), "the task");
            settle(second);
        }
        assertTrue(metrics(second).wakeups() > before.wakeups(), "no task found the loop asleep");
        assertEquals(0, metrics(second).wakeupsSent() + metrics(first).wakeupsSent());
    }

    @Test
    void loopThatGoesOnInAnotherThreadRingsFromThere() throws Exception {
        try (Net other = new Net(1)) {
            SingleThreadIoEventLoop loop = (SingleThreadIoEventLoop) other.group.next();
            Thread thread = Net.await(loop.submit(Thread::currentThread), "a task");
            Net.until(() -> loop.trySuspend() && !thread.isAlive(), () -> thread + " goes on");
            // In the new thread of the same loop.
            Net.await(loop.submit(() -> second.execute(() -> { })), "a task");
            RingMetrics sender =
                    ((OurioEventLoopGroup) other.group).metrics().getFirst().ring();
            assertEquals(1, sender.wakeupsSent() + sender.wakeupsSaved());
        }
        Net.await(second.submit(() -> { }), "a task after the other group has ended");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
