// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SecondsTest {
    @Test
    void wholeSecondsAndMinutesAreTimes() {
        assertEquals(Duration.ofSeconds(8), new Seconds().convert("8s"));
        assertEquals(Duration.ofMinutes(2), new Seconds().convert("2m"));
        assertEquals(Duration.ZERO, new Seconds().convert("0s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8", "1.5s", "-1s", "500ms", "1h", "123456s"})
    void whatWrkCannotTakeIsRefused(String value) {
        assertThrows(TypeConversionException.class, () -> new Seconds().convert(value));
    }
}
