// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadlinesAndCancelationTest {
    private static final int LISTENER = 3;
    private static final String CANCELED = ": ECANCELED (125): canceled";

    @Test
    void eachTaskIsToldOnce() {
        Mock mock = new Mock().always(Op.ACCEPT, Answer.never());
        List<String> told = new ArrayList<>();
        try (Ring ring = mock.open()) {
            new DeadlinesAndCancelation(ring, LISTENER, told::add).play(mock.now());
        }
        assertEquals(List.of(
                "accept with a deadline" + CANCELED,
                "accept that is canceled" + CANCELED,
                "the request to cancel it: 0",
                "accept that is there at the end" + CANCELED,
                "timer of a day" + CANCELED), told);
        assertEquals(Duration.ofMillis(300).toNanos(), mock.nanoTime());
    }
}
