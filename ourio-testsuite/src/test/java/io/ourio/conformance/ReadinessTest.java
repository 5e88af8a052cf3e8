// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a backend on readiness promises beyond the operations: queues of a descriptor, numbers that
 * are closed and used again, descriptors that cannot be polled or that block.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.conformance.Conformance#readiness")
class ReadinessTest extends Conformance {
    private static final int MSG_OOB = 1;
    private static final int MANY = 50;

    @TempDir
    Path directory;

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void tasksOfOneDirectionAreServedInTheirOrder() {
        World.Pair pair = world.pair();
        MemorySegment into = world.memory(MANY);
        Log log = new Log();
        try (Ring ring = open()) {
            for (int i = 0; i < MANY; i++) {
                ring.recv(pair.ours(), into.asSlice(i, 1), 0, log.context(i));
                turns(ring, i % 2);
            }
            byte[] sent = bytes(MANY);
            for (byte b : sent) {
                world.send(pair.peer(), new byte[] {b});
                turns(ring, b & 1);
            }
            finishAll(ring);
            assertArrayEquals(sent, into.toArray(JAVA_BYTE));
            assertEquals(IntStream.range(0, MANY).boxed().toList(), log.messages());
        }
    }

    /** A send that waits does not keep those who read from the same socket. */
    @Test
    void directionsDoNotHoldEachOtherUp() {
        World.Pair pair = world.pair();
        byte[] sent = bytes(4 << 20);
        MemorySegment into = world.memory(1);
        MemorySegment all = world.memory(sent.length);
        try (Ring ring = open()) {
            Task send = ring.send(pair.ours(), world.memory(sent), Ring.MSG_WAITALL, Context.NONE);
            turns(ring, 2);
            assertFalse(send.isFree(), "nobody reads");
            for (int i = 0; i < MANY; i++) {
                Task recv = ring.recv(pair.ours(), into, 0, Context.NONE);
                turns(ring, 1);
                world.send(pair.peer(), new byte[] {(byte) i});
                assertResult(1, finish(ring, recv));
                assertEquals((byte) i, into.get(JAVA_BYTE, 0));
            }
            assertFalse(send.isFree(), "nobody has read");
            long got = 0;
            while (got < sent.length) {
                got += Math.max(0, world.tryReceive(pair.peer(), all.asSlice(got)));
                ring.poll(0);
            }
            assertResult(sent.length, finish(ring, send));
            assertArrayEquals(sent, all.toArray(JAVA_BYTE));
        }
    }

