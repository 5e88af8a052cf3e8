// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.ControlMessage;
import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.Message;
import io.ourio.MessageReader;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.TaskError;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams with their addresses and control data, sends without a copy, bind and listen. */
@OnEveryBackend
class MessageConformanceTest extends Conformance {
    private static final int SCM_RIGHTS = 1;
    private static final int IP_PKTINFO = 8;

    private MemorySegment text(String text) {
        return world.memory(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(MemorySegment bytes) {
        return new String(bytes.toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    private static InetSocketAddress local(int fd) {
        try {
            return Sockets.localAddress(fd);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Message message(int from, String text) {
        return new Message().data(text(text)).to(local(from), Sockets.IPV4);
    }

    private static int send(Ring ring, int fd, Message message) {
        return finish(ring, ring.sendmsg(fd, message, 0, ring.task(Context.NONE)));
    }

    private static int receive(Ring ring, int fd, Message message) {
        return finish(ring, ring.recvmsg(fd, message, 0, ring.task(Context.NONE)));
    }

    @Test
    void datagramArrivesWithTheAddressOfItsSender() {
        int one = world.datagrams();
        int two = world.datagrams();
        MemorySegment bytes = world.memory(100);
        try (Ring ring = open()) {
            Message message = new Message().data(bytes);
            Task receive = ring.recvmsg(two, message, 0, ring.task(Context.NONE));
            turns(ring, 2);
            assertFalse(receive.isFree(), "nobody has sent");
            assertResult(5, send(ring, one, message(two, "hello")));
            assertResult(5, finish(ring, receive));
            assertEquals("hello", text(bytes.asSlice(0, 5)));
            assertEquals(local(one), message.from());
            assertFalse(message.isTruncated());
            assertEquals(List.of(), message.controls());

            message.data(text("answer")).toSender();
            assertResult(6, send(ring, two, message));
            message.data(bytes);
            assertResult(6, receive(ring, one, message));
            assertEquals("answer", text(bytes.asSlice(0, 6)));
            assertEquals(local(two), message.from());
        }
    }

    @Test
    void datagramOfNoBytesArrives() {
        int one = world.datagrams();
        try (Ring ring = open()) {
            assertResult(0, send(ring, one, new Message().to(local(one), Sockets.IPV4)));
            Message message = new Message().data(world.memory(8));
            assertResult(0, receive(ring, one, message));
            assertEquals(local(one), message.from());
        }
    }

    @Test
    void datagramThatDoesNotFitIsCutAndSaidToBe() {
        int one = world.datagrams();
        MemorySegment bytes = world.memory(4);
        try (Ring ring = open()) {
            assertResult(6, send(ring, one, message(one, "abcdef")));
            Message message = new Message().data(bytes);
            assertResult(4, receive(ring, one, message));
            assertEquals("abcd", text(bytes));
            assertTrue(message.isTruncated());
            assertResult(2, send(ring, one, message(one, "gh")));
            assertResult(2, receive(ring, one, message));
            assertFalse(message.isTruncated(), "the mark of the message before is gone");
        }
    }

    @Test
    void piecesAreGatheredAndScattered() {
        int one = world.datagrams();
        MemorySegment bytes = world.memory(8);
        try (Ring ring = open()) {
            Iovecs out = ring.iovecs();
            out.add(text("abc").address(), 3);
            out.add(text("def").address(), 3);
            Message message = new Message().data(out).to(local(one), Sockets.IPV4);
            assertResult(6, send(ring, one, message));
            Iovecs in = ring.iovecs();
            in.add(bytes.address() + 4, 4);
            in.add(bytes.address(), 4);
            assertResult(6, receive(ring, one, message.data(in)));
            assertEquals("ef\0\0abcd", text(bytes));
            out.release();
            in.release();
        }
    }

    @Test
    void messageToThePeerOfAConnectionNeedsNoAddress() {
        World.Pair pair = world.pair();
        MemorySegment bytes = world.memory(8);
        try (Ring ring = open()) {
            Message message = new Message().data(text("abc")).to(
                    new InetSocketAddress("127.0.0.1", 1), Sockets.IPV4).toPeer();
            assertResult(3, send(ring, pair.ours(), message));
            assertResult(3, receive(ring, pair.peer(), message.data(bytes)));
            assertNull(message.from());
            world.close(pair.ours());
            assertResult(0, receive(ring, pair.peer(), message));
        }
    }

    @Test
    void messagesThatCannotBeSentOrReceivedFail() {
        int one = world.datagrams();
        int closed = 1 << 20;
        try (Ring ring = open()) {
            assertResult(-Errno.EDESTADDRREQ, send(ring, one, new Message().data(text("a"))));
            assertResult(-Errno.EMSGSIZE, send(ring, one, new Message()
                    .data(world.memory(65536)).to(local(one), Sockets.IPV4)));
            InetSocketAddress everybody = new InetSocketAddress("127.255.255.255", 9);
            Task broadcast = ring.sendmsg(one,
                    new Message().to(everybody, Sockets.IPV4), 0, ring.task(Context.NONE));
            assertResult(-Errno.EACCES, finish(ring, broadcast));
            assertEquals(TaskError.ACCESS_DENIED, broadcast.error());
            assertResult(-Errno.EBADF, send(ring, closed, new Message()));
            assertResult(-Errno.EBADF, receive(ring, closed, new Message()));
            Task task = ring.recvmsg(
                    one, new Message(), Linux.MSG_DONTWAIT, ring.task(Context.NONE));
            assertResult(-Errno.EAGAIN, finish(ring, task));
            assertEquals(TaskError.WOULD_BLOCK, task.error());
        }
    }

    @Test
    void whatAMessageCannotHoldIsRefused() {
        try (Ring ring = open()) {
            assertEquals("controlCapacity -1 is outside 0..65536 bytes", assertThrows(
                    IllegalArgumentException.class, () -> new Message(-1)).getMessage());
            assertEquals("controlCapacity 65537 is outside 0..65536 bytes", assertThrows(
                    IllegalArgumentException.class, () -> new Message(65537)).getMessage());
            Message message = new Message(32);
            assertEquals("length -1 is negative", assertThrows(
                    IllegalArgumentException.class, () -> message.data(0, -1)).getMessage());
            assertEquals("the address has 129 bytes, more than 128", assertThrows(
                    IllegalArgumentException.class,
                    () -> message.to(world.memory(129))).getMessage());
            message.control(1, 1, world.memory(4));
            assertEquals("the control data needs 24 bytes, and 8 of 32 are left", assertThrows(
                    IllegalStateException.class,
                    () -> message.control(1, 1, world.memory(4))).getMessage());
            message.noControl().control(1, 1, world.memory(16));
            assertThrows(IllegalArgumentException.class,
                    () -> message.data(MemorySegment.ofArray(new byte[1])));
            assertEquals("the segment to read into is read-only", assertThrows(
                    IllegalArgumentException.class, () -> ring.recvmsg(1,
                            new Message().data(world.memory(1).asReadOnly()), 0,
                            ring.task(Context.NONE))).getMessage());
            Task task = ring.task(Context.NONE);
            assertThrows(IllegalArgumentException.class,
                    () -> ring.recvmsg(-1, message, 0, task));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.sendmsg(-1, message, 0, task));
            assertEquals(0, ring.active());
        }
    }

    /** A file descriptor travels beside the bytes, and is another one of the same file. */
    @Test
    void controlDataTravelsWithItsMessage() {
        World.Pair pair = world.pair();
        World.Pair passed = world.pair();
        MemorySegment number = world.memory(4);
        number.set(JAVA_INT, 0, passed.ours());
        try (Ring ring = open()) {
            Message message = new Message(64).data(text("x"))
                    .control(Linux.SOL_SOCKET, SCM_RIGHTS, number);
            assertResult(1, send(ring, pair.ours(), message));
            assertResult(1, receive(ring, pair.peer(), message.data(world.memory(1))));
            List<ControlMessage> controls = message.controls();
            assertEquals(1, controls.size());
            assertEquals(Linux.SOL_SOCKET, controls.getFirst().level());
            assertEquals(SCM_RIGHTS, controls.getFirst().type());
            assertEquals(4, controls.getFirst().data().byteSize());
            int copy = world.own(controls.getFirst().data().get(JAVA_INT, 0));
            world.send(copy, new byte[] {7});
            MemorySegment byteOfCopy = world.memory(1);
            assertEquals(1, world.tryReceive(passed.peer(), byteOfCopy));
            assertEquals(7, byteOfCopy.get(JAVA_BYTE, 0));

            message.data(text("y")).noControl();
            assertResult(1, send(ring, pair.ours(), message));
            assertResult(1, receive(ring, pair.peer(), message.data(world.memory(1))));
            assertEquals(List.of(), message.controls(), "those of the message before are gone");
            assertFalse(message.isControlTruncated());
        }
    }

    @Test
    void controlDataThatDoesNotFitIsCutAndSaidToBe() throws IOException {
        int one = world.datagrams();
        Sockets.option(one, Linux.IPPROTO_IP, IP_PKTINFO, 1);
        try (Ring ring = open()) {
            for (int capacity : new int[] {0, 8, 16, 32}) {
                assertResult(1, send(ring, one, message(one, "a")));
                Message message = new Message(capacity).data(world.memory(1));
                assertResult(1, receive(ring, one, message));
                assertEquals(capacity < 32, message.isControlTruncated(), "room " + capacity);
                assertEquals(capacity < 32 ? 0 : 1, message.controls().stream()
                        .filter(control -> control.data().byteSize() == 12).count());
            }
        }
    }

    @Test
    void recvmsgThatWaitsIsCanceled() {
        int one = world.datagrams();
        try (Ring ring = open()) {
            Task task = ring.recvmsg(one, new Message(), 0, ring.task(Context.NONE));
            turns(ring, 1);
            task.cancel(Context.NONE);
            assertResult(-Errno.ECANCELED, finish(ring, task));
            assertEquals(TaskError.CANCELED, task.error());
            finishAll(ring);
        }
    }

    /** One that was received, read in the callback. */
    private record Received(
            String text, InetSocketAddress from, boolean truncated, int controls) {}

    /** Reads all, and starts the task again whenever it ends. */
    private static final class Receiver {
        final List<Received> received = new ArrayList<>();
        final List<Integer> lengths = new ArrayList<>();
        final List<Integer> endings = new ArrayList<>();
        final MessageReader reader;
        final Task task;

        Receiver(Ring ring, MessageReader reader) {
            this.reader = reader;
            task = ring.task(new Context(this, 0, (_, task) -> take(task)));
        }

        private void take(Task completed) {
            if (completed.result() >= 0) {
                reader.read(completed);
                received.add(new Received(text(reader.payload()), reader.from(),
                        reader.isTruncated(), reader.controls().size()));
                assertEquals(reader.payloadLength(), reader.payload().byteSize());
                lengths.add(reader.messageLength());
            }
            if (!completed.hasMore()) {
                endings.add(completed.result());
            }
        }
    }

    @Test
    void multishotReceivesEveryMessageWithItsSender() {
        int one = world.datagrams();
        int two = world.datagrams();
        int other = world.datagrams();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            Receiver receiver = new Receiver(
                    ring, new MessageReader(ring.messageBuffers(8, 1024), 0));
            ring.recvmsgMultishot(two, receiver.reader, receiver.task);
            List<Received> expected = new ArrayList<>();
            for (int i = 1; i <= 100; i++) {
                int sender = i % 3 == 0 ? other : one;
                String text = "m".repeat(i);
                expected.add(new Received(text, local(sender), false, 0));
                assertResult(i, send(ring, sender, message(two, text)));
                int count = i;
                runUntil(ring, () -> receiver.received.size() == count,
                        receiver.received::toString);
            }
            assertEquals(expected, receiver.received);
            assertEquals(List.of(), receiver.endings);
            receiver.task.cancel(Context.NONE);
            finishAll(ring);
            assertEquals(List.of(-Errno.ECANCELED), receiver.endings);
            assertEquals(8, receiver.reader.group().available());
        }
    }

    /** Linux takes it for the end, as in a stream. */
    @Test
    void multishotThatAMessageOfNoBytesEndsHasReceivedIt() {
        int one = world.datagrams();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            Receiver receiver = new Receiver(
                    ring, new MessageReader(ring.messageBuffers(2, 1024), 0));
            ring.recvmsgMultishot(one, receiver.reader, receiver.task);
            for (String text : List.of("", "a", "")) {
                int count = receiver.received.size() + 1;
                assertResult(text.length(), send(ring, one, message(one, text)));
                runUntil(ring, () -> receiver.received.size() == count,
                        () -> receiver.task + " " + receiver.endings + receiver.received);
                assertEquals(new Received(text, local(one), false, 0),
                        receiver.received.getLast());
                if (receiver.task.isFree()) {
                    ring.recvmsgMultishot(one, receiver.reader, receiver.task);
                }
            }
        }
    }

    private static void assertMultishotIsRefused(Ring ring) {
        assertEquals("this ring has no multishot receive", assertThrows(
                UnsupportedOperationException.class,
                () -> ring.messageBuffers(8, 1024)).getMessage());
    }

    /** Large and small: none of them begins in what another one has left of a buffer. */
    @Test
    void multishotCutsOnlyWhatIsLargerThanABuffer() {
        int one = world.datagrams();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            MessageReader reader = new MessageReader(ring.messageBuffers(2, 1024), 0);
            assertEquals(1024 - 16 - 128, reader.capacity());
            Receiver receiver = new Receiver(ring, reader);
            ring.recvmsgMultishot(one, reader, receiver.task);
            Random random = new Random(3);
            for (int i = 0; i < 50; i++) {
                int length = i == 0
                        ? reader.capacity() : random.nextInt(1, reader.capacity() + 20);
                String text = "m".repeat(length);
                assertResult(length, send(ring, one, message(one, text)));
                int count = i + 1;
                runUntil(ring, () -> receiver.received.size() == count,
                        receiver.received::toString);
                boolean cut = length > reader.capacity();
                assertEquals(new Received(cut ? text.substring(0, reader.capacity()) : text,
                        local(one), cut, 0), receiver.received.getLast());
                assertEquals(length, receiver.lengths.getLast());
            }
        }
    }

    @Test
    void multishotWithoutAFreeBufferEndsAndLosesNothing() {
        int one = world.datagrams();
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            BufferGroup group = ring.messageBuffers(1, 1024);
            Receiver receiver = new Receiver(ring, new MessageReader(group, 0));
            ring.recvmsgMultishot(one, receiver.reader, receiver.task);
            group.lend(0);
            assertResult(1, send(ring, one, message(one, "a")));
            assertResult(1, send(ring, one, message(one, "b")));
            runUntil(ring, receiver.task::isFree, receiver.task::toString);
            assertEquals(List.of(-Errno.ENOBUFS), receiver.endings);
            assertEquals(1, receiver.received.size());
            group.giveBack(0);
            ring.recvmsgMultishot(one, receiver.reader, receiver.task);
            runUntil(ring, () -> receiver.received.size() == 2, receiver.received::toString);
            assertEquals("b", receiver.received.getLast().text());
        }
    }

    @Test
    void multishotReadsControlData() throws IOException {
        int one = world.datagrams();
        Sockets.option(one, Linux.IPPROTO_IP, IP_PKTINFO, 1);
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            for (int capacity : new int[] {0, 32}) {
                Receiver receiver = new Receiver(
                        ring, new MessageReader(ring.messageBuffers(2, 1024), capacity));
                ring.recvmsgMultishot(one, receiver.reader, receiver.task);
                assertResult(3, send(ring, one, message(one, "abc")));
                runUntil(ring, () -> !receiver.received.isEmpty(), receiver.task::toString);
                assertEquals(List.of(new Received("abc", local(one), false, capacity / 32)),
                        receiver.received);
                assertEquals(capacity == 0, receiver.reader.isControlTruncated());
                receiver.task.cancel(Context.NONE);
                finishAll(ring);
            }
        }
    }

