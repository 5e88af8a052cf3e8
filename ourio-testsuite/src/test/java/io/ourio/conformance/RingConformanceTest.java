// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the operations of a transport do, with their results and their errors. */
@OnEveryBackend
class RingConformanceTest extends Conformance {
    private static final byte[] HELLO = "hello".getBytes();
    private static final byte[] CONTENT = "0123456789".getBytes();

    private Iovecs iovecs(Ring ring, List<byte[]> pieces) {
        Iovecs iovecs = ring.iovecs();
        for (byte[] piece : pieces) {
            iovecs.add(world.memory(piece).address(), piece.length);
        }
        return iovecs;
    }

    @Test
    void noopCompletesWithZeroAndMayBeStartedAgain() {
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.task(log.context());
            for (int i = 0; i < 3; i++) {
                assertTrue(task.isFree());
                ring.noop(task);
                assertEquals(Task.State.QUEUED, task.state());
                assertResult(0, finish(ring, task));
            }
            assertEquals(List.of(0, 0, 0), log.results());
        }
    }

    /** When a timer is due: its ring reads the clock between the two times. */
    private record Due(long earliest, long latest) {}

    @Test
    void timersCompleteInTheOrderOfTheirTimes() {
        List<Due> order = new ArrayList<>();
        try (Ring ring = open()) {
            for (int micros : new Random(1).ints(500, 1, 20_000).toArray()) {
                long delay = TimeUnit.MICROSECONDS.toNanos(micros);
                Due[] due = new Due[1];
                long before = System.nanoTime();
                ring.timer(delay, ring.task(new Context(null, 0, (_, _) -> order.add(due[0]))));
                due[0] = new Due(before + delay, System.nanoTime() + delay);
            }
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(500, order.size());
        long latestSoFar = order.getFirst().earliest();
        for (Due due : order) {
            assertTrue(due.latest() - latestSoFar >= 0, due + " came after " + latestSoFar);
            latestSoFar = Math.max(latestSoFar, due.earliest());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
    void timerThatIsDueCompletesWithTheNextTurn(long nanos) {
        Log log = new Log();
        try (Ring ring = open()) {
            ring.timer(nanos, ring.task(log.context()));
            ring.timer(Duration.ofSeconds(nanos), log.context());
            ring.poll(0);
            assertEquals(List.of(0, 0), log.results());
        }
    }

    @Test
    void timerIsNeverEarly() {
        long[] ended = new long[1];
        try (Ring ring = open()) {
            for (int i = 0; i < 20; i++) {
                long delay = TimeUnit.MICROSECONDS.toNanos(100 + 137 * i);
                long start = System.nanoTime();
                ring.timer(Duration.ofNanos(delay),
                        new Context(null, 0, (_, _) -> ended[0] = System.nanoTime()));
                ring.run(RunMode.UNTIL_DONE);
                assertTrue(ended[0] - start >= delay, (ended[0] - start) + " < " + delay);
            }
        }
    }

    /** What is due waits for a turn while the one without an end is started: their order wraps. */
    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE >> 1})
    void timerOfCenturiesDoesNotDelayOneThatIsDue(long centuries) {
        Log log = new Log();
        try (Ring ring = open()) {
            ring.timer(1, ring.task(log.context(1)));
            letPass(1_000_000);
            Task endless = ring.timer(centuries, ring.task(log.context(2)));
            ring.timer(Duration.ofSeconds(Long.MAX_VALUE), log.context(3));
            ring.poll(0);
            assertEquals(List.of(1), log.messages());
            assertEquals(Task.State.IN_FLIGHT, endless.state());
        }
        assertEquals(3, log.size());
    }

    @Test
    void acceptGivesDescriptorsThatDoNotBlockAndCloseOnExec() throws Exception {
        int listener = world.listener();
        try (Ring ring = open()) {
            Task task = ring.accept(listener, Context.NONE);
            turns(ring, 2);
            assertFalse(task.isFree(), "nobody has dialed");
            int client = world.dial(listener);
            int server = world.own(finish(ring, task));
            assertTrue(server >= 0, task::toString);
            // Octal, as proc(5) has it: O_CLOEXEC and O_NONBLOCK.
            long flags = descriptorFlags(server);
            assertEquals(02004000, flags & 02004000, () -> Long.toOctalString(flags));
            world.send(client, HELLO);
            assertReceives(ring, server, HELLO);
        }
    }

    private static long descriptorFlags(int fd) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd))
                .stream().filter(line -> line.startsWith("flags:"))
                .mapToLong(line -> Long.parseLong(line.substring(6).strip(), 8))
                .findFirst().orElseThrow();
    }

    private void assertReceives(Ring ring, int fd, byte[] expected) {
        MemorySegment buffer = world.memory(expected.length);
        assertResult(expected.length, finish(ring, ring.recv(fd, buffer, 0, Context.NONE)));
        assertArrayEquals(expected, buffer.toArray(JAVA_BYTE));
    }

    @Test
    void multishotAcceptTakesEveryConnection() {
        int listener = world.listener();
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.acceptMultishot(listener, ring.task(log.context()));
            for (int i = 1; i <= 20; i++) {
                world.dial(listener);
                int count = i;
                runUntil(ring, () -> log.size() == count, () -> log.entries().toString());
                if (task.isFree()) {
                    ring.acceptMultishot(listener, task);
                }
            }
            task.cancel(Context.NONE);
            finishAll(ring);
        }
        List<Integer> fds = log.results().stream().filter(fd -> fd >= 0).toList();
        fds.forEach(world::own);
        assertEquals(20, new HashSet<>(fds).size());
        assertResult(-Errno.ECANCELED, log.results().getLast());
    }

    @Test
    void acceptOnWhatDoesNotListenFails() {
        try (Ring ring = open()) {
            assertResult(-Errno.EINVAL, finish(ring, ring.accept(world.socket(), Context.NONE)));
            assertResult(-Errno.ENOTSOCK,
                    finish(ring, ring.accept(world.file(CONTENT), Context.NONE)));
        }
    }

    @Test
    void connectReachesTheListener() {
        int listener = world.listener();
        int fd = world.socket();
        try (Ring ring = open()) {
            Task accept = ring.accept(listener, Context.NONE);
            assertResult(0, finish(ring,
                    ring.connect(fd, world.addressOf(listener), Context.NONE)));
            int server = world.own(finish(ring, accept));
            world.send(server, HELLO);
            assertReceives(ring, fd, HELLO);
        }
    }

    @Test
    void connectToAPortThatNobodyListensOnIsRefused() {
        int listener = world.listener();
        MemorySegment address = world.addressOf(listener);
        world.close(listener);
        try (Ring ring = open()) {
            assertResult(-Errno.ECONNREFUSED,
                    finish(ring, ring.connect(world.socket(), address, Context.NONE)));
        }
    }

    @Test
    void recvWaitsForDataAndGivesNoMoreThanThereIs() {
        World.Pair pair = world.pair();
        MemorySegment buffer = world.memory(100);
        try (Ring ring = open()) {
            Task task = ring.recv(pair.ours(), buffer, 0, Context.NONE);
            turns(ring, 2);
            assertEquals(Task.State.IN_FLIGHT, task.state());
            world.send(pair.peer(), HELLO);
            assertResult(HELLO.length, finish(ring, task));
            assertArrayEquals(HELLO, buffer.asSlice(0, HELLO.length).toArray(JAVA_BYTE));
        }
    }

    @Test
    void recvAtTheEndOfTheStreamGivesZero() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task task = ring.recv(pair.ours(), world.memory(8), 0, Context.NONE);
            turns(ring, 1);
            world.close(pair.peer());
            assertResult(0, finish(ring, task));
        }
    }

    @Test
    void recvOnAConnectionThatThePeerResetFails() throws Exception {
        World.Pair pair = world.tcpPair();
        try (Ring ring = open()) {
            Task task = ring.recv(pair.ours(), world.memory(8), 0, Context.NONE);
            turns(ring, 1);
            Sockets.linger(pair.peer(), 0);
            world.close(pair.peer());
            assertResult(-Errno.ECONNRESET, finish(ring, task));
        }
    }

    @Test
    void recvMsgDontWaitFailsAtOnceWhereThereIsNothing() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            assertResult(-Errno.EAGAIN, finish(ring, ring.recv(
                    pair.ours(), world.memory(8), Linux.MSG_DONTWAIT, Context.NONE)));
        }
    }

    @Test
    void largeSendArrivesWholeThoughThePeerIsSlow() {
        World.Pair pair = world.pair();
        byte[] bytes = new byte[8 << 20];
        new Random(2).nextBytes(bytes);
        MemorySegment data = world.memory(bytes);
        MemorySegment received = world.memory(bytes.length);
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            long sent = 0;
            long got = 0;
            int parts = 0;
            while (got < bytes.length) {
                if (task.isFree() && sent < bytes.length) {
                    ring.send(pair.ours(), data.address() + sent,
                            (int) (bytes.length - sent), 0, task);
                    parts++;
                }
                ring.poll(0);
                if (task.isFree() && task.op() != null && sent < bytes.length) {
                    assertTrue(task.result() > 0, task::toString);
                    sent += task.result();
                }
                long now = world.tryReceive(pair.peer(), received.asSlice(got));
                got += Math.max(now, 0);
            }
            assertEquals(bytes.length, sent);
            assertTrue(parts >= 1);
        }
        assertEquals(-1, data.mismatch(received));
    }

    @Test
    void sendThatNobodyReadsIsPartialOrWaits() {
        World.Pair pair = world.pair();
        MemorySegment data = world.memory(32 << 20);
        try (Ring ring = open()) {
            Task task = ring.send(pair.ours(), data, 0, Context.NONE);
            turns(ring, 3);
            if (!task.isFree()) {
                task.cancel(Context.NONE);
                finishAll(ring);
            }
            int result = task.result();
            assertTrue(result == -Errno.ECANCELED || result > 0 && result < data.byteSize(),
                    task::toString);
        }
    }

    @Test
    void sendToAPeerThatHasClosedFailsWithoutASignal() {
        World.Pair pair = world.pair();
        world.close(pair.peer());
        try (Ring ring = open()) {
            assertResult(-Errno.EPIPE, finish(ring,
                    ring.send(pair.ours(), world.memory(HELLO), 0, Context.NONE)));
            Iovecs iovecs = iovecs(ring, List.of(HELLO));
            assertResult(-Errno.EPIPE, finish(ring,
                    ring.sendmsg(pair.ours(), iovecs, 0, ring.task(Context.NONE))));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, Iovecs.CAPACITY})
    void sendmsgAndWritevGatherAllPieces(int count) {
        World.Pair pair = world.pair();
        List<byte[]> pieces = new ArrayList<>();
        MemorySegment expected = world.memory(count * 2L);
        for (int i = 0; i < count; i++) {
            pieces.add(new byte[] {(byte) i, (byte) (i >>> 8)});
            expected.set(JAVA_BYTE, i * 2L, (byte) i);
            expected.set(JAVA_BYTE, i * 2L + 1, (byte) (i >>> 8));
        }
        try (Ring ring = open()) {
            Iovecs iovecs = iovecs(ring, pieces);
            assertEquals(count, iovecs.count());
            assertEquals(count * 2L, iovecs.bytes());
            assertResult(count * 2, finish(ring,
                    ring.sendmsg(pair.ours(), iovecs, 0, ring.task(Context.NONE))));
            assertPeerHas(pair.peer(), expected);
            assertResult(count * 2, finish(ring,
                    ring.writev(pair.ours(), iovecs, Ring.CURRENT_POSITION, Context.NONE)));
            assertPeerHas(pair.peer(), expected);
            int file = world.file(new byte[0]);
            assertResult(count * 2, finish(ring, ring.writev(file, iovecs, 3, Context.NONE)));
            MemorySegment read = world.memory(count * 2L);
            assertResult(count * 2, finish(ring, ring.read(file, read, 3, Context.NONE)));
            assertEquals(-1, expected.mismatch(read));
            iovecs.release();
            assertEquals(0, ring.iovecs().count());
        }
    }

    private void assertPeerHas(int peer, MemorySegment expected) {
        MemorySegment received = world.memory(expected.byteSize() + 1);
        assertEquals(expected.byteSize(), world.tryReceive(peer, received));
        assertEquals(-1, expected.mismatch(received.asSlice(0, expected.byteSize())));
    }

    @Test
    void filesAreReadAndWrittenWhereTheOffsetSaysOrTheDescriptorIs() {
        int file = world.file(CONTENT);
        try (Ring ring = open()) {
            assertEquals("345", read(ring, file, 3, 3));
            assertEquals("01", read(ring, file, 2, Ring.CURRENT_POSITION));
            assertEquals("23", read(ring, file, 2, Ring.CURRENT_POSITION));
            assertEquals("789", read(ring, file, 100, 7));
            assertEquals("", read(ring, file, 1, 10));
            assertEquals("", read(ring, file, 1, Long.MAX_VALUE - 4096));
            assertEquals(1, write(ring, file, "a", 0));
            assertEquals(1, write(ring, file, "b", Ring.CURRENT_POSITION));
            assertEquals("a123b56789", read(ring, file, 10, 0));
        }
    }

    private String read(Ring ring, int file, int length, long offset) {
        MemorySegment buffer = world.memory(length);
        int result = finish(ring, ring.read(file, buffer, offset, Context.NONE));
        assertTrue(result >= 0, Errno.describe(-result));
        return new String(buffer.asSlice(0, result).toArray(JAVA_BYTE));
    }

    private int write(Ring ring, int file, String text, long offset) {
        return finish(ring,
                ring.write(file, world.memory(text.getBytes()), offset, Context.NONE));
    }

    @Test
    void pollTellsOfTheReadinessThatWasAskedFor() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            assertResult(Linux.POLLOUT, finish(ring, ring.poll(
                    pair.ours(), Linux.POLLIN | Linux.POLLOUT, Context.NONE)));
            Task readable = ring.poll(pair.ours(), Linux.POLLIN, ring.task(Context.NONE));
            turns(ring, 2);
            assertFalse(readable.isFree(), readable::toString);
            world.send(pair.peer(), HELLO);
            assertResult(Linux.POLLIN, finish(ring, readable));
            world.close(pair.peer());
            int closed = finish(ring, ring.poll(pair.ours(), Linux.POLLRDHUP, Context.NONE));
            assertEquals(Linux.POLLRDHUP, closed & Linux.POLLRDHUP);
        }
    }

    @Test
    void multishotPollTellsOfEachChange() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.pollMultishot(pair.ours(), Linux.POLLIN, log.context());
            for (int i = 1; i <= 10; i++) {
                world.send(pair.peer(), HELLO);
                int count = i;
                runUntil(ring, () -> log.size() >= count, () -> log.entries().toString());
            }
            assertTrue(log.entries().stream().allMatch(entry ->
                    entry.result() == Linux.POLLIN && entry.more()), log.entries()::toString);
            task.cancel(Context.NONE);
            finishAll(ring);
            assertEquals(1, log.endings(task));
            assertResult(-Errno.ECANCELED, log.results().getLast());
        }
    }

    @Test
    void shutdownEndsTheStreamForThePeerAndLeavesTheOtherHalf() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            assertResult(0, finish(ring,
                    ring.shutdown(pair.ours(), Sockets.SHUT_WR, Context.NONE)));
            assertEquals(0, world.tryReceive(pair.peer(), world.memory(1)));
            world.send(pair.peer(), HELLO);
            assertReceives(ring, pair.ours(), HELLO);
            assertResult(-Errno.ENOTCONN, finish(ring,
                    ring.shutdown(world.socket(), Sockets.SHUT_RDWR, Context.NONE)));
        }
    }

    @Test
    void shutdownOfTheReceivingHalfEndsARecvThatWaits() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            Task recv = ring.recv(pair.ours(), world.memory(1), 0, Context.NONE);
            turns(ring, 1);
            ring.shutdown(pair.ours(), Sockets.SHUT_RD, Context.NONE);
            assertResult(0, finish(ring, recv));
        }
    }

    @Test
    void closeFreesTheDescriptor() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            assertTrue(World.isOpen(pair.ours()));
            assertResult(0, finish(ring, ring.close(world.disown(pair.ours()), Context.NONE)));
            assertFalse(World.isOpen(pair.ours()));
            assertEquals(0, world.tryReceive(pair.peer(), world.memory(1)));
        }
    }

    @Test
    void socketMakesASocketOrSaysWhyNot() throws Exception {
        try (Ring ring = open()) {
            int fd = world.own(finish(ring, ring.socket(
                    Sockets.IPV4, Linux.SOCK_STREAM, Linux.IPPROTO_TCP, Context.NONE)));
            assertEquals(Sockets.IPV4, Sockets.family(fd));
            assertResult(-Errno.EAFNOSUPPORT, finish(ring,
                    ring.socket(12345, Linux.SOCK_STREAM, 0, Context.NONE)));
        }
    }

    private enum Purpose { READ, WRITE, CLOSE }

    @Test
    void messageAndTargetOfTheContextComeBackWithTheTask() {
        Object target = new StringBuilder("me");
        List<Task> told = new ArrayList<>();
        try (Ring ring = open()) {
            ring.noop(new Context(target, 0, (_, task) -> told.add(task)));
            ring.noop(new Context(target, 65535, (_, task) -> told.add(task)));
            ring.noop(new Context(target, Purpose.CLOSE, (_, task) -> told.add(task)));
            finishAll(ring);
            assertEquals(List.of(0, 65535, 2), told.stream().map(Task::msg).toList());
            assertEquals(Purpose.CLOSE, told.get(2).msg(Purpose.class));
            told.forEach(task -> assertEquals(target, task.target(StringBuilder.class)));
            told.forEach(task -> assertEquals(ring, task.ring()));
            assertThrows(ClassCastException.class, () -> told.getFirst().target(Integer.class));
            assertEquals("msg 65535 is not an ordinal of " + Purpose.class.getName()
                    + ", which has 3 constants", assertThrows(IllegalArgumentException.class,
                            () -> told.get(1).msg(Purpose.class)).getMessage());
        }
    }

    /** Both descriptors are one socket, so whatever order they complete in, all bytes come. */
    @Test
    void tasksOnOneSocketInBothDirectionsDoNotDisturbEachOther() {
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            List<Task> tasks = new ArrayList<>();
            MemorySegment buffer = world.memory(HELLO.length);
            for (int i = 0; i < 100; i++) {
                Task recv = ring.recv(pair.ours(), buffer, Linux.MSG_WAITALL, Context.NONE);
                tasks.add(ring.send(pair.ours(), world.memory(CONTENT), 0, Context.NONE));
                tasks.add(ring.send(pair.peer(), world.memory(HELLO), 0, Context.NONE));
                assertResult(HELLO.length, finish(ring, recv));
                assertArrayEquals(HELLO, buffer.toArray(JAVA_BYTE));
                buffer.fill((byte) 0);
            }
            finishAll(ring);
            tasks.sort(Comparator.comparingInt(Task::result));
            assertResult(HELLO.length, tasks.getFirst().result());
            assertResult(CONTENT.length, tasks.getLast().result());
        }
    }

    @Test
    void capabilitiesTellWhatWorks() {
        try (Ring ring = open()) {
            if (ring.capabilities().multishotRecv()) {
                BufferGroup group = ring.bufferGroup(4, 2048);
                assertEquals(4, group.available());
                assertEquals(4, group.bufferCount());
                assertEquals(2048, group.bufferSize());
                assertEquals(4 * 2048, group.memory().byteSize());
            } else {
                assertEquals("this ring has no multishot receive", assertThrows(
                        UnsupportedOperationException.class,
                        () -> ring.bufferGroup(4, 2048)).getMessage());
                assertThrows(UnsupportedOperationException.class,
                        () -> ring.recvMultishot(0, null, ring.task(Context.NONE)));
            }
            assertEquals(kind, ring.backend());
        }
    }
}
