// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The conformance tests on kernels older than this one: without each of the features that the ring
 * can do without, and without all of them.
 */
class FeaturesTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    static Stream<String> features() throws ClassNotFoundException {
        // The enum is the backend's own; its names are what a user of the property writes.
        Object[] features =
                Class.forName("io.ourio.backend.uring.Feature").getEnumConstants();
        return Arrays.stream(features).map(feature -> feature.toString().toLowerCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("features")
    @Tag("full")
    void conformsWithoutOne(String feature) {
        assertConforms(feature);
    }

    @Test
    void conformsWithoutAny() throws ClassNotFoundException {
        assertConforms(features().collect(Collectors.joining(",")));
    }

    private static void assertConforms(String disabled) {
        try (ChildJvm child = new ChildJvm(List.of(),
                List.of("-Dio.ourio.uring.disable=" + disabled, "-XX:TieredStopAtLevel=1"),
                ConformanceMain.class, List.of())) {
            List<String> lines = child.rest(PATIENCE);
            String all = String.join("\n", lines);
            assertEquals(0, child.status(), all);
            String last = lines.getLast();
            assertTrue(last.endsWith(" passed, 0 skipped, 0 failed"), all);
            assertTrue(Integer.parseInt(last.substring(0, last.indexOf(' '))) > 100, last);
        }
    }
}