    @Test
    void multishotRefusesGroupsAndTasksThatDoNotFit() {
        try (Ring ring = open(); Ring other = open()) {
            if (!ring.capabilities().multishotRecv()) {
                assertMultishotIsRefused(ring);
                return;
            }
            Task task = ring.task(Context.NONE);
            assertEquals("messages do not share a buffer: the group must come from"
                    + " messageBuffers()", assertThrows(IllegalArgumentException.class,
                            () -> new MessageReader(ring.bufferGroup(1, 1024), 0)).getMessage());
            BufferGroup group = other.messageBuffers(1, 1024);
            assertEquals("buffers of 1024 bytes have no room for a message behind the 1024 that"
                    + " come first", assertThrows(IllegalArgumentException.class,
                            () -> new MessageReader(group, 880)).getMessage());
            assertEquals("controlCapacity 12 is no multiple of 8", assertThrows(
                    IllegalArgumentException.class,
                    () -> new MessageReader(group, 12)).getMessage());
            MessageReader foreign = new MessageReader(group, 0);
            assertEquals("the buffer group belongs to another ring, or to this one before adopt()",
                    assertThrows(IllegalArgumentException.class,
                            () -> ring.recvmsgMultishot(1, foreign, task)).getMessage());
            assertThrows(IllegalArgumentException.class,
                    () -> other.recvmsgMultishot(-1, foreign, other.task(Context.NONE)));
            assertResult(0, finish(ring, ring.noop(task)));
            assertThrows(IllegalArgumentException.class, () -> foreign.read(task));
            assertEquals(0, ring.active() + other.active());
        }
    }

