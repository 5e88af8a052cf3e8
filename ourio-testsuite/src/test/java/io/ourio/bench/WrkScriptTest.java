// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WrkScriptTest {
    @Test
    void postHasItsBody() {
        String script = script(1, 100);
        assertTrue(script.contains("wrk.method = \"POST\""), script);
        assertTrue(script.contains("wrk.body = string.rep(\"x\", 100)"), script);
    }

    @Test
    void getHasNoBody() {
        String script = script(1, 0);
        assertTrue(script.contains("wrk.method = \"GET\""), script);
        assertTrue(script.contains("wrk.body = nil"), script);
    }

    @Test
    void pipelinedRequestsAreMadeOneStringOnce() {
        String script = script(16, 0);
        assertTrue(script.contains("string.rep(one, 16)"), script);
        assertFalse(script.contains("function request"), script);
    }

    @Test
    void percentileIsPrintedWithoutPipeliningOnly() {
        assertTrue(script(1, 0).contains("percentile(99.9)"), script(1, 0));
        assertEquals(-1, script(2, 0).indexOf("percentile"), script(2, 0));
    }

    private static String script(int pipeline, int postBytes) {
        return new String(
                WrkScript.of(new Load(
                        1, 1, pipeline, "/", postBytes, false, Duration.ofSeconds(1))),
                StandardCharsets.US_ASCII);
    }
}
