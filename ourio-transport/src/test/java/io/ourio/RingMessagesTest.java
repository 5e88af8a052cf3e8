// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.mock.Mock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RingMessagesTest {
    private final Mock mock = new Mock();

    /** Stays open as long as the mock is used. */
    private final Ring sender = mock.open();

    private final Ring ring = mock.open();
    private final RingMessages messages = new RingMessages(ring);
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void close() {
        ring.close();
        sender.close();
    }

    private Context context() {
        return new Context(null, 0, (by, message) -> {
            assertEquals(ring, by);
            assertTrue(message.isFree());
            told.add(message.op() + " " + message.fd() + " " + message.result());
        });
    }

    private static Task claimed(Task message) {
        message.claim();
        return message;
    }

    @Test
    void messagesAreToldOnceInTheirOrder() {
        assertTrue(messages.isEmpty());
        assertTrue(messages.put(claimed(Task.userMsg(1, context())), null));
        assertTrue(messages.put(claimed(Task.userFd(7, context())), sender));
        assertFalse(messages.isEmpty());
        assertFalse(messages.isQuiet());
        messages.tell();
        List<String> both = List.of("USER_MSG -1 0", "USER_FD 7 0");
        assertEquals(both, told);
        assertTrue(messages.isQuiet());
        messages.tell();
        assertEquals(both, told);
    }

    /** What its callback sends again is a new message, and not told before others had a turn. */
    @Test
    void messageThatIsSentByItsCallbackWaits() {
        Task again = claimed(Task.userMsg(1, new Context(null, 0, (_, message) -> {
            told.add("told");
            messages.put(claimed(message), null);
        })));
        messages.put(again, null);
        messages.tell();
        assertEquals(List.of("told"), told);
        assertFalse(messages.isEmpty());
    }

    @Test
    void whatIsBehindTheCloseIsCanceledAndItsDescriptorClosed() {
        int fd = mock.fd();
        messages.put(claimed(Task.userPtr(null, new Context(null, 0, (by, _) -> by.close()))),
                null);
        messages.put(claimed(Task.userMsg(1, context())), null);
        messages.put(claimed(Task.userFd(fd, context())), null);
        messages.tell();
        assertEquals(List.of("USER_MSG -1 " + -Errno.ECANCELED, "USER_FD -1 " + -Errno.ECANCELED),
                told);
        assertFalse(mock.isOpen(fd));
    }

    @Test
    void lateMessageIsItsSendersAgain() {
        messages.put(claimed(Task.userMsg(1, context())), null);
        messages.close();
        Task late = claimed(Task.userFd(7, context()));
        assertFalse(messages.put(late, sender));
        assertTrue(late.isFree());
        assertNull(late.next);
        assertEquals(7, late.fd());
        assertEquals(0, sender.messages.wakeupsSent());
        messages.tell();
        assertEquals(List.of("USER_MSG -1 0"), told);
    }

    @Test
    void ringWhoseThreadHasEndedGetsNone() throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(ring::bind);
        thread.join();
        Task message = claimed(Task.userMsg(1, context()));
        assertFalse(messages.put(message, null));
        assertTrue(message.isFree());
        assertTrue(messages.isEmpty());
    }

    @Test
    void callIsAnsweredOnce() {
        assertTrue(messages.isQuiet());
        assertFalse(messages.takeCall());
        messages.call(null);
        messages.call(sender);
        assertFalse(messages.isQuiet());
        assertTrue(messages.isEmpty());
        assertTrue(messages.takeCall());
        assertFalse(messages.takeCall());
        assertTrue(messages.isQuiet());
    }

    /** The mock cannot tell who sleeps, so that each of its wakeups counts as sent. */
    @Test
    void wakeupsCountForTheRingThatSends() {
        messages.call(sender);
        messages.put(claimed(Task.userMsg(1, context())), sender);
        messages.call(null);
        assertEquals(2, sender.messages.wakeupsSent());
        assertEquals(0, sender.messages.wakeupsSaved());
        assertEquals(0, messages.wakeupsSent());
        assertEquals(2, sender.metrics().wakeupsSent());
    }
}
