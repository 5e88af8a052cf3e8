// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.time.Duration;

/**
 * What the load generator is to do.
 *
 * @param connections kept open
 * @param threads of the load generator
 * @param pipeline requests sent at once on a connection before the first response is awaited
 * @param path of the request
 * @param postBytes length of the body to be echoed, or 0 for a GET
 * @param close whether each request has a connection of its own
 * @param duration whole seconds
 */
record Load(int connections, int threads, int pipeline, String path, int postBytes,
        boolean close, Duration duration) {

    /**
     * Whether wrk can tell the latency. With pipelining it takes one time for a whole batch, and
     * its correction by the mean time of a request makes percentiles of these that are wrong.
     */
    boolean hasLatency() {
        return pipeline == 1;
    }

    Load lasting(Duration other) {
        return new Load(connections, threads, pipeline, path, postBytes, close, other);
    }
}
