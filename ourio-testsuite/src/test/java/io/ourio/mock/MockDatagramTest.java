// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.ControlMessage;
import io.ourio.Errno;
import io.ourio.Message;
import io.ourio.MessageReader;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A script says what datagrams come in, and the program reads them like those of a kernel. */
class MockDatagramTest {
    private static final int SOCKET = 7;
    private static final byte[] HELLO = "hello".getBytes();

    private final Arena arena = Arena.ofShared();
    private final Mock mock = new Mock();

    @AfterEach
    void free() {
        arena.close();
    }

    private static InetSocketAddress address(String host) {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), 5353);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static String text(MemorySegment memory) {
        return new String(memory.toArray(JAVA_BYTE));
    }

    private static int receive(Ring ring, Message message) {
        Task task = ring.recvmsg(SOCKET, message, 0, ring.task(Context.NONE));
        ring.run(RunMode.UNTIL_DONE);
        return task.result();
    }

    private ControlMessage control(int type) {
        return new ControlMessage(1, type, arena.allocateFrom(JAVA_BYTE, (byte) type, (byte) 9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "2001:db8::1"})
    void messageComesWithItsSender(String sender) {
        mock.on(Op.RECVMSG, Answer.message(address(sender), HELLO));
        MemorySegment memory = arena.allocate(5);
        Message message = new Message().data(memory);
        try (Ring ring = mock.open()) {
            assertEquals(5, receive(ring, message));
        }
        assertEquals("hello", text(memory));
        assertEquals(address(sender), message.from());
        assertEquals(List.of(), message.controls());
        assertFalse(message.isTruncated() || message.isControlTruncated());
    }

    @Test
    void messageWithoutASenderSaysSo() {
        mock.on(Op.RECVMSG, Answer.message(address("192.0.2.1"), HELLO), Answer.bytes(HELLO),
                Answer.message(null));
        Message message = new Message().data(arena.allocate(5));
        try (Ring ring = mock.open()) {
            assertEquals(5, receive(ring, message));
            assertEquals(5, receive(ring, message));
            assertNull(message.from());
            assertEquals(0, receive(ring, message));
            assertNull(message.from());
        }
    }

    @Test
    void whatTheMessageHasNoRoomForIsCutAndSaidToBe() {
        Answer answer = Answer.message(
                address("192.0.2.1"), List.of(control(1), control(2)), HELLO);
        mock.always(Op.RECVMSG, answer);
        MemorySegment memory = arena.allocate(4);
        try (Ring ring = mock.open()) {
            for (int pieces = 0; pieces <= 2; pieces++) {
                Message message = new Message(24 * pieces).data(memory);
                assertEquals(4, receive(ring, message));
                assertEquals("hell", text(memory));
                assertTrue(message.isTruncated());
                assertEquals(pieces < 2, message.isControlTruncated());
                List<ControlMessage> controls = message.controls();
                assertEquals(pieces, controls.size());
                for (int i = 0; i < pieces; i++) {
                    assertEquals(1, controls.get(i).level());
                    assertEquals(i + 1, controls.get(i).type());
                    assertEquals(-1, control(i + 1).data().mismatch(controls.get(i).data()));
                }
            }
        }
    }

    /** Each in a buffer of its own; what no buffer is left for is for the next task. */
    @Test
    void multishotReceivesOneMessageAfterTheOther() {
        mock.on(Op.RECVMSG_MULTISHOT, Answer.message(address("192.0.2.1"), HELLO)
                .then(Answer.bytes((byte) 'a'))
                .then(Answer.message(
                        address("2001:db8::1"), List.of(control(3)), new byte[2000]))
                .then(Answer.error(Errno.EIO)));
        List<String> received = new ArrayList<>();
        List<Integer> lent = new ArrayList<>();
        try (Ring ring = mock.open()) {
            BufferGroup group = ring.messageBuffers(2, 1024);
            MessageReader reader = new MessageReader(group, 24);
            Task task = ring.task(new Context(null, 0, (_, done) -> {
                if (done.result() < 0) {
                    received.add("errno " + done.errno());
                    return;
                }
                reader.read(done);
                String text = reader.isTruncated()
                        ? "cut to " + reader.payloadLength() : text(reader.payload());
                received.add(text + ' ' + reader.from() + ' ' + reader.controls().size());
                group.lend(done.bufferId());
                lent.add(done.bufferId());
            }));
            ring.recvmsgMultishot(SOCKET, reader, task);
            ring.run(RunMode.UNTIL_DONE);
            lent.forEach(group::giveBack);
            ring.recvmsgMultishot(SOCKET, reader, task);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("hello " + address("192.0.2.1") + " 0", "a null 0",
                "errno " + Errno.ENOBUFS,
                "cut to " + (1024 - 16 - 128 - 24) + ' ' + address("2001:db8::1") + " 1",
                "errno " + Errno.EIO),
                received);
    }

    @Test
    void messageForATaskThatReceivesNoneIsAnError() {
        mock.always(Op.RECV, Answer.message(address("192.0.2.1"), HELLO));
        mock.always(Op.RECV_MULTISHOT, Answer.message(null, HELLO));
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, arena.allocate(8), 0, Context.NONE);
            ring.recvMultishot(SOCKET, ring.bufferGroup(1, 1024), ring.task(Context.NONE));
            List<String> lines = assertThrows(ScriptError.class, () -> ring.poll(0))
                    .getMessage().lines().toList();
            assertEquals(2, lines.size(), lines::toString);
            assertTrue(lines.stream().allMatch(line -> line.endsWith(
                    " was answered with a message, and receives none")), lines::toString);
        }
    }
}
