// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.List;

/**
 * What wrk measured.
 *
 * @param requests answered
 * @param seconds it took
 * @param requestsPerSecond their quotient
 * @param latency null if it was not asked for
 * @param problems reasons not to use the figures; empty if the run is valid
 */
record WrkResult(long requests, double seconds, double requestsPerSecond, Latency latency,
        List<String> problems) {
}
