// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static io.ourio.conformance.AllocationTest.assertAllocatesNothing;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.Context;
import io.ourio.Iovecs;
import io.ourio.Message;
import io.ourio.MessageReader;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.conformance.AllocationTest.Counter;
import io.ourio.sys.Libc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing is allocated on the way of files, pipes, datagrams and sends without a copy. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.conformance.Conformance#systems") // A mock may allocate.
class TransferAllocationTest extends Conformance {
    private static final int SIZE = 64;

    private final Counter counter = new Counter();
    private final Context context = new Context(null, 0, counter);

    private static void runOnce(Ring ring, Task task) {
        while (!task.isFree()) {
            ring.poll(1_000_000);
        }
    }

    @Test
    void readsAndWritesOfAFile() {
        int file = world.file(new byte[4096]);
        MemorySegment memory = world.memory(SIZE);
        try (Ring ring = open()) {
            Task task = ring.task(context);
            assertAllocatesNothing(() -> {
                ring.read(file, memory.address(), SIZE, counter.count & 1023, task);
                runOnce(ring, task);
                ring.write(file, memory.address(), SIZE, Ring.BEGINNING, task);
                runOnce(ring, task);
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void scatteredReadsAndGatheredWrites() {
        int file = world.file(new byte[4096]);
        MemorySegment memory = world.memory(SIZE);
        try (Ring ring = open()) {
            Task task = ring.task(context);
            assertAllocatesNothing(() -> {
                Iovecs pieces = ring.iovecs();
                pieces.add(memory.address(), SIZE / 2);
                pieces.add(memory.address() + SIZE / 2, SIZE / 2);
                ring.readv(file, pieces, Ring.BEGINNING, task);
                runOnce(ring, task);
                ring.writev(file, pieces, Ring.BEGINNING, task);
                runOnce(ring, task);
                pieces.release();
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void spliceFromPipeToPipe() {
        World.Pair from = world.pipe();
        World.Pair to = world.pipe();
        MemorySegment memory = world.memory(SIZE);
        long here = Ring.CURRENT_POSITION;
        try (Ring ring = open()) {
            Task task = ring.task(context);
            assertAllocatesNothing(() -> { // A thread of the kernel does it.
                ring.write(from.peer(), memory.address(), SIZE, here, task);
                runOnce(ring, task);
                ring.splice(from.ours(), here, to.peer(), here, SIZE, task);
                runOnce(ring, task);
                ring.read(to.ours(), memory.address(), SIZE, here, task);
                runOnce(ring, task);
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void messages() throws IOException {
        int socket = world.datagrams();
        Message out = new Message().data(world.memory(SIZE))
                .to(Sockets.localAddress(socket), Sockets.IPV4);
        Message in = new Message().data(world.memory(SIZE));
        try (Ring ring = open()) {
            Task send = ring.task(context);
            Task receive = ring.task(context);
            assertAllocatesNothing(() -> {
                ring.sendmsg(socket, out, 0, send);
                ring.recvmsg(socket, in, 0, receive);
                runOnce(ring, send);
                runOnce(ring, receive);
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void multishotMessages() throws IOException {
        int socket = world.datagrams();
        Message out = new Message().data(world.memory(SIZE))
                .to(Sockets.localAddress(socket), Sockets.IPV4);
        long[] received = new long[2];
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            MessageReader reader = new MessageReader(ring.messageBuffers(8, 1024), 0);
            Task send = ring.task(context);
            ring.recvmsgMultishot(socket, reader, ring.task(new Context(null, 0, (_, task) -> {
                if (task.result() >= 0) {
                    reader.read(task);
                    received[0] += reader.payloadLength();
                    received[1] += reader.payloadOffset() & 1;
                }
            })));
            assertAllocatesNothing(() -> {
                ring.sendmsg(socket, out, 0, send);
                runOnce(ring, send);
            });
            long sent = (long) counter.count * SIZE;
            runUntil(ring, () -> received[0] == sent, () -> received[0] + " of " + sent);
            assertEquals(0, received[1]);
        }
    }

    /** To itself: TCP would hold the memory until its peer's late acknowledgement. */
    @Test
    void sendsWithoutACopy() {
        int socket = world.datagrams();
        MemorySegment data = world.memory(SIZE);
        MemorySegment into = world.memory(SIZE);
        try (Ring ring = open()) {
            assertResult(0, finish(ring,
                    ring.connect(socket, world.addressOf(socket), Context.NONE)));
            Task task = ring.task(context);
            assertAllocatesNothing(() -> {
                ring.sendZeroCopy(socket, data.address(), SIZE, 0, task);
                do {
                    ring.poll(0);
                    world.tryReceive(socket, into);
                } while (!task.isFree());
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void piecesWithoutACopy() {
        int socket = world.datagrams();
        MemorySegment data = world.memory(SIZE);
        MemorySegment into = world.memory(SIZE);
        try (Ring ring = open()) {
            assertResult(0, finish(ring,
                    ring.connect(socket, world.addressOf(socket), Context.NONE)));
            Task task = ring.task(context);
            assertAllocatesNothing(() -> {
                Iovecs pieces = ring.iovecs();
                pieces.add(data.address(), SIZE / 2);
                pieces.add(data.address() + SIZE / 2, SIZE / 2);
                ring.sendmsgZeroCopy(socket, pieces, 0, task);
                do {
                    ring.poll(0);
                    world.tryReceive(socket, into);
                } while (!task.isFree());
                pieces.release();
            });
            assertEquals(SIZE, counter.result);
        }
    }

    @Test
    void close() {
        try (Ring ring = open()) {
            Task task = ring.task(context);
            assertAllocatesNothing(() -> {
                ring.close(Libc.current().eventfd(0, 0), task);
                runOnce(ring, task);
            });
            assertEquals(0, counter.result);
        }
    }
}
