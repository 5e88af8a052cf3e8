// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingClosedException;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a ring ends, what it leaves behind, and calls from other threads at any time. */
@OnEveryBackend
class CloseConformanceTest extends Conformance {
    private static final Duration SOON = Duration.ofSeconds(2);

    /** Starts tasks of every kind that waits, some of them many times. */
    private List<Task> everything(Ring ring, Context context) {
        int listener = world.listener();
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            tasks.add(ring.recv(world.pair().ours(), world.memory(64), 0, context));
            tasks.add(ring.accept(listener, context));
            tasks.add(ring.poll(world.pair().ours(), Linux.POLLIN, context));
            tasks.add(ring.pollMultishot(world.pair().ours(), Linux.POLLIN, context));
            tasks.add(ring.timer(Duration.ofDays(1), context));
        }
        tasks.add(ring.acceptMultishot(world.listener(), ring.task(context)));
        if (ring.capabilities().multishotRecv()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            for (int i = 0; i < 5; i++) {
                tasks.add(ring.recvMultishot(world.pair().ours(), group, ring.task(context)));
            }
        }
        return tasks;
    }

    @Test
    void closeEndsEverythingOnceAndSoon() {
        Map<Integer, String> before = World.openFiles();
        long mappings = World.ringMappings();
        Log log = new Log();
        Ring ring = open(16);
        List<Task> tasks = new ArrayList<>(everything(ring, log.context()));
        turns(ring, 10);
        assertEquals(0, log.size(), log.entries()::toString);
        tasks.addAll(everything(ring, log.context())); // These stay queued.
        tasks.add(tasks.getFirst().cancel(log.context()));
        long start = System.nanoTime();
        ring.close();
        long took = System.nanoTime() - start;
        assertTrue(took < SOON.toNanos(), "close took " + took + " ns");
        assertEquals(0, ring.active());
        tasks.forEach(task -> assertEquals(1, log.endings(task), task::toString));
        assertEquals(tasks.size(), log.size());
        tasks.forEach(task -> assertResult(-Errno.ECANCELED, task.result()));
        ring.close();
        world.close();
        assertEquals(before, World.openFiles());
        assertEquals(mappings, World.ringMappings());
    }

    @Test
    void twoHundredLivesLeaveNothingBehind() {
        cycle();
        Map<Integer, String> before = World.openFiles();
        long mappings = World.ringMappings();
        for (int i = 0; i < 200; i++) {
            cycle();
        }
        assertEquals(before, World.openFiles());
        assertEquals(mappings, World.ringMappings());
    }

    private void cycle() {
        try (World scene = new World()) {
            Log log = new Log();
            Ring ring = open(8);
            ring.recv(scene.pair().ours(), scene.memory(8), 0, log.context());
            ring.accept(scene.listener(), log.context());
            ring.timer(Duration.ofDays(1), log.context());
            ring.poll(0);
            ring.noop(log.context());
            ring.close();
            assertEquals(4, log.size());
        }
    }

    @Test
    void ringThatNobodyUsedClosesFromAnyThread() throws Exception {
        Map<Integer, String> before = World.openFiles();
        Ring ring = open();
        Thread thread = Thread.ofPlatform().start(ring::close);
        thread.join();
        assertTrue(ring.isClosed());
        assertEquals(before, World.openFiles());
        assertThrows(RingClosedException.class, ring::bind);
    }

    @Test
    void ringIsUsedByAnotherThreadThanItsMaker() throws Exception {
        Ring ring = open();
        AtomicReference<Object> outcome = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try (ring) {
                outcome.set(finish(ring, ring.noop(Context.NONE)));
            } catch (Throwable t) {
                outcome.set(t);
            }
        });
        thread.join();
        assertEquals(0, outcome.get());
    }

    @Test
    void ringOfAThreadThatIsGoneClosesFromAnother() throws Exception {
        Map<Integer, String> before = World.openFiles();
        Ring ring = open();
        Thread thread = Thread.ofPlatform().start(() -> finish(ring, ring.noop(Context.NONE)));
        thread.join();
        ring.close();
        assertEquals(before, World.openFiles());
    }

    @Test
    void adoptedRingWorksOnItsNewThreadAlone() throws Exception {
        Map<Integer, String> before = World.openFiles();
        Ring ring = open();
        AtomicReference<Throwable> refused = new AtomicReference<>();
        ring.adopt(); // By its first thread: as bind.
        assertResult(0, finish(ring, ring.noop(Context.NONE)));
        Task timer = ring.timer(Duration.ofDays(1), Context.NONE);
        onThread(() -> refused.set(assertThrows(IllegalStateException.class, ring::adopt)));
        assertEquals("1 tasks of the ring have not completed", refused.get().getMessage());
        timer.cancel(Context.NONE);
        finishAll(ring);
        onThread(() -> {
            ring.adopt();
            ring.adopt();
            ring.wakeup();
            assertPollReturns(ring);
            refused.set(null);
            assertResult(0, finish(ring, ring.noop(Context.NONE)));
        });
        assertEquals(null, refused.get());
        assertThrows(WrongThreadException.class, () -> ring.noop(Context.NONE));
        ring.close();
        onThread(() -> refused.set(assertThrows(RingClosedException.class, ring::adopt)));
        assertEquals("the ring is closed", refused.get().getMessage());
        assertEquals(before, World.openFiles());
    }

    private static void onThread(Runnable body) throws InterruptedException {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                body.run();
            } catch (Throwable t) {
                thrown.set(t);
            }
        });
        thread.join();
        if (thrown.get() != null) {
            throw new AssertionError(thrown.get());
        }
    }

    @Test
    void callsAfterTheCloseAreRefused() {
        Ring ring = open();
        Task task = ring.task(Context.NONE);
        Task ended = ring.noop(Context.NONE);
        finishAll(ring);
        ring.close();
        List<Runnable> calls = List.of(
                ring::bind, ring::cancelAll, ring::announceSleep, ring::iovecs,
                () -> ring.poll(0), () -> ring.noop(task), () -> ring.noop(Context.NONE),
                () -> ring.timer(0, task), () -> ring.bufferGroup(1, 1024),
                () -> ended.cancel(Context.NONE),
                () -> ring.run(RunMode.ONCE),
                () -> ring.run(RunMode.UNTIL_DONE),
                () -> ring.run(RunMode.FOREVER));
        for (Runnable call : calls) {
            assertEquals("the ring is closed",
                    assertThrows(RingClosedException.class, call::run).getMessage());
        }
        ring.wakeup();
        ring.close();
    }

    @Test
    void wakeupBeforeTheSleepEndsItAtOnce() {
        try (Ring ring = open()) {
            ring.poll(0);
            ring.wakeup();
            ring.wakeup();
            assertPollReturns(ring);
        }
    }

    @Test
    void wakeupAfterTheAnnouncementEndsTheSleepAtOnce() {
        try (Ring ring = open()) {
            ring.announceSleep();
            ring.wakeup();
            assertPollReturns(ring);
        }
    }

    @Test
    void wakeupDuringTheSleepEndsIt() throws Exception {
        try (Ring ring = open()) {
            for (int i = 0; i < 20; i++) {
                Thread waker = wakeWhenAsleep(ring, Thread.currentThread());
                assertPollReturns(ring);
                waker.join();
            }
        }
    }

    /** The bell is one of the ring's own tasks: what ends all tasks must not silence it. */
    @Test
    void wakeupWorksAfterCancelAllWithAFullQueue() throws Exception {
        try (Ring ring = open(8)) {
            for (int i = 0; i < 16; i++) {
                ring.cancelAll();
                turns(ring, 1 + i % 2);
                for (int task = 0; task < 8 + i % 3; task++) {
                    ring.recv(world.pair().ours(), world.memory(8), 0, Context.NONE);
                }
                Thread waker = wakeWhenAsleep(ring, Thread.currentThread());
                assertPollReturns(ring);
                waker.join();
            }
        }
    }

    /** Fails instead of hanging: a timer of the ring would hide that no wakeup came. */
    private static void assertPollReturns(Ring ring) {
        long start = System.nanoTime();
        long patience = Duration.ofSeconds(10).toNanos();
        ring.poll(patience);
        long took = System.nanoTime() - start;
        assertTrue(took < patience, "the wakeup was lost");
    }

    private static Thread wakeWhenAsleep(Ring ring, Thread sleeper) {
        return Thread.ofPlatform().start(() -> {
            // In the kernel or not yet: in both cases the wakeup must be seen.
            letPass(System.nanoTime() % 2_000_000);
            assertNotNull(sleeper);
            ring.wakeup();
        });
    }

    @Test
    void wakeupAfterTheCloseDoesNotReachADescriptorThatIsUsedAgain() {
        Ring ring = open();
        ring.poll(0);
        ring.announceSleep();
        Map<Integer, String> with = World.openFiles();
        ring.close();
        Map<Integer, String> without = World.openFiles();
        assertTrue(kind == BackendKind.MOCK || with.size() > without.size());
        List<Integer> canaries = new ArrayList<>();
        for (int i = 0; i < with.size() - without.size(); i++) {
            canaries.add(world.own(Libc.current().eventfd(0, Linux.EFD_NONBLOCK)));
        }
        assertThrows(RingClosedException.class, ring::announceSleep);
        ring.wakeup();
        canaries.forEach(this::assertUntouched);
    }

    private void assertUntouched(int canary) {
        assertEquals(-Errno.EAGAIN,
                Libc.current().read(canary, world.memory(8).address(), 8), "somebody wrote");
    }

    @Test
    void stormOfWakeupsDuringOpenAndCloseHitsNoDescriptorThatIsUsedAgain() throws Exception {
        AtomicReference<Ring> current = new AtomicReference<>(open(8));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong rung = new AtomicLong();
        List<Thread> storm = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            storm.add(Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    current.get().wakeup();
                    rung.incrementAndGet();
                }
            }));
        }
        try {
            current.get().close();
            for (int i = 0; i < 300; i++) {
                Ring ring = open(8);
                current.set(ring);
                ring.poll(1_000_000);
                ring.announceSleep();
                ring.poll(1_000_000);
                ring.announceSleep();
                ring.close();
                int first = Libc.current().eventfd(0, Linux.EFD_NONBLOCK);
                int second = Libc.current().eventfd(0, Linux.EFD_NONBLOCK);
                long before = rung.get();
                await(() -> rung.get() > before + 4, () -> "no wakeups");
                assertUntouched(first);
                assertUntouched(second);
                Libc.current().close(first);
                Libc.current().close(second);
            }
        } finally {
            stop.set(true);
            for (Thread thread : storm) {
                thread.join();
            }
        }
    }

    /** A program that loses its ring has a leak, not a kernel that writes into free memory. */
    @Test
    void memoryOfATaskInFlightOutlivesALostRing() {
        assumeTrue(kind == BackendKind.IO_URING,
                "only io_uring's kernel writes into the memory of a task that waits");
        World.Pair pair = world.pair();
        List<WeakReference<?>> lost = loseARing(pair);
        long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
        while (System.nanoTime() - end < 0) {
            System.gc();
        }
        lost.forEach(reference -> assertNotNull(reference.get(), "was collected"));
        ((Ring) lost.getFirst().get()).close();
    }

    private List<WeakReference<?>> loseARing(World.Pair pair) {
        Ring ring = open();
        MemorySegment buffer = Arena.ofAuto().allocate(1 << 20);
        Task task = ring.recv(pair.ours(), buffer, 0, Context.NONE);
        turns(ring, 1);
        return List.of(new WeakReference<>(ring), new WeakReference<>(buffer),
                new WeakReference<>(task));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void descriptorThatIsAcceptedWhileTheRingClosesIsNotLost(boolean multishot) {
        int listener = world.listener();
        Log log = new Log();
        Map<Integer, String> before;
        try (Ring ring = open()) {
            world.dial(listener);
            before = World.openFiles();
            ring.noop(new Context(null, 0, (r, _) -> r.close()));
            if (multishot) {
                ring.acceptMultishot(listener, ring.task(log.context()));
            } else {
                ring.accept(listener, log.context());
            }
            ring.poll(0);
            assertTrue(ring.isClosed());
        }
        // The caller of a multishot accept hears of every descriptor, also of this one.
        List<Integer> told = log.results().stream().filter(fd -> fd >= 0).toList();
        told.forEach(fd -> assertEquals(0, Libc.current().close(fd)));
        assertEquals(1, log.entries().stream().filter(entry -> !entry.more()).count());
        assertTrue(multishot || told.isEmpty(), log.entries()::toString);
        Map<Integer, String> after = World.openFiles();
        before.keySet().removeIf(fd -> !after.containsKey(fd)); // The ring's own.
        assertEquals(before, after);
    }

    @Test
    void closeFromAnotherThreadIsRefusedWhileTheOwnerLives() throws Exception {
        try (Ring ring = open()) {
            ring.bind();
            AtomicReference<Throwable> refused = new AtomicReference<>();
            Thread thread = Thread.ofPlatform().start(() ->
                    refused.set(assertThrows(WrongThreadException.class, ring::close)));
            thread.join();
            assertNotNull(refused.get());
            assertFalse(ring.isClosed());
        }
    }
}
