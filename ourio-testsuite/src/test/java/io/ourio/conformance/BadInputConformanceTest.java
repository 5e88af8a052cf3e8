// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Iovecs;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a program may not ask for: the exact refusal, and a ring that works on afterwards. */
@OnEveryBackend
class BadInputConformanceTest extends Conformance {
    private static final String HEAP = "the segment is on the heap, where the collector moves it;"
            + " the kernel needs native memory";

    private static void refused(
            Class<? extends Exception> type, String message, Executable... calls) {
        for (Executable call : calls) {
            Exception thrown = assertThrows(type, call);
            assertEquals(message, thrown.getMessage());
            assertEquals(type, thrown.getClass());
        }
    }

    private static void assertWorks(Ring ring) {
        assertEquals(0, ring.active(), "nothing of what was refused is left");
        assertResult(0, finish(ring, ring.noop(Context.NONE)));
    }

    @Test
    void segmentOnTheHeapIsRefused() {
        MemorySegment heap = MemorySegment.ofArray(new byte[8]);
        try (Ring ring = open()) {
            refused(IllegalArgumentException.class, HEAP,
                    () -> ring.recv(1, heap, 0, Context.NONE),
                    () -> ring.send(1, heap, 0, Context.NONE),
                    () -> ring.read(1, heap, 0, Context.NONE),
                    () -> ring.write(1, heap, 0, Context.NONE),
                    () -> ring.connect(1, heap, Context.NONE));
            assertWorks(ring);
        }
    }

    @Test
    void readOnlySegmentIsRefusedForWhatWritesIntoIt() {
        World.Pair pair = world.pair();
        MemorySegment readOnly = world.memory(8).asReadOnly();
        try (Ring ring = open()) {
            refused(IllegalArgumentException.class, "the segment to read into is read-only",
                    () -> ring.recv(pair.ours(), readOnly, 0, Context.NONE),
                    () -> ring.read(pair.ours(), readOnly, 0, Context.NONE));
            assertWorks(ring);
            assertResult(8, finish(ring, ring.send(pair.ours(), readOnly, 0, Context.NONE)));
        }
    }