    @Test
    void sendWithoutACopyKeepsItsMemoryUntilTheLastCompletion() {
        World.Pair pair = world.tcpPair();
        byte[] bytes = new byte[100_000];
        new Random(4).nextBytes(bytes);
        MemorySegment data = world.memory(bytes);
        MemorySegment received = world.memory(bytes.length);
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.sendZeroCopy(pair.ours(), data, Linux.MSG_WAITALL, log.context());
            boolean can = ring.capabilities().zeroCopySend();
            assertEquals(Op.SEND_ZERO_COPY, task.op());
            long got = 0;
            while (got < bytes.length) {
                ring.poll(0);
                got += Math.max(0, world.tryReceive(pair.peer(), received.asSlice(got)));
            }
            assertResult(bytes.length, finish(ring, task));
            assertTrue(task.wasCopied(), "the loopback always copies");
            assertNull(task.error());
            assertEquals(can ? List.of(bytes.length, bytes.length) : List.of(bytes.length),
                    log.results());
            assertEquals(1, log.endings(task));
            assertNull(task.resource());
        }
        assertArrayEquals(bytes, received.toArray(JAVA_BYTE));
    }

    @Test
    void piecesWithoutACopyKeepTheirMemoryUntilTheLastCompletion() {
        World.Pair pair = world.tcpPair();
        byte[] bytes = new byte[4 << 20];
        new Random(5).nextBytes(bytes);
        MemorySegment data = world.memory(bytes);
        MemorySegment received = world.memory(bytes.length);
        int[] lengths = {1, 100_000, 0, bytes.length - 100_001};
        Log log = new Log();
        try (Ring ring = open()) {
            Iovecs pieces = ring.iovecs();
            long at = data.address();
            for (int length : lengths) {
                pieces.add(at, length);
                at += length;
            }
            Task task = ring.sendmsgZeroCopy(
                    pair.ours(), pieces, Linux.MSG_WAITALL, ring.task(log.context()));
            assertEquals(Op.SENDMSG_ZERO_COPY, task.op());
            assertThrows(IllegalStateException.class, pieces::release);
            int got = 0;
            int sent = 0; // The mock's script sends what the socket takes.
            while (got < bytes.length && (sent == 0 || got < sent)) {
                ring.poll(0);
                sent = log.results().isEmpty() ? 0 : log.results().getFirst();
                got += (int) Math.max(
                        0, world.tryReceive(pair.peer(), received.asSlice(got)));
            }
            assertResult(sent, finish(ring, task));
            if (kind != BackendKind.MOCK) {
                assertEquals(bytes.length, sent);
            }
            assertTrue(task.wasCopied(), "the loopback always copies");
            boolean twice = ring.capabilities().zeroCopySendmsg();
            assertEquals(twice ? List.of(sent, sent) : List.of(sent), log.results());
            assertEquals(1, log.endings(task));
            assertNull(task.resource());
            pieces.release();
            assertEquals(-1, data.asSlice(0, sent).mismatch(received.asSlice(0, sent)));
        }
    }

    /** The kernel sends none of it, and says once more that it has let go. */
    @Test
    void sendWithoutACopyThatTheProtocolLacksFailsAndEndsOnce() {
        World.Pair pair = world.pair();
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.sendZeroCopy(pair.ours(), text("hello"), 0, log.context());
            int result = finish(ring, task);
            if (ring.capabilities().zeroCopySend()) {
                assertResult(-Errno.EOPNOTSUPP, result);
                assertEquals(TaskError.NOT_SUPPORTED, task.error());
                assertTrue(log.results().stream().allMatch(r -> r == -Errno.EOPNOTSUPP));
            } else {
                assertResult(5, result);
            }
            assertEquals(1, log.endings(task));
            assertEquals(log.entries().getLast().task(), task);
        }
    }

    @Test
    void piecesWithoutACopyThatCannotBeSentFailAndEndOnce() {
        World.Pair unix = world.pair();
        World.Pair tcp = world.tcpPair();
        Log log = new Log();
        try (Ring ring = open()) {
            Iovecs pieces = ring.iovecs();
            pieces.add(text("hel").address(), 3);
            pieces.add(text("lo").address(), 2);
            Task task = ring.sendmsgZeroCopy(unix.ours(), pieces, 0, ring.task(log.context()));
            assertResult(ring.capabilities().zeroCopySendmsg() ? -Errno.EOPNOTSUPP : 5,
                    finish(ring, task));
            assertEquals(1, log.endings(task));
            assertResult(0, finish(ring,
                    ring.shutdown(tcp.ours(), Sockets.SHUT_WR, Context.NONE)));
            assertResult(-Errno.EPIPE,
                    finish(ring, ring.sendmsgZeroCopy(tcp.ours(), pieces, 0, task)));
            assertEquals(2, log.endings(task));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.sendmsgZeroCopy(-1, pieces, 0, task));
            pieces.release();
            assertThrows(IllegalStateException.class,
                    () -> ring.sendmsgZeroCopy(tcp.ours(), pieces, 0, task));
        }
    }

    @Test
    void sendWithoutACopyToAClosedPeerFails() {
        World.Pair pair = world.tcpPair();
        int closed = 1 << 20;
        try (Ring ring = open()) {
            assertResult(0, finish(ring,
                    ring.shutdown(pair.ours(), Sockets.SHUT_WR, Context.NONE)));
            Task task = ring.sendZeroCopy(pair.ours(), text("x"), 0, Context.NONE);
            assertResult(-Errno.EPIPE, finish(ring, task));
            assertEquals(TaskError.BROKEN_PIPE, task.error());
            assertResult(-Errno.EBADF,
                    finish(ring, ring.sendZeroCopy(closed, text("x"), 0, Context.NONE)));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.sendZeroCopy(-1, text("x"), 0, Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.sendZeroCopy(1, 0, -1, 0, ring.task(Context.NONE)));
        }
    }

    /** The socket takes a part and then no more, until its buffer is full. */
    @Test
    void sendWithoutACopyThatWaitsIsCanceledAndEndsOnce() {
        World.Pair pair = world.tcpPair();
        MemorySegment data = world.memory(16 << 20);
        Log log = new Log();
        try (Ring ring = open()) {
            Task task = ring.task(log.context());
            int sends = 0;
            do {
                ring.sendZeroCopy(
                        pair.ours(), data.address(), (int) data.byteSize(), 0, task);
                turns(ring, 4);
                sends++;
            } while (task.isFree() && sends < 100);
            assertFalse(task.isFree(), "the socket took " + sends + " times 16 MiB");
            task.cancel(Context.NONE);
            // The peer goes, and with it what was queued for it.
            world.close(pair.peer());
            finishAll(ring);
            assertEquals(sends, log.endings(task), log.entries()::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 128, Integer.MAX_VALUE})
    void boundSocketThatListensIsReached(int backlog) throws IOException {
        int fd = world.socket();
        MemorySegment address = world.memory(Sockets.ADDRESS_SIZE);
        int length = Sockets.encode(
                new InetSocketAddress("127.0.0.1", 0), Sockets.IPV4, address);
        try (Ring ring = open()) {
            assertResult(0, finish(ring,
                    ring.bind(fd, address.asSlice(0, length), Context.NONE)));
            assertTrue(Sockets.localAddress(fd).getPort() > 0);
            assertResult(0, finish(ring, ring.listen(fd, backlog, Context.NONE)));
            Task accept = ring.accept(fd, Context.NONE);
            world.dial(fd);
            assertTrue(world.own(finish(ring, accept)) >= 0, accept::toString);
        }
    }

    @Test
    void addressThatCannotBeHadIsRefused() {
        int listener = world.listener();
        try (Ring ring = open()) {
            Task taken = ring.bind(world.socket(), world.addressOf(listener), Context.NONE);
            assertResult(-Errno.EADDRINUSE, finish(ring, taken));
            assertEquals(TaskError.ADDRESS_IN_USE, taken.error());
            assertResult(-Errno.EINVAL, finish(ring,
                    ring.bind(listener, world.addressOf(listener), Context.NONE)));
            int closed = 1 << 20;
            assertResult(-Errno.EBADF, finish(ring,
                    ring.bind(closed, world.addressOf(listener), Context.NONE)));
            assertResult(-Errno.EBADF, finish(ring, ring.listen(closed, 1, Context.NONE)));
            assertResult(-Errno.EOPNOTSUPP, finish(ring,
                    ring.listen(world.datagrams(), 1, Context.NONE)));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.bind(-1, world.addressOf(listener), Context.NONE));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.listen(-1, 1, Context.NONE));
        }
    }

    /** All in one turn: a call that the ring makes itself keeps its place among the others. */
    @Test
    void socketIsMadeToListenInOneTurn() {
        int fd = world.socket();
        MemorySegment address = world.memory(Sockets.ADDRESS_SIZE);
        int length = Sockets.encode(
                new InetSocketAddress("127.0.0.1", 0), Sockets.IPV4, address);
        Log log = new Log();
        try (Ring ring = open()) {
            ring.bind(fd, address.asSlice(0, length), log.context(1));
            ring.listen(fd, 8, log.context(2));
            Task accept = ring.accept(fd, log.context(3));
            runUntil(ring, () -> log.size() == 2, log.entries()::toString);
            assertEquals(List.of(1, 2), log.messages());
            assertEquals(List.of(0, 0), log.results());
            world.dial(fd);
            assertTrue(world.own(finish(ring, accept)) >= 0, accept::toString);
        }
    }

    /** What is canceled before its turn is not done by a plain call either. */
    @Test
    void queuedBindThatIsCanceledNeverHappens() throws IOException {
        int fd = world.socket();
        MemorySegment address = world.addressOf(world.listener());
        try (Ring ring = open()) {
            Task bind = ring.bind(fd, address, Context.NONE);
            bind.cancel(Context.NONE);
            assertResult(-Errno.ECANCELED, finish(ring, bind));
            finishAll(ring);
            assertNull(Sockets.localAddress(fd));
        }
    }
}
