// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.BackendReport;
import io.ourio.BackendUnavailableException;
import io.ourio.BufferGroup;
import io.ourio.Capabilities;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What scripts say is what tasks get, and what they do not say is an error that names the task. */
class MockTest {
    private static final int SOCKET = 7;

    private final Arena arena = Arena.ofShared();
    private final Mock mock = new Mock();
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void free() {
        arena.close();
    }

    /** Notes "msg:result", with a "+" if more follows. */
    private Context told(int msg) {
        return new Context(null, msg, (_, task) ->
                told.add(msg + ":" + task.result() + (task.hasMore() ? "+" : "")));
    }

    private MemorySegment memory(int size) {
        return arena.allocate(size);
    }

    private static String text(MemorySegment memory) {
        return new String(memory.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** Returns the error's message. */
    private static String fails(Executable body) {
        return assertThrows(ScriptError.class, body).getMessage();
    }

    @Test
    void answersGoToTasksInTheOrderInWhichTheyReachTheKernel() {
        mock.on(Op.RECV, Answer.text("one"), Answer.error(Errno.ECONNRESET))
                .on(Op.RECV, Answer.ok());
        MemorySegment buffer = memory(3);
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, buffer, 0, told(1));
            ring.recv(SOCKET, memory(3), 0, told(2));
            ring.recv(SOCKET + 1, memory(3), 0, told(3));
            assertEquals(3, mock.unused(Op.RECV));
            assertEquals(3, ring.poll(0));
            assertEquals(0, mock.unused(Op.RECV));
        }
        assertEquals(List.of("1:3", "2:-" + Errno.ECONNRESET, "3:0"), told);
        assertEquals("one", text(buffer));
    }

    @Test
    void queueComesBeforeTheScriptOfTheOperationAndThatBeforeTheRest() {
        mock.always(Op.RECV, task -> task.fd() == SOCKET ? Answer.result(2) : null)
                .otherwise(_ -> Answer.result(3))
                .on(Op.RECV, Answer.result(1));
        try (Ring ring = mock.open()) {
            for (int i = 0; i < 2; i++) {
                ring.recv(SOCKET, memory(9), 0, told(i));
            }
            ring.recv(SOCKET + 1, memory(9), 0, told(2));
            ring.noop(told(3));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("0:1", "1:2", "2:3", "3:3"), told);
    }

    @Test
    void bytesAreInTheMemoryWhenTheTaskCompletesAndNotBefore() {
        mock.on(Op.READ, Answer.text("late").afterTurns(2));
        MemorySegment buffer = memory(8);
        try (Ring ring = mock.open()) {
            ring.read(SOCKET, buffer, 0, told(1));
            ring.poll(0);
            ring.poll(0);
            assertEquals(0, buffer.get(JAVA_BYTE, 0));
            assertEquals(List.of(), told);
            ring.poll(0);
            assertEquals(List.of("1:4"), told);
            assertEquals("late\0\0\0\0", text(buffer));
        }
    }

    @Test
    void scriptReadsAllPiecesThatATaskSends() {
        List<byte[]> sent = new ArrayList<>();
        Script take = task -> {
            sent.add(Mock.data(task));
            return Answer.all();
        };
        mock.always(Op.SENDMSG, take).always(Op.WRITEV, take).always(Op.SEND, take);
        MemorySegment hello = arena.allocateFrom("hello");
        try (Ring ring = mock.open()) {
            Iovecs pieces = ring.iovecs();
            pieces.add(hello.address(), 2);
            pieces.add(hello.address(), 0);
            pieces.add(hello.address() + 2, 3);
            ring.sendmsg(SOCKET, pieces, 0, ring.task(told(1)));
            ring.writev(SOCKET, pieces, 0, told(2));
            ring.send(SOCKET, hello.asSlice(0, 4), 0, told(3));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("1:5", "2:5", "3:4"), told);
        assertEquals(List.of("hello", "hello", "hell"), sent.stream().map(String::new).toList());
    }

