// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Iovecs;
import io.ourio.Ring;
import io.ourio.RingThread;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing is allocated on the way of an operation, once the code has been compiled. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.conformance.Conformance#systems") // A test may allocate.
class AllocationTest extends Conformance {
    private static final int OPERATIONS = 10_000;

    /** Less than one byte for an operation: the bean's own call may allocate. */
    private static final long NOTHING = OPERATIONS / 100;

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Counts, and keeps the last result. */
    static final class Counter implements Callback {
        int count;
        int result;

        @Override
        public void onCompletion(Ring ring, Task task) {
            count++;
            result = task.result();
        }
    }

    /**
     * Measures in short rounds until one allocates nothing: before the compiler is done, and when
     * it has to begin again, the same code allocates. That comes late on a busy machine, so what
     * is limited is the processor's time that this thread gets, and not the clock's.
     *
     * @return how often the operation ran
     */
    static long assertAllocatesNothing(Runnable operation) {
        long start = THREADS.getCurrentThreadCpuTime();
        long rounds = 0;
        long bytes;
        do {
            bytes = allocatedBy(operation);
            rounds++;
        } while (bytes >= NOTHING
                && THREADS.getCurrentThreadCpuTime() - start < PATIENCE.toNanos());
        assertTrue(bytes < NOTHING,
                bytes + " bytes for " + OPERATIONS + " operations, in round " + rounds);
        return rounds * OPERATIONS;
    }

    private static long allocatedBy(Runnable operation) {
        long thread = Thread.currentThread().threadId();
        long before = THREADS.getThreadAllocatedBytes(thread);
        for (int i = 0; i < OPERATIONS; i++) {
            operation.run();
        }
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }

    @Test
    void noop() {
        Counter counter = new Counter();
        try (Ring ring = open()) {
            Task task = ring.task(new Context(null, 0, counter));
            long made = assertAllocatesNothing(() -> {
                ring.noop(task);
                ring.poll(0);
            });
            assertEquals(made, counter.count);
        }
    }

    @Test
    void batchLongerThanTheQueue() {
        Counter counter = new Counter();
        try (Ring ring = open(8)) {
            Context context = new Context(null, 0, counter);
            Task[] tasks = new Task[20];
            for (int i = 0; i < tasks.length; i++) {
                tasks[i] = ring.task(context);
            }
            long made = assertAllocatesNothing(() -> {
                if (ring.active() == 0) {
                    for (Task task : tasks) {
                        ring.noop(task);
                    }
                }
                ring.poll(0);
            });
            assertTrue(counter.count > made);
        }
    }

    @Test
    void sendAndRecv() {
        World.Pair pair = world.pair();
        MemorySegment data = world.memory(64);
        MemorySegment into = world.memory(64);
        Counter counter = new Counter();
        try (Ring ring = open()) {
            Task send = ring.task(new Context(null, 0, counter));
            Task recv = ring.task(new Context(null, 0, counter));
            long made = assertAllocatesNothing(() -> {
                ring.recv(pair.ours(), into.address(), 64, 0, recv);
                ring.send(pair.peer(), data.address(), 64, 0, send);
                do {
                    ring.poll(1_000_000);
                } while (!recv.isFree() || !send.isFree());
            });
            assertEquals(2 * made, counter.count);
            assertEquals(64, counter.result);
        }
    }

    @Test
    void gatheredSend() {
        World.Pair pair = world.pair();
        MemorySegment data = world.memory(64);
        Counter counter = new Counter();
        try (Ring ring = open()) {
            Task send = ring.task(new Context(null, 0, counter));
            assertAllocatesNothing(() -> {
                Iovecs iovecs = ring.iovecs();
                iovecs.add(data.address(), 32);
                iovecs.add(data.address(), 32);
                ring.sendmsg(pair.ours(), iovecs, 0, send);
                do {
                    ring.poll(0);
                } while (!send.isFree());
                iovecs.release();
                world.tryReceive(pair.peer(), data);
            });
            assertEquals(64, counter.result);
        }
    }

