// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingMetrics;
import io.ourio.Task;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A ring counts what it does. */
@OnEveryBackend
class MetricsConformanceTest extends Conformance {
    @Test
    void operationsAreCounted() {
        Ring ring = open();
        try (ring) {
            RingMetrics before = ring.metrics();
            assertEquals(0, before.submissions());
            ring.noop(Context.NONE);
            ring.noop(Context.NONE);
            assertEquals(2, ring.metrics().active());
            finishAll(ring);
            RingMetrics after = ring.metrics();
            assertEquals(2, after.submissions());
            assertEquals(2, after.completions());
            assertEquals(0, after.active());
            assertTrue(kind == BackendKind.MOCK || after.enters() > before.enters());
        }
        assertEquals(2, ring.metrics().submissions());
    }

    @Test
    void receiveWithoutBuffersIsCounted() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            BufferGroup group = ring.bufferGroup(1, 1024);
            List<Integer> results = new ArrayList<>();
            Task receive = ring.task(new Context(null, 0, (_, task) -> {
                results.add(task.result());
                if (task.bufferId() >= 0) {
                    group.lend(task.bufferId());
                }
            }));
            ring.recvMultishot(pair.ours(), group, receive);
            MemorySegment data = world.memory(2000);
            assertEquals(2000, world.trySend(pair.peer(), data));
            finish(ring, receive);
            assertEquals(-Errno.ENOBUFS, results.getLast());
            assertEquals(1, ring.metrics().exhausted());
            group.giveBack(0);
        }
    }

    @Test
    void wakeupsAreCountedAtBothEnds() {
        try (Ring ring = open(); Ring other = open()) {
            ring.bind();
            for (int i = 1; i <= 3; i++) {
                other.announceSleep();
                ring.msgRing(other, Task.userMsg(1, Context.NONE), Context.NONE);
                ring.msgRing(other, Task.userMsg(1, Context.NONE), Context.NONE);
                other.wakeup(ring);
                other.poll(-1);
                ring.poll(0);
                RingMetrics sender = ring.metrics();
                assertEquals(3 * i, sender.wakeupsSent() + sender.wakeupsSaved());
                if (kind != BackendKind.MOCK) { // It cannot tell who sleeps.
                    assertEquals(i, sender.wakeupsSent());
                    assertEquals(i, other.metrics().wakeups());
                }
            }
            assertEquals(0, ring.metrics().wakeups());
        }
    }

    @Test
    void wakeupFromARingOfAnotherThreadIsRefused() throws Exception {
        try (Ring ring = open(); Ring other = open()) {
            ring.bind();
            CompletableFuture<Void> refused = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> {
                try {
                    assertThrows(WrongThreadException.class, () -> other.wakeup(ring));
                    refused.complete(null);
                } catch (Throwable failure) {
                    refused.completeExceptionally(failure);
                }
            });
            refused.get();
        }
    }

    @Test
    void wakeupFromARingThatIsClosedWakesAllTheSame() {
        try (Ring other = open()) {
            Ring ring = open();
            ring.bind();
            ring.close();
            other.announceSleep();
            other.wakeup(ring);
            other.poll(-1);
            assertEquals(0, ring.metrics().wakeupsSent());
        }
    }

    /** What came before the announcement is the caller's to look for, and costs no turn. */
    @Test
    void wakeupBeforeAnAnnouncementIsForgotten() {
        try (Ring ring = open()) {
            ring.poll(0);
            ring.wakeup();
            if (kind == BackendKind.MOCK) {
                return; // It keeps a call until the sleep.
            }
            ring.announceSleep();
            long began = System.nanoTime();
            ring.poll(20_000_000);
            assertTrue(System.nanoTime() - began >= 15_000_000, "the turn has not waited");
        }
    }

    @Test
    void countsGoOnInAnotherThread() throws Exception {
        try (Ring ring = open()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            Thread first = Thread.ofPlatform().start(() -> {
                ring.noop(Context.NONE);
                finishAll(ring);
                ring.announceSleep();
                ring.wakeup();
                done.complete(null);
            });
            done.get();
            first.join();
            RingMetrics before = ring.metrics();
            ring.adopt();
            RingMetrics after = ring.metrics();
            assertEquals(before.completions(), after.completions());
            assertEquals(before.wakeups(), after.wakeups());
            ring.noop(Context.NONE);
            finishAll(ring);
            assertEquals(2, ring.metrics().completions());
        }
    }
}
