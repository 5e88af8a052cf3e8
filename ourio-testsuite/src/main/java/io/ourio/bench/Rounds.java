// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Drives servers in turns, A B C, A B C, and so on, once each is warm. */
final class Rounds {
    private final Measurement measurement;
    private final List<Server> servers;
    private final Duration warmUp;
    private final int count;
    private final Report report;

    Rounds(Wrk wrk, List<Server> servers, Duration warmUp, int count, Report report) {
        this.measurement = new Measurement(wrk, servers);
        this.servers = servers;
        this.warmUp = warmUp;
        this.count = count;
        this.report = report;
    }

    /** The runs with this load, told as they end. */
    List<Run> drive(Load load) throws IOException, InterruptedException {
        for (Server server : servers) {
            warmUp(server, load.lasting(warmUp));
        }
        List<Run> done = new ArrayList<>();
        for (int round = 1; round <= count; round++) {
            for (Server server : servers) {
                Run run = measurement.run(server, load, round);
                done.add(run);
                report.run(run, count);
            }
        }
        return done;
    }

    private void warmUp(Server server, Load load) throws IOException, InterruptedException {
        if (load.duration().isZero()) {
            return;
        }
        Run last = measurement.warmUp(server, load);
        report.run(last, count);
        if (last.valid() && !Measurement.settled(last)) {
            report.line("!!! the JIT of %s is not settled; take a longer --warmup",
                    server.transport());
        }
    }
}
