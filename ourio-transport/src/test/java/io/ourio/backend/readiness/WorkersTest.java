// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Errno;
import io.ourio.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Workers on a system that gives few threads, or none. */
class WorkersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ReadinessBackend backend = ReadinessBackend.epoll();
    private final List<Thread> started = new ArrayList<>();
    private int threadsLeft;
    private final Workers workers = new Workers(thread -> {
        if (threadsLeft-- <= 0) {
            throw new OutOfMemoryError("unable to create native thread");
        }
        started.add(thread);
        thread.start();
    });

    @AfterEach
    void close() {
        backend.discard();
    }

    /** One that was canceled already, so that nobody makes its call. */
    private InFlight flight() {
        InFlight flight = new InFlight(backend);
        flight.begin(Tasks.free());
        flight.unwanted = true;
        return flight;
    }

    private static void assertDone(InFlight flight) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (flight.unwanted && flight.result == 0) {
            assertTrue(System.nanoTime() - end < 0, "nobody has taken it");
            Thread.onSpinWait();
        }
        assertEquals(-Errno.ECANCELED, flight.result);
    }

    @Test
    void callIsNotTakenWhereNobodyWouldMakeIt() {
        InFlight flight = flight();
        assertFalse(workers.submit(flight));
        assertFalse(workers.submit(flight));
        threadsLeft = 1;
        assertTrue(workers.submit(flight));
        assertDone(flight);
    }

    @Test
    void threadThatIsThereMakesTheCallsOfThoseThatAreMissing() {
        threadsLeft = 1;
        List<InFlight> flights = new ArrayList<>();
        synchronized (workers) { // So that it takes none before all are there.
            for (int i = 0; i < 10; i++) {
                flights.add(flight());
                assertTrue(workers.submit(flights.getLast()));
            }
        }
        flights.forEach(WorkersTest::assertDone);
        assertEquals(1, started.size());
    }
}
