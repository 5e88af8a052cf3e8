// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TwoRingsOneThreadTest {
    private static final String MESSAGE = "inner: a message of another thread";

    @Test
    void bothRingsDoTheirWorkInTime() {
        List<String> told = new ArrayList<>();
        TwoRingsOneThread.play(told::add);
        assertTrue(told.indexOf(MESSAGE) > told.indexOf("outer: a timer after 200 ms"),
                told::toString);
        told.remove(MESSAGE); // When its thread gets a processor is not ours to say.
        assertEquals(List.of(
                "inner: a timer after 100 ms",
                "outer: a timer after 200 ms",
                "inner: a timer after 400 ms",
                "outer: the end"), told);
    }
}
