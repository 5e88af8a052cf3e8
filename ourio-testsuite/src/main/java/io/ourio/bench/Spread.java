// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.Arrays;

/**
 * What a few measurements of one thing say: the middle, and how far apart they are.
 *
 * @param median of the values; the mean of the middle two if their count is even
 * @param min least value
 * @param max greatest value
 * @param count of values, at least 1
 */
record Spread(double median, double min, double max, int count) {

    /** The spread of the values, or null without any. */
    static Spread of(double... values) {
        if (values.length == 0) {
            return null;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1
                ? sorted[middle]
                : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** Whether the values lie on both sides of {@code value}, or on it. */
    boolean includes(double value) {
        return min <= value && value <= max;
    }
}
