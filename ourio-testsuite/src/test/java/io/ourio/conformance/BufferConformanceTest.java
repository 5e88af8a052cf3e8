// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Task;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Multishot receive into provided buffers: that every byte comes once, in its place, and stays as
 * it is for as long as somebody may look at it. Where a ring has no such thing, it must say so.
 */
@OnEveryBackend
class BufferConformanceTest extends Conformance {
    private static final String FOREIGN =
            "the buffer group belongs to another ring, or to this one before adopt()";

    /** The byte at a place of an endless stream; its period is no power of two. */
    static byte at(long position) {
        return (byte) (position * 31 + position / 251);
    }

    private static void fill(MemorySegment segment, long position) {
        for (long i = 0; i < segment.byteSize(); i++) {
            segment.set(JAVA_BYTE, i, at(position + i));
        }
    }

    private static void assertStream(MemorySegment bytes, long position) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            if (bytes.get(JAVA_BYTE, i) != at(position + i)) {
                long wrong = i;
                throw new AssertionError("byte " + wrong + " of " + bytes.byteSize()
                        + " at " + position + " of the stream is wrong");
            }
        }
    }

    /** A receiver that goes on when buffers have run out, and checks all that it gets. */
    private final class Receiver {
        final Ring ring;
        final BufferGroup group;
        final int fd;
        final Task task;
        final List<Integer> ends = new ArrayList<>();
        final List<Integer> buffers = new ArrayList<>();
        long received;
        boolean lending;

        /** What is lent out: buffer, offset, length, position in the stream. */
        final Deque<long[]> lent = new ArrayDeque<>();

        Receiver(Ring ring, BufferGroup group, int fd) {
            this.ring = ring;
            this.group = group;
            this.fd = fd;
            task = ring.task(new Context(this, 0, (_, done) -> receive(done)));
            ring.recvMultishot(fd, group, task);
        }

        private void receive(Task done) {
            if (done.result() > 0) {
                int id = done.bufferId();
                long offset = done.bufferOffset();
                assertEquals(id, offset / group.bufferSize());
                assertEquals(id, (offset + done.result() - 1) / group.bufferSize());
                assertStream(group.memory().asSlice(offset, done.result()), received);
                if (lending) {
                    group.lend(id);
                    lent.add(new long[] {id, offset, done.result(), received});
                }
                buffers.add(id);
                received += done.result();
            }
            if (!done.hasMore()) {
                ends.add(done.result());
            }
        }

        /** Starts again what ended for want of buffers; fails for any other end. */
        void goOn() {
            if (task.isFree()) {
                int end = ends.getLast();
                assertTrue(end == -Errno.ENOBUFS || end > 0, () -> Errno.describe(-end));
                if (group.available() > 0) {
                    ring.recvMultishot(fd, group, task);
                }
            }
        }

        void giveBackOldest() {
            long[] loan = lent.remove();
            assertStream(group.memory().asSlice(loan[1], loan[2]), loan[3]);
            group.giveBack((int) loan[0]);
        }
    }

    /** Runs the test where there is multishot receive; elsewhere holds the ring to its word. */
    private boolean refused(Ring ring) {
        if (ring.capabilities().multishotRecv()) {
            return false;
        }
        assertThrows(UnsupportedOperationException.class, () -> ring.bufferGroup(1, 1024));
        return true;
    }

    private void pump(Receiver receiver, int peer, long total, int chunk) {
        MemorySegment data = world.memory(chunk);
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (long sent = 0; receiver.received < total; ) {
            assertTrue(System.nanoTime() - end < 0, () -> receiver.received + " of " + total);
            if (sent < total) {
                MemorySegment now = data.asSlice(0, Math.min(chunk, total - sent));
                fill(now, sent);
                sent += Math.max(0, world.trySend(peer, now));
            }
            receiver.ring.poll(0);
            receiver.goOn();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1024", "2, 1024", "4, 4096", "32, 65536"})
    void everyByteComesOnceAndInOrder(int count, int size) {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            Receiver receiver = new Receiver(ring, ring.bufferGroup(count, size), pair.ours());
            pump(receiver, pair.peer(), 4 << 20, 7919);
            world.close(pair.peer());
            finishAll(ring);
            assertResult(0, receiver.ends.getLast());
            assertEquals(count, receiver.group.available());
        }
    }

    @Test
    void smallMessagesAreToldOneByOne() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            Receiver receiver = new Receiver(ring, ring.bufferGroup(2, 1024), pair.ours());
            MemorySegment data = world.memory(10);
            for (int i = 0; i < 1000; i++) {
                fill(data, receiver.received);
                assertEquals(10, world.trySend(pair.peer(), data));
                long want = receiver.received + 10;
                runUntil(ring, () -> {
                    receiver.goOn();
                    return receiver.received == want;
                }, receiver.task::toString);
            }
            assertTrue(receiver.buffers.size() >= 1000);
            assertEquals(2, receiver.group.available());
        }
    }

    @Test
    void severalConnectionsShareTheBuffers() {
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = ring.bufferGroup(4, 1024);
            List<World.Pair> pairs = new ArrayList<>();
            List<Receiver> receivers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                pairs.add(world.pair());
                receivers.add(new Receiver(ring, group, pairs.get(i).ours()));
            }
            MemorySegment data = world.memory(700);
            for (int round = 0; round < 200; round++) {
                fill(data, round * 700L);
                pairs.forEach(pair -> assertEquals(700, world.trySend(pair.peer(), data)));
                long want = (round + 1) * 700L;
                runUntil(ring, () -> {
                    receivers.forEach(Receiver::goOn);
                    return receivers.stream().allMatch(one -> one.received == want);
                }, () -> want + " bytes each");
            }
            assertEquals(4, group.available());
        }
    }

    @Test
    void groupThatRanOutStopsNoOtherOfItsRing() {
        World.Pair first = world.pair();
        World.Pair second = world.pair();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            Receiver empty = new Receiver(ring, ring.bufferGroup(1, 1024), first.ours());
            Receiver other = new Receiver(ring, ring.bufferGroup(4, 2048), second.ours());
            empty.lending = true;
            MemorySegment data = world.memory(3000);
            fill(data, 0);
            assertEquals(3000, world.trySend(first.peer(), data));
            runUntil(ring, empty.task::isFree, empty.task::toString);
            assertResult(-Errno.ENOBUFS, empty.ends.getLast());
            pump(other, second.peer(), 1 << 20, 7919);
            assertEquals(1024, empty.received);
            empty.lending = false;
            empty.giveBackOldest(); // Which looks whether it is as it was.
            runUntil(ring, () -> {
                empty.goOn();
                return empty.received == 3000;
            }, empty.task::toString);
            assertEquals(4, other.group.available());
        }
    }

    @Test
    void buffersThatRanOutEndTheTaskAndLoseNothing() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = ring.bufferGroup(2, 1024);
            Receiver receiver = new Receiver(ring, group, pair.ours());
            receiver.lending = true;
            MemorySegment data = world.memory(5000);
            fill(data, 0);
            assertEquals(5000, world.trySend(pair.peer(), data));
            runUntil(ring, receiver.task::isFree, receiver.task::toString);
            assertResult(-Errno.ENOBUFS, receiver.ends.getLast());
            assertEquals(-1, receiver.task.bufferId());
            assertEquals(0, group.available());
            assertEquals(2048, receiver.received);
            assertResult(-Errno.ENOBUFS, finish(ring,
                    ring.recvMultishot(pair.ours(), group, ring.task(Context.NONE))));
            while (!receiver.lent.isEmpty()) {
                receiver.giveBackOldest();
            }
            assertEquals(2, group.available());
            receiver.lending = false;
            receiver.goOn();
            runUntil(ring, () -> {
                receiver.goOn();
                return receiver.received == 5000;
            }, receiver.task::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lentBytesStayAsTheyAreUnderTraffic(boolean otherThread) throws Exception {
        World.Pair pair = world.pair();
        BlockingQueue<long[]> loans = new LinkedBlockingQueue<>();
        AtomicReference<Throwable> broken = new AtomicReference<>();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            Receiver receiver = new Receiver(ring, ring.bufferGroup(8, 1024), pair.ours());
            receiver.lending = true;
            MemorySegment memory = receiver.group.memory();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    for (long[] loan = loans.take(); loan.length > 0; loan = loans.take()) {
                        assertStream(memory.asSlice(loan[1], loan[2]), loan[3]);
                        receiver.group.giveBack((int) loan[0]);
                    }
                } catch (Throwable t) {
                    broken.set(t);
                }
            });
            MemorySegment data = world.memory(3001);
            long total = 8 << 20;
            long end = System.nanoTime() + PATIENCE.toNanos();
            for (long sent = 0; receiver.received < total; ) {
                assertTrue(System.nanoTime() - end < 0, () -> receiver.received + " bytes came");
                MemorySegment now = data.asSlice(0, Math.min(1 + sent % 3001, total - sent));
                fill(now, sent);
                sent += sent < total ? Math.max(0, world.trySend(pair.peer(), now)) : 0;
                // Waits where only the other thread can go on, so that its call must wake it.
                boolean stuck = otherThread && receiver.task.isFree()
                        && receiver.group.available() == 0;
                ring.poll(stuck ? TimeUnit.SECONDS.toNanos(5) : 0);
                if (otherThread) {
                    loans.addAll(receiver.lent);
                    receiver.lent.clear();
                } else {
                    while (receiver.lent.size() > sent % 7) {
                        receiver.giveBackOldest();
                    }
                }
                receiver.goOn();
                assertEquals(null, broken.get());
            }
            loans.add(new long[0]);
            reader.join();
            assertEquals(null, broken.get());
            while (!receiver.lent.isEmpty()) {
                receiver.giveBackOldest();
            }
            ring.poll(0);
            assertEquals(8, receiver.group.available());
        }
    }

    @Test
    void bufferComesBackOnlyWhenTheLastLoanHasEnded() {
        World.Pair pair = world.pair();
        int[] id = new int[1];
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = ring.bufferGroup(1, 1024);
            Task task = ring.recvMultishot(pair.ours(), group, ring.task(new Context(null, 0,
                    (_, done) -> {
                        if (done.result() > 0) {
                            id[0] = done.bufferId();
                            group.lend(id[0]);
                            group.lend(id[0]);
                            group.giveBack(id[0]);
                        }
                    })));
            world.send(pair.peer(), new byte[1024]);
            runUntil(ring, () -> group.available() == 0, task::toString);
            turns(ring, 2);
            assertEquals(0, group.available());
            group.giveBack(id[0]);
            assertEquals(1, group.available());
            assertEquals("buffer 0 was given back too often", assertThrows(
                    IllegalStateException.class, () -> group.giveBack(0)).getMessage());
            assertEquals(1, group.available());
        }
    }

    @Test
    void giveBackFromAnotherThreadWakesTheRing() throws Exception {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = ring.bufferGroup(1, 1024);
            Receiver receiver = new Receiver(ring, group, pair.ours());
            receiver.lending = true;
            MemorySegment data = world.memory(2000);
            fill(data, 0);
            assertEquals(2000, world.trySend(pair.peer(), data));
            runUntil(ring, receiver.task::isFree, receiver.task::toString);
            Thread other = Thread.ofPlatform().start(() -> {
                letPass(2_000_000);
                while (!receiver.lent.isEmpty()) {
                    receiver.giveBackOldest();
                }
            });
            long start = System.nanoTime();
            while (group.available() == 0) {
                ring.poll(Duration.ofSeconds(10).toNanos());
            }
            assertTrue(System.nanoTime() - start < Duration.ofSeconds(10).toNanos(), "not woken");
            other.join();
            receiver.goOn();
            runUntil(ring, () -> receiver.received == 2000, receiver.task::toString);
        }
    }

    @Test
    void lentBytesOutliveTheRing() {
        World.Pair pair = world.pair();
        Ring ring = open();
        if (refused(ring)) {
            ring.close();
            return;
        }
        Receiver receiver = new Receiver(ring, ring.bufferGroup(2, 1024), pair.ours());
        receiver.lending = true;
        MemorySegment data = world.memory(500);
        fill(data, 0);
        world.trySend(pair.peer(), data);
        runUntil(ring, () -> receiver.received == 500, receiver.task::toString);
        ring.close();
        assertResult(-Errno.ECANCELED, receiver.ends.getLast());
        receiver.giveBackOldest();
    }

    @Test
    void callbackThatThrowsGivesItsBufferBack() {
        World.Pair pair = world.pair();
        int[] calls = new int[1];
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = ring.bufferGroup(1, 1024);
            ring.recvMultishot(pair.ours(), group, ring.task(new Context(null, 0, (_, task) -> {
                calls[0]++;
                throw new IllegalStateException("mine");
            })));
            world.send(pair.peer(), new byte[1024]);
            runUntil(ring, () -> calls[0] > 0, group::toString);
            assertEquals(1, group.available());
            assertFalse(failures.isEmpty());
            failures.clear();
        }
        failures.removeIf(failure -> failure.getMessage().equals("mine"));
    }

    @Test
    void groupOfAnotherRingIsRefused() {
        World.Pair pair = world.pair();
        try (Ring ring = open(); Ring other = open()) {
            if (refused(ring)) {
                return;
            }
            BufferGroup group = other.bufferGroup(1, 1024);
            Task task = ring.task(Context.NONE);
            assertEquals(FOREIGN, assertThrows(IllegalArgumentException.class,
                    () -> ring.recvMultishot(pair.ours(), group, task)).getMessage());
            assertTrue(task.isFree());
            assertResult(0, finish(ring, ring.noop(task)));
        }
    }

    @Test
    void groupOfBeforeAnAdoptionIsRefused() throws Exception {
        World.Pair pair = world.pair();
        Ring ring = open();
        AtomicReference<BufferGroup> before = new AtomicReference<>();
        Thread.ofPlatform().start(() -> {
            if (ring.capabilities().multishotRecv()) {
                before.set(ring.bufferGroup(1, 1024));
            }
        }).join();
        try (ring) {
            ring.adopt();
            if (refused(ring)) {
                return;
            }
            assertEquals(FOREIGN, assertThrows(IllegalArgumentException.class, () ->
                    ring.recvMultishot(pair.ours(), before.get(), ring.task(Context.NONE)))
                    .getMessage());
            Receiver receiver = new Receiver(ring, ring.bufferGroup(1, 1024), pair.ours());
            pump(receiver, pair.peer(), 100_000, 999);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1024, bufferCount 0 is not a power of two in 1..32768",
        "-1, 1024, bufferCount -1 is not a power of two in 1..32768",
        "3, 1024, bufferCount 3 is not a power of two in 1..32768",
        "65536, 1024, bufferCount 65536 is not a power of two in 1..32768",
        "1, 1023, bufferSize 1023 is outside 1024..16777216 bytes",
        "1, -1, bufferSize -1 is outside 1024..16777216 bytes",
        "1, 16777217, bufferSize 16777217 is outside 1024..16777216 bytes"})
    void groupOutsideOfItsRangeIsRefused(int count, int size, String message) {
        try (Ring ring = open()) {
            if (refused(ring)) {
                return;
            }
            assertEquals(message, assertThrows(IllegalArgumentException.class,
                    () -> ring.bufferGroup(count, size)).getMessage());
            assertEquals(1, ring.bufferGroup(1, 1024).available());
        }
    }
}
