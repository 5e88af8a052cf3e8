// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

/**
 * How long requests waited for their responses, in microseconds, as wrk gives it: for a response
 * much slower than the mean, wrk also counts the requests it would have sent meanwhile at the
 * mean pace (its correction of coordinated omission).
 *
 * @param p50Micros half of the requests waited less
 * @param p90Micros 90 %
 * @param p99Micros 99 %
 * @param p999Micros 99.9 %
 */
record Latency(double p50Micros, double p90Micros, double p99Micros, double p999Micros) {

    /** wrk prints all but the last with two decimals of a unit: of 1.00s that is half a percent. */
    private static final double ROUNDING = 1.005;

    /** Whether these can be percentiles of times. */
    boolean isPlausible() {
        return 0 < p50Micros && p50Micros <= p90Micros && p90Micros <= p99Micros
                && p99Micros <= p999Micros * ROUNDING;
    }
}
