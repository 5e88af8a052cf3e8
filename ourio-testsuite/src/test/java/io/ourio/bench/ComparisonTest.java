// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final List<String> TRANSPORTS = List.of("a", "base");

    @Test
    void ratiosAreTakenWithinARound() {
        // The second round is in a slow phase of the machine; the ratios hardly see it.
        Comparison throughput = throughput(List.of(
                run(1, "a", 1100), run(1, "base", 1000), run(2, "a", 630), run(2, "base", 600),
                run(3, "a", 1080), run(3, "base", 1000)));
        assertEquals(new Spread(1080, 630, 1100, 3), throughput.figures());
        assertEquals(new Spread(1.08, 1.05, 1.1, 3), throughput.ratios());
    }

    @Test
    void invalidRunIsInNoFigureAndBreaksItsPair() {
        Comparison throughput = throughput(List.of(
                run(1, "a", 1100), invalid(1, "base"), run(2, "a", 1200), run(2, "base", 1000),
                invalid(3, "a"), run(3, "base", 1000)));
        assertEquals(new Spread(1150, 1100, 1200, 2), throughput.figures());
        assertEquals(new Spread(1.2, 1.2, 1.2, 1), throughput.ratios());
    }

    @Test
    void withoutAValidRunThereAreNoFigures() {
        Comparison throughput = throughput(List.of(invalid(1, "a"), run(1, "base", 1)));
        assertNull(throughput.figures());
        assertNull(throughput.ratios());
    }

    @Test
    void runsWithOtherConnectionsDoNotCount() {
        List<Run> runs = List.of(run(1, "a", 5), run(1, "base", 5));
        assertNull(Comparison.of(512, TRANSPORTS, "base", runs).getFirst().figures());
    }

    @Test
    void allMetricsComeForAllTransports() {
        List<Run> runs = List.of(run(1, "a", 5), run(1, "base", 5));
        List<Comparison> table = Comparison.of(64, TRANSPORTS, "base", runs);
        assertEquals(TRANSPORTS.size() * Metric.values().length, table.size());
        assertEquals("a", table.getFirst().transport());
        assertEquals("base", table.get(1).transport());
    }

    @Test
    void latencyIsLeftOutWhereWrkCannotTellIt() {
        Run run = new Run(64, 1, "base", figures(5, null), List.of());
        assertEquals(List.of(Metric.THROUGHPUT, Metric.CPU),
                Comparison.of(64, List.of("base"), "base", List.of(run)).stream()
                        .map(Comparison::metric).toList());
    }

    private static Comparison throughput(List<Run> runs) {
        Comparison first = Comparison.of(64, TRANSPORTS, "base", runs).getFirst();
        assertEquals(Metric.THROUGHPUT, first.metric());
        assertEquals("a", first.transport());
        return first;
    }

    private static Run run(int round, String transport, double throughput) {
        Latency latency = new Latency(1, 2, 3, 4);
        return new Run(64, round, transport, figures(throughput, latency), List.of());
    }

    private static Run invalid(int round, String transport) {
        return new Run(64, round, transport, null, List.of("Non-2xx or 3xx responses: 1"));
    }

    private static Figures figures(double throughput, Latency latency) {
        return new Figures(1, 1, throughput, 1, latency, 1, 0, 0, 0, CpuUse.Source.SCHEDSTAT);
    }
}