    @Test
    void closeEndsTheTasksThatWaitForItsDescriptor() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            List<Task> tasks = new ArrayList<>();
            tasks.add(ring.recv(pair.ours(), world.memory(1), 0, log.context()));
            tasks.add(ring.recv(pair.ours(), world.memory(1), 0, log.context()));
            tasks.add(ring.poll(pair.ours(), Linux.POLLIN, log.context()));
            tasks.add(ring.pollMultishot(pair.ours(), Linux.POLLIN, log.context()));
            turns(ring, 2);
            assertResult(0, finish(ring, ring.close(world.disown(pair.ours()), Context.NONE)));
            finishAll(ring);
            tasks.forEach(task -> assertResult(-Errno.ECANCELED, task.result()));
            tasks.forEach(task -> assertEquals(1, log.endings(task)));
        }
    }

    /** Nobody tells the ring that a number is another descriptor's now. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void numberThatIsUsedAgainIsNotTakenForItsPredecessor(boolean multishot) {
        Log log = new Log();
        try (Ring ring = open()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            int number = -1;
            for (int i = 0; i < MANY; i++) {
                World.Pair pair = world.pair();
                assertTrue(number < 0 || number == pair.ours(), "the number was not used again");
                number = pair.ours();
                Task task = multishot
                        ? ring.recvMultishot(number, group, ring.task(log.context()))
                        : ring.recv(number, world.memory(8), 0, log.context());
                int told = log.size();
                turns(ring, 1);
                world.send(pair.peer(), new byte[8]);
                runUntil(ring, () -> log.size() > told, task::toString);
                assertResult(8, log.results().get(told));
                if (multishot) {
                    task.cancel(Context.NONE);
                    // The last completion is where a program closes.
                    runUntil(ring, task::isFree, task::toString);
                }
                world.close(pair.ours());
                world.close(pair.peer());
            }
        }
    }

    /** The same in one turn: closed in the callback, and in use again before the next poll. */
    @Test
    void numberThatIsUsedAgainInTheSameTurnHears() {
        Log log = new Log();
        World.Pair first = world.pair();
        World.Pair[] second = new World.Pair[1];
        try (Ring ring = open()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            Task[] next = new Task[1];
            Task task = ring.recvMultishot(first.ours(), group, ring.task(new Context(null, 0,
                    (r, done) -> {
                        if (!done.hasMore()) {
                            world.close(first.ours());
                            second[0] = world.pair();
                            next[0] = r.recvMultishot(
                                    second[0].ours(), group, r.task(log.context()));
                        }
                    })));
            turns(ring, 1);
            task.cancel(Context.NONE);
            runUntil(ring, () -> next[0] != null, task::toString);
            assertEquals(first.ours(), second[0].ours());
            turns(ring, 2);
            world.send(second[0].peer(), new byte[3]);
            runUntil(ring, () -> log.size() > 0, next[0]::toString);
            assertResult(3, log.results().getFirst());
        }
    }

    /** A receive that gets less than it has room for has not seen what comes behind. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endThatCameWithTheDataIsTold(boolean waitsAlready) throws Exception {
        World.Pair pair = world.tcpPair();
        Log log = new Log();
        try (Ring ring = open()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            Task task = ring.recvMultishot(pair.ours(), group, ring.task(log.context()));
            turns(ring, waitsAlready ? 2 : 0);
            world.send(pair.peer(), new byte[10]);
            Sockets.shutdown(pair.peer(), Sockets.SHUT_WR);
            assertResult(0, finish(ring, task));
            assertEquals(List.of(10, 0), log.results());
        }
    }

    /** A receive stops at the mark, and the poller tells of it once. */
    @Test
    void bytesBehindUrgentDataAreTold() {
        World.Pair pair = world.tcpPair();
        Log log = new Log();
        try (Ring ring = open()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            ring.recvMultishot(pair.ours(), group, ring.task(log.context()));
            turns(ring, 2);
            MemorySegment data = world.memory(4);
            Libc libc = Libc.current();
            assertEquals(4, libc.send(pair.peer(), data.address(), 4, 0));
            assertEquals(4, libc.send(pair.peer(), data.address(), 4, MSG_OOB));
            assertEquals(4, libc.send(pair.peer(), data.address(), 4, 0));
            runUntil(ring, () -> sum(log) == 11, () -> log.entries().toString());
        }
    }

    private static int sum(Log log) {
        return log.results().stream().mapToInt(Integer::intValue).filter(n -> n > 0).sum();
    }

    @Test
    void datagramsAreToldOneByOneThoughEachIsShort() {
        int one = world.datagrams();
        Log log = new Log();
        try (Ring ring = open()) {
            BufferGroup group = ring.bufferGroup(4, 1024);
            ring.recvMultishot(one, group, ring.task(log.context()));
            MemorySegment address = world.addressOf(one);
            assertEquals(0, Libc.current().connect(one, address, (int) address.byteSize()));
            for (int i = 1; i <= MANY; i++) {
                world.send(one, new byte[i]);
            }
            runUntil(ring, () -> log.size() == MANY, () -> log.entries().toString());
            assertEquals(IntStream.rangeClosed(1, MANY).boxed().toList(), log.results());
        }
    }

    /** Nobody changes how the descriptor behaves for others. */
    @Test
    void pipeThatBlocksDoesNotBlockTheRing() {
        World.Pair pipe = world.pipe();
        byte[] sent = bytes(1 << 20);
        MemorySegment data = world.memory(sent);
        MemorySegment into = world.memory(sent.length);
        try (Ring ring = open()) {
            Task read = ring.read(pipe.ours(), into.asSlice(0, 3), Ring.CURRENT_POSITION,
                    Context.NONE);
            turns(ring, 2);
            assertFalse(read.isFree(), "the pipe is empty");
            long written = 0;
            long got = 0;
            while (got < sent.length) {
                if (written < sent.length) {
                    Task write = ring.write(pipe.peer(), data.asSlice(written),
                            Ring.CURRENT_POSITION, Context.NONE);
                    turns(ring, 1);
                    if (!write.isFree()) {
                        write.cancel(Context.NONE);
                        turns(ring, 1);
                    }
                    written += Math.max(0, write.result());
                }
                got += finish(ring, read);
                read = ring.read(pipe.ours(), into.asSlice(got), Ring.CURRENT_POSITION,
                        Context.NONE);
            }
            read.cancel(Context.NONE);
            assertArrayEquals(sent, into.toArray(JAVA_BYTE));
        }
    }

    @Test
    void manyReadsOfAFileAreAllMade() throws Exception {
        byte[] content = bytes(1 << 20);
        Path file = Files.write(directory.resolve("file"), content);
        MemorySegment into = world.memory(content.length);
        int part = content.length / 256;
        Log log = new Log();
        try (Ring ring = open()) {
            int fd = world.own(finish(ring,
                    ring.open(file.toString(), OpenFlags.READ_WRITE, 0, Context.NONE)));
            for (int i = 0; i < 256; i++) {
                long at = (long) i * part;
                ring.read(fd, into.asSlice(at, part), at, log.context());
                ring.write(fd, world.memory(new byte[0]), at, log.context());
            }
            finishAll(ring);
        }
        assertEquals(512, log.size());
        assertArrayEquals(content, into.toArray(JAVA_BYTE));
    }

    /** The threads are few, and each is with a pipe that nobody opens. */
    @Test
    void callsThatNobodyEndsAreEndedWithTheRing() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        Log log = new Log();
        List<Task> tasks = new ArrayList<>();
        try (Ring ring = open()) {
            for (int i = 0; i < MANY; i++) {
                tasks.add(ring.open(fifo.toString(), OpenFlags.READ, 0, log.context()));
            }
            turns(ring, 2);
            assertEquals(0, log.size());
        }
        tasks.forEach(task -> assertResult(-Errno.ECANCELED, task.result()));
        assertEquals(MANY, log.size());
        try (Ring ring = open()) {
            assertTrue(world.own(finish(ring, ring.open(
                    fifo.toString(), OpenFlags.READ_WRITE, 0, Context.NONE))) >= 0);
        }
    }

    @Test
    void gatheredSendThatIsToBeWholeGoesOnWhereItStopped() {
        World.Pair pair = world.pair();
        byte[] sent = bytes(4 << 20);
        MemorySegment data = world.memory(sent);
        MemorySegment all = world.memory(sent.length);
        try (Ring ring = open()) {
            Iovecs iovecs = ring.iovecs();
            int at = 0;
            for (int i = 0; at < sent.length; i++) {
                int length = Math.min(i * 61, sent.length - at);
                iovecs.add(data.address() + at, length);
                at += length;
            }
            Task send = ring.sendmsg(
                    pair.ours(), iovecs, Ring.MSG_WAITALL, ring.task(Context.NONE));
            long got = 0;
            while (got < sent.length) {
                ring.poll(0);
                got += Math.max(0, world.tryReceive(pair.peer(), all.asSlice(got)));
            }
            assertResult(sent.length, finish(ring, send));
            assertArrayEquals(sent, all.toArray(JAVA_BYTE));
            iovecs.release();
        }
    }

    /** That of an epoll has tests of its own: {@link PollableConformanceTest}. */
    @Test
    void ringOnKqueueHasNoDescriptorToPollAndSaysWhatToDo() {
        if (kind != BackendKind.KQUEUE) {
            return;
        }
        try (Ring ring = open()) {
            String message = assertThrows(
                    UnsupportedOperationException.class, ring::pollableFd).getMessage();
            assertTrue(message.contains("kqueue"), message);
            assertTrue(message.contains("Ring.spawnThread"), message);
            assertEquals(0, finish(ring, ring.noop(Context.NONE)));
        }
    }
}
