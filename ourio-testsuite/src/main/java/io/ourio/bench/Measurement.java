// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Drives one server at a time and measures its CPU time meanwhile, and that of the others, which
 * ought to be idle. The CPU time includes the accepting and closing of the connections.
 */
final class Measurement {
    /** For the server to close the connections of the run before. */
    private static final Duration PAUSE = Duration.ofMillis(300);
    /** Compiling takes less than this share of a processor once the JIT is settled. */
    private static final double SETTLED_SHARE = 0.01;
    private static final Duration WARM_UP_STEP = Duration.ofSeconds(2);
    private static final int MAX_WARM_UP_STEPS = 5;

    private final Wrk wrk;
    private final List<Server> servers;

    Measurement(Wrk wrk, List<Server> servers) {
        this.wrk = wrk;
        this.servers = servers;
    }

    /**
     * Drives the server for the load's duration and then in short steps, a few at most, until the
     * JVM compiles hardly anything any more. Returns the last step.
     */
    Run warmUp(Server server, Load load) throws IOException, InterruptedException {
        Run run = run(server, load, 0);
        for (int step = 0; step < MAX_WARM_UP_STEPS && (step == 0 || !settled(run)); step++) {
            run = run(server, load.lasting(WARM_UP_STEP), 0);
        }
        return run;
    }

    static boolean settled(Run run) {
        return run.valid() && run.figures().compileShare() < SETTLED_SHARE;
    }

    Run run(Server server, Load load, int round) throws IOException, InterruptedException {
        Thread.sleep(PAUSE);
        server.checkAlive();
        List<Server> others = servers.stream().filter(other -> other != server).toList();
        CpuTime[] othersBefore = times(others);
        CpuTime before = CpuTime.of(server.pid());
        WrkResult result = wrk.drive(server.address(), load);
        server.checkAlive();
        CpuUse use = CpuTime.of(server.pid()).since(before);
        long othersRunNanos = runNanos(othersBefore, times(others));
        Figures figures = result.problems().isEmpty()
                ? Figures.of(result, use, othersRunNanos)
                : null;
        return new Run(load.connections(), round, server.transport(), figures,
                result.problems());
    }

    private static CpuTime[] times(List<Server> servers) throws IOException {
        CpuTime[] times = new CpuTime[servers.size()];
        for (int i = 0; i < times.length; i++) {
            servers.get(i).checkAlive();
            times[i] = CpuTime.of(servers.get(i).pid());
        }
        return times;
    }

    private static long runNanos(CpuTime[] before, CpuTime[] after) {
        long nanos = 0;
        for (int i = 0; i < before.length; i++) {
            nanos += after[i].since(before[i]).runNanos();
        }
        return nanos;
    }
}
