// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ProcStatTest {
    /** The fields from 3 on; 14 and 15 are 123 and 45. */
    private static final String FIELDS = " S 1 4242 4242 0 -1 4194304 6 7 8 9 123 45 11 12 20 0 17"
            + " 0 998877 3221225472 51234 18446744073709551615\n";

    @Test
    void userAndSystemTimeAreAdded() {
        assertEquals(1_680_000_000L, ProcStat.cpuNanos("4242 (java)" + FIELDS));
    }

    @Test
    void nameMayHoldBlanksAndBrackets() {
        assertEquals(1_680_000_000L, ProcStat.cpuNanos("4242 (C2 (a) b) 1 2)" + FIELDS));
    }

    @Test
    void otherTextIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ProcStat.cpuNanos(""));
        assertThrows(IllegalArgumentException.class, () -> ProcStat.cpuNanos("4242 (java) S 1"));
        assertThrows(IllegalArgumentException.class, () -> ProcStat.cpuNanos(FIELDS));
    }
}
