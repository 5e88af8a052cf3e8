// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.conformance.ChildJvm;
import io.ourio.conformance.ConformanceMain;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tests of reading on a kernel where each receive is a task with a buffer of its own. */
class SingleReceiveTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @ParameterizedTest
    @ValueSource(classes = {HalfCloseTest.class, ReadSizesTest.class, AutoReadTortureTest.class})
    void passesWithoutMultishotReceive(Class<?> tests) {
        try (ChildJvm child = new ChildJvm(List.of(),
                List.of("-Dio.ourio.uring.disable=multishot_recv"),
                ConformanceMain.class, List.of(tests.getName()))) {
            List<String> lines = child.rest(PATIENCE);
            String all = String.join("\n", lines);
            assertEquals(0, child.status(), all);
            assertTrue(lines.getLast().endsWith(" passed, 0 skipped, 0 failed"), all);
        }
    }
}