    @Test
    void segmentOfAClosedArenaIsRefused() {
        MemorySegment closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = arena.allocate(8);
        }
        try (Ring ring = open()) {
            refused(IllegalStateException.class, "the arena of the segment is closed",
                    () -> ring.recv(1, closed, 0, Context.NONE),
                    () -> ring.send(1, closed, 0, Context.NONE),
                    () -> ring.read(1, closed, 0, Context.NONE),
                    () -> ring.write(1, closed, 0, Context.NONE),
                    () -> ring.connect(1, closed, Context.NONE));
            assertWorks(ring);
        }
    }

    @Test
    void segmentLongerThanAnIntIsRefused() {
        MemorySegment huge = Libc.mapped(world.memory(1).address(), 1L << 31);
        try (Ring ring = open()) {
            refused(IllegalArgumentException.class,
                    "the segment has 2147483648 bytes, more than 2147483647",
                    () -> ring.recv(1, huge, 0, Context.NONE),
                    () -> ring.write(1, huge, 0, Context.NONE));
            assertWorks(ring);
        }
    }

    @Test
    void negativeDescriptorIsRefusedByEveryOperation() {
        MemorySegment memory = world.memory(8);
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            Iovecs iovecs = ring.iovecs();
            refused(IllegalArgumentException.class, "fd -1 is not a file descriptor",
                    () -> ring.accept(-1, Context.NONE),
                    () -> ring.acceptMultishot(-1, task),
                    () -> ring.connect(-1, memory, Context.NONE),
                    () -> ring.recv(-1, memory, 0, Context.NONE),
                    () -> ring.recv(-1, 0, 0, 0, task),
                    () -> ring.send(-1, memory, 0, Context.NONE),
                    () -> ring.send(-1, 0, 0, 0, task),
                    () -> ring.sendmsg(-1, iovecs, 0, task),
                    () -> ring.read(-1, memory, 0, Context.NONE),
                    () -> ring.write(-1, memory, 0, Context.NONE),
                    () -> ring.writev(-1, iovecs, 0, Context.NONE),
                    () -> ring.poll(-1, Linux.POLLIN, Context.NONE),
                    () -> ring.poll(-1, Linux.POLLIN, task),
                    () -> ring.pollMultishot(-1, Linux.POLLIN, Context.NONE),
                    () -> ring.shutdown(-1, 0, Context.NONE),
                    () -> ring.close(-1, Context.NONE),
                    () -> ring.readv(-1, iovecs, 0, Context.NONE),
                    () -> ring.fsync(-1, true, Context.NONE),
                    () -> ring.ftruncate(-1, 0, Context.NONE),
                    () -> ring.fallocate(-1, 0, 0, 1, Context.NONE),
                    () -> ring.splice(-1, 0, 1, 0, 1, Context.NONE),
                    () -> ring.splice(1, 0, -1, 0, 1, Context.NONE));
            refused(IllegalArgumentException.class, "fd -2147483648 is not a file descriptor",
                    () -> ring.close(Integer.MIN_VALUE, Context.NONE));
            assertWorks(ring);
        }
    }

    @Test
    void numbersOutsideOfTheirRangeAreRefused() {
        MemorySegment memory = world.memory(8);
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            Iovecs iovecs = ring.iovecs();
            refused(IllegalArgumentException.class, "length -1 is negative",
                    () -> ring.recv(1, 0, -1, 0, task),
                    () -> ring.send(1, 0, -1, 0, task),
                    () -> iovecs.add(0, -1));
            refused(IllegalArgumentException.class, "offset -2 is negative",
                    () -> ring.read(1, memory, -2, Context.NONE),
                    () -> ring.write(1, memory, -2, Context.NONE),
                    () -> ring.writev(1, iovecs, -2, Context.NONE));
            refused(IllegalArgumentException.class, "how 3 is outside 0..2",
                    () -> ring.shutdown(1, 3, Context.NONE));
            refused(IllegalArgumentException.class, "how -1 is outside 0..2",
                    () -> ring.shutdown(1, -1, Context.NONE));
            assertEquals(0, iovecs.count());
            for (int i = 0; i < Iovecs.CAPACITY; i++) {
                iovecs.add(memory.address(), 0);
            }
            refused(IllegalStateException.class, "there is room for 1024 pieces",
                    () -> iovecs.add(memory.address(), 1));
            assertWorks(ring);
        }
    }

    @Test
    void contextOutsideOfItsRangeIsRefused() {
        refused(IllegalArgumentException.class, "msg -1 is outside 0..65535",
                () -> new Context(null, -1, Context.NONE.callback()));
        refused(IllegalArgumentException.class, "msg 65536 is outside 0..65535",
                () -> new Context(null, 65536, Context.NONE.callback()));
        refused(NullPointerException.class, "callback", () -> new Context(null, 0, null));
        try (Ring ring = open()) {
            Task waiting = ring.timer(Duration.ofDays(1), Context.NONE);
            refused(NullPointerException.class, "context",
                    () -> ring.task(null), () -> ring.noop((Context) null),
                    () -> waiting.cancel(null));
            assertEquals(1, ring.active());
        }
    }

    @Test
    void taskThatIsNotFreeIsRefused() {
        World.Pair pair = world.pair();
        MemorySegment memory = world.memory(8);
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            ring.recv(pair.ours(), memory.address(), 8, 0, task);
            for (Task.State state : List.of(Task.State.QUEUED, Task.State.IN_FLIGHT)) {
                assertEquals(state, task.state());
                refused(IllegalStateException.class,
                        task + " has not completed; start another one",
                        () -> ring.noop(task), () -> ring.timer(0, task),
                        () -> ring.send(pair.ours(), memory.address(), 8, 0, task),
                        () -> ring.acceptMultishot(pair.ours(), task));
                turns(ring, 1);
            }
            world.send(pair.peer(), new byte[8]);
            assertResult(8, finish(ring, task));
            assertWorks(ring);
        }
    }

    /** In its callback a multishot task that goes on is not free, whoever asks. */
    @Test
    void multishotTaskThatGoesOnIsNotStartedAgain() {
        World.Pair pair = world.pair();
        List<Throwable> thrown = new ArrayList<>();
        try (Ring ring = open()) {
            Task poll = ring.pollMultishot(pair.ours(), Linux.POLLIN,
                    new Context(null, 0, (r, task) -> {
                        if (task.hasMore()) {
                            thrown.add(assertThrows(
                                    IllegalStateException.class, () -> r.noop(task)));
                        }
                    }));
            world.send(pair.peer(), new byte[8]);
            runUntil(ring, () -> !thrown.isEmpty(), poll::toString);
            poll.cancel(Context.NONE);
            finishAll(ring);
            assertWorks(ring);
        }
    }

    @Test
    void taskOfAnotherRingIsRefused() {
        try (Ring ring = open(); Ring other = open()) {
            Task foreign = other.task(Context.NONE);
            refused(IllegalStateException.class, "the task belongs to another ring",
                    () -> ring.noop(foreign), () -> ring.timer(0, foreign));
            assertWorks(ring);
            assertResult(0, finish(other, other.noop(foreign)));
        }
    }

    @Test
    void otherThreadIsRefusedByEveryCallButWakeup() throws Exception {
        try (Ring ring = open()) {
            Task task = ring.timer(Duration.ofDays(1), Context.NONE);
            Iovecs iovecs = ring.iovecs();
            String message = "the ring belongs to thread " + Thread.currentThread().getName()
                    + ", not to stranger";
            onAnotherThread(() -> {
                refused(WrongThreadException.class, message,
                        ring::bind, ring::cancelAll, ring::announceSleep, ring::close,
                        ring::iovecs, iovecs::release,
                        () -> ring.noop(Context.NONE), () -> ring.poll(0),
                        () -> ring.run(RunMode.ONCE),
                        () -> ring.run(RunMode.UNTIL_DONE),
                        () -> ring.run(RunMode.FOREVER),
                        () -> ring.timer(Duration.ZERO, Context.NONE),
                        () -> task.cancel(Context.NONE), () -> task.deadline(Instant.MAX),
                        () -> ring.bufferGroup(1, 1024));
                ring.wakeup();
            });
            assertEquals(1, ring.active());
            task.cancel(Context.NONE);
            finishAll(ring);
            assertWorks(ring);
        }
    }

    private static void onAnotherThread(Executable body) throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread.ofPlatform().name("stranger").start(() -> {
            try {
                body.execute();
            } catch (Throwable t) {
                failure.set(t);
            }
        }).join();
        if (failure.get() != null) {
            throw new CompletionException(failure.get());
        }
    }

    @Test
    void virtualThreadIsRefused() throws Exception {
        try (Ring ring = open()) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread.ofVirtual().name("light").start(() -> {
                try {
                    ring.noop(Context.NONE);
                } catch (Throwable t) {
                    failure.set(t);
                }
            }).join();
            assertEquals(WrongThreadException.class, failure.get().getClass());
            assertEquals("a ring needs a platform thread, and light is a virtual one",
                    failure.get().getMessage());
            assertWorks(ring);
        }
    }

    @Test
    void optionsOutsideOfTheirRangeAreRefused() {
        RingOptions options = options(8);
        for (int entries : new int[] {Integer.MIN_VALUE, -8, 0, 1, 4, 7, 9, 65536}) {
            refused(IllegalArgumentException.class,
                    "entries " + entries + " is not a power of two in 8..32768",
                    () -> options.withEntries(entries));
        }
        for (int count : new int[] {Integer.MIN_VALUE, -1, 0, 3, 65536}) {
            refused(IllegalArgumentException.class,
                    "bufferCount " + count + " is not a power of two in 1..32768",
                    () -> options.withBuffers(count, 1024));
        }
        for (int size : new int[] {-1, 0, 1023, (16 << 20) + 1}) {
            refused(IllegalArgumentException.class,
                    "bufferSize " + size + " is outside 1024..16777216 bytes",
                    () -> options.withBuffers(1, size));
        }
        refused(NullPointerException.class, "backend", () -> options.withBackend(null));
        refused(NullPointerException.class, "onFailure", () -> options.withOnFailure(null));
        refused(IllegalArgumentException.class,
                "no backend is called 'iocp'; there are " + ids(), () -> BackendKind.of("iocp"));
        assertEquals(kind, BackendKind.of(kind.id()));
    }

    private static List<String> ids() {
        return List.of(BackendKind.values()).stream().map(BackendKind::id).toList();
    }

    @Test
    void largestAndSmallestQueuesOpen() {
        for (int entries : new int[] {8, 32768}) {
            try (Ring ring = open(entries)) {
                assertWorks(ring);
            }
        }
    }

    @Test
    void piecesThatWereReleasedTwiceAreRefused() {
        try (Ring ring = open()) {
            Iovecs iovecs = ring.iovecs();
            iovecs.release();
            refused(IllegalStateException.class, "the pieces were released already",
                    iovecs::release);
            Iovecs one = ring.iovecs();
            Iovecs two = ring.iovecs();
            assertEquals(false, one == two);
        }
    }

    /** The kernel would read the list of somebody else. */
    @Test
    void piecesThatATaskHasAreNotReleased() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Iovecs pieces = ring.iovecs();
            pieces.add(world.memory(8).address(), 8);
            Task read = ring.readv(pair.ours(), pieces, Ring.CURRENT_POSITION, Context.NONE);
            String inUse = "the pieces are in use by a task; release them in its callback";
            refused(IllegalStateException.class, inUse, pieces::release);
            turns(ring, 2);
            refused(IllegalStateException.class, inUse, pieces::release);
            read.cancel(Context.NONE);
            finishAll(ring);
            pieces.release();
            refused(IllegalStateException.class,
                    "the pieces were released; take others from the ring",
                    () -> ring.readv(pair.ours(), pieces, Ring.CURRENT_POSITION, read));
            assertEquals(0, ring.active());
        }
    }
}
