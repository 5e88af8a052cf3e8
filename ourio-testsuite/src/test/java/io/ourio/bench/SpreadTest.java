// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void medianIsTheMiddleOne() {
        assertEquals(new Spread(3, 1, 9, 3), Spread.of(9, 1, 3));
    }

    @Test
    void medianOfAnEvenCountIsTheMeanOfTheMiddleTwo() {
        assertEquals(new Spread(2.5, 1, 100, 4), Spread.of(100, 3, 2, 1));
    }

    @Test
    void nothingHasNoSpread() {
        assertNull(Spread.of());
    }

    @Test
    void endsAreIncluded() {
        assertTrue(Spread.of(0.9, 1).includes(1));
        assertTrue(Spread.of(0.9, 1.1).includes(1));
        assertFalse(Spread.of(1.01, 1.1).includes(1));
    }
}
