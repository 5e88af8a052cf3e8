// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The mock's close also proves in each of these that the writer has closed what it owns. */
class MultiWriterTest {
    private final Mock mock = new Mock();
    private final int first = mock.fd();
    private final int second = mock.fd();
    private final Map<Integer, String> written = new HashMap<>();

    private MultiWriter write(String message) {
        try (Arena arena = Arena.ofConfined(); Ring ring = mock.open()) {
            MemorySegment text = arena.allocateFrom(message).asSlice(0, message.length());
            MultiWriter writer = new MultiWriter(first, second, text);
            writer.start(ring);
            ring.run(RunMode.UNTIL_DONE);
            return writer;
        }
    }

    /** Takes at most {@code limit} bytes of each write. */
    private void takeWrites(int limit) {
        mock.always(Op.WRITE, task -> {
            String data = new String(Mock.data(task));
            String taken = data.substring(0, Math.min(limit, data.length()));
            written.merge(task.fd(), taken, String::concat);
            return Answer.result(taken.length());
        });
    }

    @Test
    void bothGetTheMessage() {
        takeWrites(100);
        assertNull(write("hello").failure());
        assertEquals(Map.of(first, "hello", second, "hello"), written);
    }

    @Test
    void writeThatTookAPartIsGoneOnWith() {
        takeWrites(2);
        assertNull(write("hello").failure());
        assertEquals(Map.of(first, "hello", second, "hello"), written);
    }

    @Test
    void oneThatFailsDoesNotKeepTheOtherFromItsMessage() {
        takeWrites(2);
        mock.on(Op.WRITE, Answer.error(Errno.ENOSPC).after(Duration.ofMinutes(1)));
        assertEquals("FIRST_WRITTEN: ENOSPC (28): no space left on the device",
                write("hello").failure().getMessage());
        assertEquals(Map.of(second, "hello"), written);
    }
}
