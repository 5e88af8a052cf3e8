// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One transport's figures for one metric, and their ratios to those of the baseline. A ratio is
 * taken within a round, so that a slow phase of the machine, longer than a round, is in both of
 * its terms. A run that is not valid is in neither.
 *
 * @param connections of the load
 * @param metric that is compared
 * @param transport that is compared
 * @param figures null if no run was valid
 * @param ratios to the baseline; null without a pair of valid runs
 */
record Comparison(int connections, Metric metric, String transport, Spread figures,
        Spread ratios) {

    /** All comparisons of the runs with {@code connections}: by metric, then by transport. */
    static List<Comparison> of(
            int connections, List<String> transports, String baseline, List<Run> runs) {
        List<Run> valid = runs.stream()
                .filter(run -> run.valid() && run.connections() == connections).toList();
        return Arrays.stream(Metric.values())
                .filter(metric -> valid.stream().noneMatch(run -> Double.isNaN(metric.of(run))))
                .flatMap(metric -> transports.stream()
                        .map(transport -> of(connections, metric, transport, baseline, valid)))
                .toList();
    }

    private static Comparison of(
            int connections, Metric metric, String transport, String baseline, List<Run> runs) {
        Map<Integer, Double> own = byRound(metric, transport, runs);
        Map<Integer, Double> base = byRound(metric, baseline, runs);
        double[] ratios = own.keySet().stream().filter(base::containsKey)
                .mapToDouble(round -> own.get(round) / base.get(round)).toArray();
        return new Comparison(connections, metric, transport,
                Spread.of(own.values().stream().mapToDouble(Double::doubleValue).toArray()),
                Spread.of(ratios));
    }

    private static Map<Integer, Double> byRound(
            Metric metric, String transport, List<Run> runs) {
        Map<Integer, Double> values = new TreeMap<>();
        runs.stream().filter(run -> run.transport().equals(transport))
                .forEach(run -> values.put(run.round(), metric.of(run)));
        return values;
    }
}
