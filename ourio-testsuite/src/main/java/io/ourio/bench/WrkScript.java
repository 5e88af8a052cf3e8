// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The Lua script for wrk: the request, and the percentile that wrk does not print by itself.
 *
 * <p>It defines no {@code request} function: wrk would call that for each request, and the load
 * generator, not the server, would set the pace. Pipelined requests are made one string when wrk
 * formats its request, once.
 */
final class WrkScript {
    private static final String REQUEST = """
            wrk.method = "%s"
            wrk.body = %s
            wrk.headers["Content-Type"] = %s
            wrk.headers["Connection"] = %s
            function init(args)
                local one = wrk.format()
                wrk.format = function() return string.rep(one, %d) end
            end
            """;
    /** In the form of the lines of wrk's latency distribution; the value is in microseconds. */
    private static final String PERCENTILE = """
            function done(summary, latency, requests)
                io.write(string.format("   99.9%%  %dus\\n", latency:percentile(99.9)))
            end
            """;

    private WrkScript() {
    }

    static byte[] of(Load load) {
        boolean post = load.postBytes() > 0;
        String request = String.format(Locale.ROOT, REQUEST,
                post ? "POST" : "GET",
                post ? "string.rep(\"x\", " + load.postBytes() + ")" : "nil",
                post ? "\"application/octet-stream\"" : "nil",
                load.close() ? "\"close\"" : "nil",
                load.pipeline());
        return (load.hasLatency() ? request + PERCENTILE : request)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
