// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.function.ToDoubleFunction;

/** A figure by which transports are compared. */
enum Metric {
    THROUGHPUT("req/s", 0, Figures::requestsPerSecond),
    CPU("CPU us/req", 3, Figures::cpuMicrosPerRequest),
    P50("p50 us", 0, latency(Latency::p50Micros)),
    P90("p90 us", 0, latency(Latency::p90Micros)),
    P99("p99 us", 0, latency(Latency::p99Micros)),
    P999("p99.9 us", 0, latency(Latency::p999Micros));

    private final String label;
    private final int decimals;
    private final ToDoubleFunction<Figures> value;

    Metric(String label, int decimals, ToDoubleFunction<Figures> value) {
        this.label = label;
        this.decimals = decimals;
        this.value = value;
    }

    String label() {
        return label;
    }

    /** Digits after the point that mean something. */
    int decimals() {
        return decimals;
    }

    /** The figure of a valid run, NaN if it has none. */
    double of(Run run) {
        return value.applyAsDouble(run.figures());
    }

    private static ToDoubleFunction<Figures> latency(ToDoubleFunction<Latency> percentile) {
        return figures -> figures.latency() == null
                ? Double.NaN
                : percentile.applyAsDouble(figures.latency());
    }
}