    @Test
    void multishotTaskCompletesOnceForEachPart() {
        mock.on(Op.ACCEPT_MULTISHOT, Answer.fd().then(Answer.fd())
                .then(Answer.fd().afterTurns(1)).then(Answer.error(Errno.EMFILE)));
        List<Integer> fds = new ArrayList<>();
        try (Ring ring = mock.open()) {
            ring.acceptMultishot(SOCKET, ring.task(new Context(null, 0, (r, task) -> {
                fds.add(task.result());
                assertEquals(fds.size() < 4, task.hasMore());
                if (task.result() >= 0) {
                    assertTrue(mock.isOpen(task.result()));
                    r.close(task.result(), told(1));
                }
            })));
            assertEquals(2, ring.poll(0));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(4, fds.stream().distinct().count());
        assertEquals(-Errno.EMFILE, fds.getLast());
        assertEquals(List.of("1:0", "1:0", "1:0"), told);
    }

    @Test
    void bytesThatNoBufferIsLeftForAreForTheNextTask() {
        byte[] bytes = new byte[2500];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        mock.on(Op.RECV_MULTISHOT, Answer.bytes(bytes).then(Answer.ok()));
        MemorySegment received = memory(bytes.length);
        int[] count = new int[1];
        List<Integer> lent = new ArrayList<>();
        try (Ring ring = mock.open()) {
            BufferGroup group = ring.bufferGroup(2, 1024);
            Context context = new Context(null, 5, (_, task) -> {
                told(5).callback().onCompletion(ring, task);
                if (task.result() > 0) {
                    MemorySegment.copy(group.memory(), task.bufferOffset(), received, count[0],
                            task.result());
                    count[0] += task.result();
                    group.lend(task.bufferId());
                    lent.add(task.bufferId());
                }
            });
            Task task = ring.recvMultishot(SOCKET, group, ring.task(context));
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of("5:1024+", "5:1024+", "5:-" + Errno.ENOBUFS), told);
            assertEquals(0, group.available());
            lent.forEach(group::giveBack);
            assertEquals(2, group.available());
            ring.recvMultishot(SOCKET, group, task);
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of("5:452+", "5:0"), told.subList(3, 5));
        }
        assertArrayEquals(bytes, received.toArray(JAVA_BYTE));
    }

    @Test
    void neverLastsUntilTheCancel() {
        mock.on(Op.RECV, Answer.never());
        try (Ring ring = mock.open()) {
            Task task = ring.recv(SOCKET, memory(1), 0, told(1));
            ring.timer(1_000_000, ring.task(new Context(null, 0, (_, _) -> task.cancel(told(2)))));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("1:-" + Errno.ECANCELED, "2:0"), told);
    }

    @Test
    void cancelThatComesTooLateIsToldSoAndTheResultComes() {
        mock.on(Op.SEND, Answer.result(3).afterTurns(3).despiteCancel());
        try (Ring ring = mock.open()) {
            Task task = ring.send(SOCKET, memory(3), 0, told(1));
            ring.poll(0);
            task.cancel(told(2));
            ring.poll(0);
            assertEquals(List.of("2:-" + Errno.EALREADY), told);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("2:-" + Errno.EALREADY, "1:3"), told);
    }

    @Test
    void closeEndsAMultishotTaskThatCouldNotBeStoppedAtItsNextPart() {
        mock.on(Op.POLL_MULTISHOT, Answer.result(1).afterTurns(2).despiteCancel()
                .then(Answer.never()));
        Ring ring = mock.open();
        ring.pollMultishot(SOCKET, 1, told(1));
        ring.poll(0);
        ring.close();
        assertEquals(List.of("1:1+", "1:-" + Errno.ECANCELED), told);
    }

    @Test
    void descriptorThatCameToACanceledTaskIsClosedByTheRing() {
        mock.on(Op.ACCEPT, Answer.fd().afterTurns(3).despiteCancel());
        try (Ring ring = mock.open()) {
            Task task = ring.accept(SOCKET, told(1));
            ring.poll(0);
            task.cancel(Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("1:-" + Errno.ECANCELED), told);
    }

    @Test
    void taskThatIsNotInTheScriptIsNamedOnceAndCompletes() {
        Ring ring = mock.open();
        ring.recv(SOCKET, memory(10), 0, told(1));
        ring.noop(told(2));
        assertEquals("RECV(fd 7, length 10, offset 0, flags 0x0, msg 1) is not in the script: say"
                        + " what becomes of it, by Mock.on(Op.RECV, ...) or Mock.always",
                fails(() -> ring.run(RunMode.UNTIL_DONE)));
        assertEquals(List.of("1:-" + Errno.ENOSYS, "2:0"), told);
        ring.run(RunMode.UNTIL_DONE);
        ring.close();
    }

    @Test
    void faultsOfTheLastTurnsAreToldByTheClose() {
        Ring ring = mock.open();
        ring.noop(new Context(null, 0, (r, _) -> r.close()));
        ring.shutdown(SOCKET, 0, told(1));
        String message = fails(() -> ring.poll(0));
        assertTrue(message.startsWith("SHUTDOWN(fd 7, "), message);
        assertTrue(ring.isClosed());
        assertEquals(List.of("1:-" + Errno.ENOSYS), told);
        ring.close();
    }

    @Test
    void exceptionOfAScriptIsTheCauseOfTheError() {
        IllegalStateException mine = new IllegalStateException("mine");
        mock.always(Op.RECV, _ -> {
            throw mine;
        });
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory(1), 0, told(1));
            ScriptError error = assertThrows(ScriptError.class, () -> ring.poll(0));
            assertSame(mine, error.getCause());
        }
        assertEquals(1, told.size());
    }

    @Test
    void answerThatTheTaskCannotHaveIsAnError() {
        mock.on(Op.RECV, Answer.text("four"), Answer.ok().then(Answer.ok()))
                .on(Op.SEND, Answer.text("x"));
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory(3), 0, told(1));
            ring.recv(SOCKET, memory(3), 0, told(2));
            ring.send(SOCKET, memory(3), 0, told(3));
            List<String> lines = fails(() -> ring.poll(0)).lines().toList();
            assertEquals(3, lines.size(), lines::toString);
            assertTrue(lines.get(0).endsWith(
                    "completes once, and its answer has several parts: result 0, then result 0"));
            assertTrue(lines.get(1).endsWith("answered with 4 bytes, and has room for 3"));
            assertTrue(lines.get(2).endsWith("answered with 1 bytes, and has room for 0"));
        }
        assertEquals(3, told.size());
    }

    @Test
    void answersThatMakeNoSenseAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Answer.error(0));
        assertThrows(IllegalArgumentException.class, () -> Answer.ok().afterTurns(-1));
        assertThrows(IllegalStateException.class, () -> Answer.never().despiteCancel());
        assertThrows(IllegalStateException.class, () -> Answer.never().then(Answer.ok()));
        assertThrows(IllegalArgumentException.class, () -> mock.on(Op.TIMER, Answer.ok()));
        assertThrows(IllegalArgumentException.class, () -> mock.always(Op.CANCEL, Answer.ok()));
    }

    @Test
    void descriptorThatIsNeverClosedIsAnErrorOfTheClose() {
        mock.on(Op.ACCEPT, Answer.fd(), Answer.result(12)).on(Op.SOCKET, Answer.fd());
        Ring ring = mock.open();
        ring.accept(SOCKET, told(1));
        ring.accept(SOCKET, told(2));
        int[] socket = new int[1];
        ring.socket(2, 1, 0, new Context(null, 0, (_, task) -> socket[0] = task.result()));
        ring.poll(0);
        ring.close(socket[0], told(3));
        ring.poll(0);
        List<String> lines = fails(ring::close).lines().toList();
        assertEquals("never closed: fd 12 (ACCEPT(fd 7, length 0, offset 0, flags 0x80800, msg 2))",
                lines.getFirst());
        assertEquals(2, lines.size(), lines::toString);
        ring.close();
        assertEquals("3:0", told.getLast());
        mock.open().close();
    }

    @Test
    void descriptorThatIsClosedTwiceUsedAfterwardsOrNeverOpenIsAnError() {
        mock.always(Op.SEND, Answer.all());
        int fd = mock.fd();
        int given = mock.fd();
        mock.disown(given);
        assertThrows(IllegalArgumentException.class, () -> mock.disown(given));
        try (Ring ring = mock.open()) {
            ring.close(fd, told(1));
            ring.close(fd, told(2));
            String twice = fails(() -> ring.poll(0));
            assertTrue(twice.endsWith(" closes a descriptor that is not open"), twice);
            ring.send(fd, memory(1), 0, told(3));
            String used = fails(() -> ring.poll(0));
            assertTrue(used.endsWith(" uses a descriptor that was closed"), used);
            ring.close(SOCKET, told(4));
            String never = fails(() -> ring.poll(0));
            assertTrue(never.startsWith("CLOSE(fd 7, "), never);
        }
        assertEquals(List.of("1:0", "2:-9", "3:-9", "4:-9"), told);
    }

    @Test
    void closeThatFailsHasClosedAsTheKernelDoes() {
        mock.on(Op.CLOSE, Answer.error(Errno.EIO), Answer.never());
        int fd = mock.fd();
        Ring ring = mock.open();
        ring.close(fd, told(1));
        ring.poll(0);
        assertFalse(mock.isOpen(fd));
        ring.close(mock.fd(), told(2)); // Canceled by the close of the ring: it stays open.
        ring.poll(0);
        assertTrue(fails(ring::close).startsWith("never closed: fd "));
    }

    @Test
    void descriptorsAreCountedWhenTheLastRingCloses() {
        int fd = mock.fd();
        Ring first = mock.open();
        try (Ring second = mock.open()) {
            first.close();
            second.close(fd, told(1));
            second.poll(0);
        }
        assertEquals(List.of("1:0"), told);
    }

    @Test
    void zeroCopySendIsToldWhetherItWasCopied() {
        mock.on(Op.SEND_ZERO_COPY, Answer.all().then(Answer.all().withoutCopy()), Answer.all())
                .on(Op.SENDMSG_ZERO_COPY, Answer.all().then(Answer.ok()).withoutCopy());
        try (Ring ring = mock.open()) {
            Task task = ring.sendZeroCopy(SOCKET, memory(5), 0, told(1));
            ring.poll(0);
            assertFalse(task.wasCopied());
            ring.sendZeroCopy(SOCKET, memory(5).address(), 5, 0, task);
            ring.poll(0);
            assertTrue(task.wasCopied());
            Iovecs pieces = ring.iovecs();
            pieces.add(memory(5).address(), 3);
            pieces.add(memory(5).address(), 4);
            ring.sendmsgZeroCopy(SOCKET, pieces, 0, task);
            ring.poll(0);
            assertFalse(task.wasCopied());
            pieces.release();
        }
        assertEquals(List.of("1:5+", "1:5", "1:5", "1:7+", "1:0"), told);
    }

    @Test
    void scriptIsAskedAgainUntilItHasAnAnswer() {
        int[] asked = new int[1];
        mock.always(Op.RECV, _ -> ++asked[0] < 5 ? Answer.again() : Answer.ok());
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory(1), 0, told(1));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(5, asked[0]);
        assertEquals(List.of("1:0"), told);
    }

    @Test
    void programSeesTheLesserKernelThatTheTestWants() {
        mock.capabilities(new Capabilities(false, false, false, false, false, false))
                .on(Op.ACCEPT_MULTISHOT, Answer.result(10).then(Answer.result(11)));
        try (Ring ring = mock.open()) {
            assertThrows(UnsupportedOperationException.class, () -> ring.bufferGroup(1, 1024));
            Task task = ring.acceptMultishot(SOCKET, ring.task(told(1)));
            ring.poll(0);
            ring.acceptMultishot(SOCKET, task);
            ring.poll(0);
            assertEquals(List.of("1:10", "1:11"), told);
            ring.close(10, Context.NONE);
            ring.close(11, Context.NONE);
            ring.poll(0);
        }
    }

    @Test
    void ringThatIsOpenedByNameUsesTheInstalledMock() {
        RingOptions byName = RingOptions.defaults().withBackend(BackendKind.of("mock"));
        assertEquals("the backend mock cannot run here: no script says what it does; open the ring"
                + " by Mock.open, or install a Mock first",
                assertThrows(BackendUnavailableException.class, () -> Ring.open(byName))
                        .getMessage());
        mock.install();
        try (Ring ring = Ring.open(byName)) {
            mock.on(Op.RECV, Answer.result(1));
            ring.recv(SOCKET, memory(1), 0, told(1));
            ring.poll(0);
            assertEquals(BackendKind.MOCK, ring.backend());
            assertEquals(BackendKind.MOCK, ring.options().backend());
        } finally {
            new Mock().uninstall(); // Not the one in use.
            assertSame(mock, Mock.installed());
            mock.uninstall();
        }
        assertEquals(List.of("1:1"), told);
        assertThrows(BackendUnavailableException.class, () -> Ring.open(byName));
    }

    @Test
    void automaticChoiceIsNeverTheMock() {
        mock.install();
        try {
            assertFalse(BackendReport.current().backend() == BackendKind.MOCK);
            try (Ring ring = Ring.open(RingOptions.defaults().withBackend(BackendKind.AUTO))) {
                assertFalse(ring.backend() == BackendKind.MOCK);
            }
        } finally {
            mock.uninstall();
        }
    }

    @Test
    void adoptedRingKeepsItsScript() throws Exception {
        mock.on(Op.RECV, Answer.result(1), Answer.result(2));
        mock.always(Op.CLOSE, Answer.ok());
        int fd = mock.fd();
        Ring ring = mock.open();
        ring.recv(SOCKET, memory(2), 0, told(1));
        ring.poll(0);
        Thread thread = Thread.ofPlatform().start(() -> {
            ring.adopt();
            ring.recv(SOCKET, memory(2), 0, told(2));
            ring.close(fd, told(3));
            ring.run(RunMode.UNTIL_DONE);
            ring.close();
        });
        thread.join();
        assertEquals(List.of("1:1", "2:2", "3:0"), told);
    }
}
