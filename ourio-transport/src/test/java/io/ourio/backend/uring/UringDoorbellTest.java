// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.RingOptions;
import io.ourio.backend.EventfdDoorbell;
import io.ourio.sys.Libc;
import io.ourio.sys.Sqe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What cannot be told by a message is told by the eventfd. */
class UringDoorbellTest {
    private final Libc libc = Libc.current();
    private final MemorySegment counter = Arena.ofAuto().allocate(JAVA_LONG);

    /** How often the eventfd was written since the last look. */
    private long written(EventfdDoorbell bell) {
        return libc.read(bell.fd(), counter.address(), Long.BYTES) < 0
                ? 0 : counter.get(JAVA_LONG, 0);
    }

    private static UringBackend ring() {
        return new UringBackend(RingOptions.defaults().withEntries(8), null);
    }

    /** The kernel refuses a message to what is no ring. */
    @Test
    void messageThatFailsIsReplacedByTheEventfdNowAndLater() {
        UringBackend caller = ring();
        UringBackend target = ring();
        EventfdDoorbell other = new EventfdDoorbell(libc);
        UringDoorbell noRing = new UringDoorbell(libc, other.fd(), null);
        try {
            caller.start();
            target.start();
            assertTrue(caller.message(target.fd()));
            for (int round = 0; round < 2; round++) {
                noRing.announceSleep();
                noRing.ring(caller);
                assertEquals(1, written(noRing));
            }
            assertFalse(caller.message(target.fd()), "not tried again");
        } finally {
            caller.close(true);
            target.close(true);
            noRing.close(libc);
            other.close(libc);
        }
    }

    @Test
    void messageWithoutARingThatFailsIsReplacedByTheEventfd() {
        UringDoorbell bell = new UringDoorbell(libc, -1, Arena.ofAuto().allocate(Sqe.LAYOUT));
        bell.announceSleep();
        bell.ring();
        assertEquals(1, written(bell));
        bell.close(libc);
    }

    @Test
    void messageToARingThatWantsNoneIsReplacedByTheEventfd() {
        UringBackend caller = ring();
        UringDoorbell bell = new UringDoorbell(libc, -1, null);
        try {
            caller.start();
            bell.announceSleep();
            bell.ring(caller);
            assertEquals(1, written(bell));
        } finally {
            caller.close(true);
            bell.close(libc);
        }
    }
}
