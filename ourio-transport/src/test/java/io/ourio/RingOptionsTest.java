// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RingOptionsTest {
    @ParameterizedTest
    @CsvSource({
        "io.ourio.backend, iocp, 'no backend is called ''iocp''; there are '",
        "io.ourio.entries, many, 'io.ourio.entries is ''many'', which is not a number'",
        "io.ourio.entries, '', 'io.ourio.entries is '''', which is not a number'",
        "io.ourio.entries, 100, entries 100 is not a power of two in 8..32768",
        "io.ourio.completions, 100, completions 100 is neither 0 nor a power of two in 512..65536",
        "io.ourio.completions, 256, completions 256 is neither 0 nor a power of two in 512..65536",
        "io.ourio.bufferCount, 0, bufferCount 0 is not a power of two in 1..32768",
        "io.ourio.bufferSize, 7, bufferSize 7 is outside 1024..16777216 bytes"})
    void wrongPropertyIsRefusedEachTime(String property, String value, String message) {
        System.setProperty(property, value);
        try {
            for (int i = 0; i < 2; i++) {
                String thrown = assertThrows(
                        IllegalArgumentException.class, RingOptions::defaults).getMessage();
                assertEquals(message, thrown.substring(0, message.length()));
            }
        } finally {
            System.clearProperty(property);
        }
    }

    @Test
    void propertiesAreTheDefaults() {
        System.setProperty("io.ourio.entries", " 64 ");
        System.setProperty("io.ourio.backend", "io_uring");
        try {
            assertEquals(64, RingOptions.defaults().entries());
            assertEquals(BackendKind.IO_URING, RingOptions.defaults().backend());
        } finally {
            System.clearProperty("io.ourio.entries");
            System.clearProperty("io.ourio.backend");
        }
        assertEquals(BackendKind.AUTO, RingOptions.defaults().backend());
        assertEquals(RingOptions.defaults(), RingOptions.defaults());
    }
}
