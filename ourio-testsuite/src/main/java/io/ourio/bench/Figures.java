// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

/**
 * The figures of one valid run. A share is a part of the run's time, 1 for one whole processor.
 *
 * @param requests answered
 * @param seconds it took
 * @param requestsPerSecond throughput
 * @param cpuMicrosPerRequest CPU time of the server's process
 * @param latency null with pipelining
 * @param busyShare the server had a processor
 * @param compileShare the server's JVM compiled; part of {@code busyShare}
 * @param waitShare the server's threads waited for a processor
 * @param othersShare the other servers, which ought to be idle, had a processor
 * @param cpuSource where the CPU time is from
 */
record Figures(long requests, double seconds, double requestsPerSecond,
        double cpuMicrosPerRequest, Latency latency, double busyShare, double compileShare,
        double waitShare, double othersShare, CpuUse.Source cpuSource) {

    static Figures of(WrkResult wrk, CpuUse server, long othersRunNanos) {
        double nanos = wrk.seconds() * 1e9;
        return new Figures(wrk.requests(), wrk.seconds(), wrk.requestsPerSecond(),
                server.runNanos() / 1e3 / wrk.requests(), wrk.latency(),
                server.runNanos() / nanos, server.compileNanos() / nanos,
                server.waitNanos() / nanos, othersRunNanos / nanos, server.source());
    }
}