    @Test
    void multishotRecv() {
        World.Pair pair = world.pair();
        MemorySegment data = world.memory(64);
        int[] ended = new int[1];
        long[] received = new long[1];
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            BufferGroup group = ring.bufferGroup(8, 1024);
            Task recv = ring.recvMultishot(pair.ours(), group, ring.task(new Context(null, 0,
                    (_, task) -> {
                        if (task.bufferId() < 0) {
                            ended[0]++;
                            return;
                        }
                        received[0] += task.result();
                        group.lend(task.bufferId());
                        group.giveBack(task.bufferId());
                    })));
            long made = assertAllocatesNothing(() -> {
                world.trySend(pair.peer(), data);
                ring.poll(0);
            });
            runUntil(ring, () -> received[0] == 64 * made, recv::toString);
            assertEquals(0, ended[0]);
        }
    }

    @Test
    void timers() {
        Counter counter = new Counter();
        try (Ring ring = open()) {
            Task[] tasks = new Task[10];
            for (int i = 0; i < tasks.length; i++) {
                tasks[i] = ring.task(new Context(null, 0, counter));
            }
            long made = assertAllocatesNothing(() -> {
                for (int i = 0; i < tasks.length; i++) {
                    if (tasks[i].isFree()) {
                        ring.timer(i * 1000L, tasks[i]);
                    }
                }
                ring.poll(1000);
            });
            assertTrue(counter.count >= made, counter.count + " timers");
        }
    }

    @Test
    void multishotPoll() {
        World.Pair pair = world.pair();
        MemorySegment data = world.memory(1);
        Counter counter = new Counter();
        try (Ring ring = open()) {
            ring.pollMultishot(pair.ours(), Linux.POLLIN, new Context(null, 0, counter));
            long made = assertAllocatesNothing(() -> {
                world.trySend(pair.peer(), data);
                ring.poll(0);
                world.tryReceive(pair.ours(), data);
            });
            assertTrue(counter.count >= made, counter.count + " events");
        }
    }

    /** A connection attempt has a deadline, and the ring reads the wall clock while it lasts. */
    @Test
    void turnsWhileADeadlineIsSet() {
        Counter counter = new Counter();
        try (Ring ring = open()) {
            ring.timer(Duration.ofDays(1), Context.NONE).deadline(Instant.MAX);
            Task task = ring.task(new Context(null, 0, counter));
            long made = assertAllocatesNothing(() -> {
                ring.noop(task);
                ring.poll(0);
            });
            assertEquals(made, counter.count);
        }
    }

    @Test
    void messages() {
        Counter counter = new Counter();
        try (Ring ring = open(); Ring other = open()) {
            Task message = Task.userMsg(0, new Context(null, 0, counter));
            Task sent = ring.task(new Context(null, 0, counter));
            long made = assertAllocatesNothing(() -> {
                other.announceSleep();
                ring.msgRing(other, Task.userMsg(1, message), sent);
                ring.poll(0);
                other.poll(-1);
                other.announceSleep();
                other.post(message);
                other.poll(-1);
            });
            assertEquals(3 * made, counter.count);
        }
    }

    @Test
    void buffersThatAnotherThreadGivesBack() {
        BufferGroup[] group = new BufferGroup[1];
        CountDownLatch made = new CountDownLatch(1);
        try (Ring ring = open(); RingThread owner = ring.spawnThread(8)) {
            owner.ring().post(Task.userPtr(null, new Context(null, 0, (own, _) -> {
                group[0] = own.capabilities().multishotRecv() ? own.bufferGroup(8, 1024) : null;
                made.countDown();
            })));
            awaitLatch(made);
            if (group[0] == null) {
                return;
            }
            assertAllocatesNothing(() -> {
                group[0].lend(0);
                group[0].giveBack(0);
            });
        }
    }

    @Test
    void wakeups() {
        try (Ring ring = open()) {
            assertAllocatesNothing(() -> {
                ring.announceSleep();
                ring.wakeup();
                ring.poll(-1);
            });
        }
    }
}
