// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class WrkOutputTest {
    /** As wrk 4.1.0 prints it with {@code --latency} and {@link WrkScript}. */
    private static final String GOOD = """
            Running 8s test @ http://127.0.0.1:41467/
              1 threads and 64 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency     1.72ms    4.97ms  71.83ms   92.49%
                Req/Sec    93.92k    11.68k  108.80k    72.73%
              Latency Distribution
                 50%  642.00us
                 75%    0.89ms
                 90%    3.00ms
                 99%   24.17ms
              748512 requests in 8.05s, 62.82MB read
            Requests/sec:  92982.86
            Transfer/sec:      7.80MB
               99.9%  1071830us
            """;

    @Test
    void goodRunHasItsFigures() {
        WrkResult result = parse(GOOD);
        assertEquals(List.of(), result.problems());
        assertEquals(748_512, result.requests());
        assertEquals(8.05, result.seconds(), 1e-9);
        assertEquals(92_982.86, result.requestsPerSecond());
    }

    @Test
    void latenciesOfAllUnitsBecomeMicroseconds() {
        assertLatency(642, 3_000, 24_170, 1_071_830, parse(GOOD));
        assertLatency(642, 3_000, 2_500_000, 61_000_000, parse(GOOD
                .replace("24.17ms", "2.50s").replace("1071830us", "61.00s")));
    }

    @Test
    void durationOfMinutesBecomesSeconds() {
        assertEquals(90, parse(GOOD.replace("8.05s", "1.50m")).seconds(), 1e-9);
    }

    @Test
    void runWithoutLatencyNeedsNone() {
        String output = GOOD.replaceAll("(?m)^ +[0-9.]+%.*\n", "");
        WrkResult result = WrkOutput.parse(output.lines().toList(), false);
        assertEquals(List.of(), result.problems());
        assertNull(result.latency());
        assertProblem("no figure for 99.9%", output);
    }

    @Test
    void socketErrorsAreAProblem() {
        assertProblem("Socket errors: connect 0, read 3, write 0, timeout 1",
                GOOD + "  Socket errors: connect 0, read 3, write 0, timeout 1\n");
    }

    @Test
    void badStatusIsAProblem() {
        assertProblem("Non-2xx or 3xx responses: 60", GOOD + "  Non-2xx or 3xx responses: 60\n");
    }

    @Test
    void refusedConnectionIsAProblem() {
        assertProblem("unable to connect to 127.0.0.1:1 Connection refused",
                "unable to connect to 127.0.0.1:1 Connection refused\n");
    }

    @Test
    void noRequestIsAProblem() {
        assertProblem("no request was answered", GOOD.replace("748512 requests", "0 requests"));
    }

    @Test
    void unknownUnitIsAProblem() {
        assertProblem("unknown line: 90%    3.00ns", GOOD.replace("3.00ms", "3.00ns"));
    }

    @Test
    void missingFigureIsAProblem() {
        assertProblem("no figure for rate", GOOD.replaceAll("Requests/sec.*\n", ""));
        assertProblem("no figure for 99%", GOOD.replaceAll(" 99% .*\n", "\n"));
        assertProblem("no figure for requests", "");
    }

    @Test
    void figureGivenTwiceIsAProblem() {
        assertProblem("two figures for 99.9%", GOOD + "   99.9%  5us\n");
    }

    @Test
    void percentilesOutOfOrderAreAProblem() {
        assertProblem("cannot be percentiles", GOOD.replace("1071830us", "0us"));
        assertProblem("cannot be percentiles", GOOD.replace("642.00us", "5.00ms"));
    }

    @Test
    void roundedPercentileMayBeAboveOneThatIsNot() {
        assertLatency(642, 3_000, 24_170, 24_168, parse(GOOD.replace("1071830us", "24168us")));
        assertProblem("cannot be percentiles", GOOD.replace("1071830us", "24000us"));
    }

    private static WrkResult parse(String output) {
        return WrkOutput.parse(output.lines().toList(), true);
    }

    private static void assertProblem(String problem, String output) {
        List<String> problems = parse(output).problems();
        assertTrue(problems.stream().anyMatch(found -> found.contains(problem)),
                () -> "'" + problem + "' is not in " + problems);
    }

    private static void assertLatency(
            double p50, double p90, double p99, double p999, WrkResult result) {
        assertEquals(List.of(), result.problems());
        assertEquals(p50, result.latency().p50Micros(), 1e-6);
        assertEquals(p90, result.latency().p90Micros(), 1e-6);
        assertEquals(p99, result.latency().p99Micros(), 1e-6);
        assertEquals(p999, result.latency().p999Micros(), 1e-6);
    }
}
