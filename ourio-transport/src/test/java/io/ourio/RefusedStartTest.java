// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.mock.Mock;
import org.junit.jupiter.api.Test;

/**
 * A start that throws has started nothing, whatever it was that threw: else memory would be
 * released that the kernel is about to use.
 */
class RefusedStartTest {
    /** Whoever polls the ring cannot be told of the task: on the mock there is no way to do so. */
    @Test
    void taskThatCannotBeAnnouncedIsNotStarted() {
        try (Ring ring = new Mock().open()) {
            Iovecs pieces = ring.iovecs();
            pieces.add(1, 1);
            Task send = ring.task(Context.NONE);
            Task message = Task.userMsg(1, Context.NONE);
            ring.polled = true;
            assertThrows(UnsupportedOperationException.class,
                    () -> ring.sendmsg(7, pieces, 0, send));
            assertThrows(UnsupportedOperationException.class,
                    () -> ring.msgRing(ring, message, send));
            assertEquals(0, ring.active());
            assertTrue(send.isFree(), send::toString);
            assertTrue(message.isFree(), message::toString);
            pieces.release();
            ring.polled = false;
        }
    }
}
