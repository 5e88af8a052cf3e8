// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.BackendKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs {@link AccessChecks}: root may do everything, unless these rights are taken away. */
class AccessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @ParameterizedTest
    @MethodSource("io.ourio.conformance.Conformance#kinds")
    void accessThatIsDeniedIsNamedSo(BackendKind kind) throws IOException {
        boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        List<String> before = root
                ? List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
                : List.of();
        try (ChildJvm child = new ChildJvm(before,
                List.of("-D" + Conformance.ONLY + "=" + kind.id(), "-XX:TieredStopAtLevel=1"),
                ConformanceMain.class, List.of(AccessChecks.class.getSimpleName()))) {
            List<String> lines = child.rest(PATIENCE);
            assertEquals(ConformanceMain.outcome(2, 0, 0), lines.getLast(),
                    () -> String.join("\n", lines));
            assertEquals(0, child.status());
        }
    }
}
