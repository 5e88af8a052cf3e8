// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingThread;
import io.ourio.RunMode;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages between rings of a mock, whose time is virtual while their threads are real. */
class MockMessagesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<Integer> results = new ArrayList<>();
    private final Context result = new Context(null, 0, (_, task) -> results.add(task.result()));

    /** Asks a ring thread for something that takes a day, and waits for the answer. */
    @Test
    void ringThatWaitsForAMessageSleepsInVirtualTime() {
        Mock mock = new Mock().patience(PATIENCE);
        try (Ring ring = mock.open(); RingThread thread = ring.spawnThread(8)) {
            Context day = new Context(null, 0, (self, question) ->
                    self.timer(Duration.ofDays(1), new Context(null, 0, (_, _) ->
                            self.msgRing(ring, Task.userMsg(1, result), Context.NONE))));
            ring.msgRing(thread.ring(), Task.userMsg(0, day), Context.NONE);
            while (results.isEmpty()) {
                ring.poll(-1);
            }
        }
        assertEquals(List.of(0), results);
        assertTrue(mock.nanoTime() >= Duration.ofDays(1).toNanos());
    }

    @Test
    void ringThatNobodyCanWakeIsAFault() {
        Mock mock = new Mock();
        try (Ring ring = mock.open()) {
            ring.post(Task.userMsg(1, result));
            ring.run(RunMode.UNTIL_DONE);
            assertThrows(ScriptError.class, () -> ring.run(RunMode.FOREVER));
        }
        assertEquals(List.of(0), results);
    }

    @Test
    void childIsAnsweredByTheSameScript() {
        MemorySegment memory = Arena.ofAuto().allocate(8);
        Mock mock = new Mock().on(Op.RECV, Answer.text("one"), Answer.text("three"));
        try (Ring ring = mock.open(); Ring child = ring.openChild(8)) {
            int fd = mock.fd();
            child.recv(fd, memory, 0, result);
            child.run(RunMode.UNTIL_DONE);
            ring.recv(fd, memory, 0, result);
            ring.close(fd, Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of(3, 5), results);
    }

    @Test
    void mockHasNoDescriptorToPoll() {
        try (Ring ring = new Mock().open()) {
            assertEquals("the backend mock has no descriptor to poll", assertThrows(
                    UnsupportedOperationException.class, ring::pollableFd).getMessage());
        }
    }

    @Test
    void descriptorOfAMessageThatIsNotDeliveredIsClosed() {
        Mock mock = new Mock();
        int fd = mock.fd();
        try (Ring ring = mock.open()) {
            ring.post(Task.userFd(fd, result));
        }
        assertEquals(List.of(-Errno.ECANCELED), results);
        assertFalse(mock.isOpen(fd));
    }
}
