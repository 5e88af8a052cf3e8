// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example that the README quotes. */
final class SwapTheTransportTest {
    @Test
    void aLineGoesThereAndBack() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        assertEquals("hello over Ourio\n", Tool.run(java, "--enable-native-access=ALL-UNNAMED",
                Tool.WARNINGS_ONLY, "-cp", System.getProperty("java.class.path"),
                SwapTheTransport.class.getName()));
    }
}
