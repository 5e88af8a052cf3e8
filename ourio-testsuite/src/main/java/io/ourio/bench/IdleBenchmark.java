// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Whether a request costs more when very many connections beside the busy ones are idle.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.IdleBenchmark -Dbench.args="--runs 7"
 * }</pre>
 *
 * <p>Each server is driven by wrk without and with the idle connections, in turns and by the same
 * process, so that both figures are of the same compiled code; which comes first changes with the
 * round. All else is as in {@link HttpBenchmark}. This JVM and each server hold a descriptor for
 * each connection: {@code ulimit -n} must be higher than their number.
 */
@Command(name = "IdleBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Measures what idle connections cost the others.")
public final class IdleBenchmark implements Callable<Integer> {
    private static final Duration TIME_TO_CLOSE = Duration.ofSeconds(20);

    @Option(names = "--transports", split = ",", paramLabel = "NAME",
            defaultValue = "ourio,ourio-epoll,epoll", description = "What to measure.")
    private List<String> transports;

    @Option(names = "--idle", paramLabel = "N", defaultValue = "10000",
            description = "Idle connections.")
    private int idleCount;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "64",
            description = "Busy connections.")
    private int connections;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "7",
            description = "Rounds; each transport has one run without and one with idle"
                    + " connections in a round.")
    private int runs;

    @Option(names = "--duration", paramLabel = "TIME", defaultValue = "5s",
            converter = Seconds.class, description = "Of a run.")
    private Duration duration;

    @Option(names = "--warmup", paramLabel = "TIME", defaultValue = "10s",
            converter = Seconds.class, description = "Least time to warm each server.")
    private Duration warmUp;

    @Option(names = "--settle", paramLabel = "TIME", defaultValue = "3s",
            converter = Seconds.class, description = "Of load before each run, not measured: the"
                    + " garbage collector then has moved what new connections are made of.")
    private Duration settle;

    @Mixin
    private ServerOptions common;

    @Spec
    private CommandSpec spec;

    private final List<Run> done = new ArrayList<>();
    private Report report;
    private int opened;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new IdleBenchmark())
                .setExecutionExceptionHandler(HttpBenchmark::explain).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Tool.WRK.require(System.getenv("PATH"));
        Tool.TASKSET.require(System.getenv("PATH"));
        report = new Report(spec.commandLine().getOut());
        String startedAt = Instant.now().toString();
        try (Children children = new Children()) {
            List<Server> servers = new ArrayList<>();
            for (String transport : transports) {
                servers.add(Server.start(children, transport, serverCommand().of(transport)));
            }
            Wrk wrk = new Wrk(children, common.clientProcessors());
            measure(new Measurement(wrk, servers), servers);
            write(startedAt, servers);
        }
        return report.summary(done) ? CommandLine.ExitCode.OK : BenchmarkException.FAILED;
    }

    private ServerCommand serverCommand() {
        return new ServerCommand(common.serverProcessors(), List.of(),
                System.getProperty("java.class.path"), "io.ourio.examples.HttpEcho", 1,
                List.of(), null);
    }

    private void measure(Measurement measurement, List<Server> servers)
            throws IOException, InterruptedException {
        Load load = new Load(connections, 1, 1, "/", 0, false, duration);
        for (Server server : servers) {
            Probe.check(server, load);
            if (warmUp.isPositive()) {
                report.run(measurement.warmUp(server, load.lasting(warmUp)), runs);
            }
        }
        for (int round = 1; round <= runs; round++) {
            for (Server server : servers) {
                boolean idleFirst = round % 2 == 0;
                run(measurement, server, load, round, idleFirst);
                run(measurement, server, load, round, !idleFirst);
            }
        }
        servers.forEach(server -> report.table(comparisons(server), server.transport()));
    }

    private void run(Measurement measurement, Server server, Load load, int round, boolean idle)
            throws IOException, InterruptedException {
        if (!idle) {
            keep(settled(measurement, server, load, round), server.transport());
            return;
        }
        long before = descriptors(server);
        // A network of addresses, none of which comes again before the system forgets its ports.
        InetAddress from = InetAddress.getByAddress(
                new byte[] {127, 1, (byte) (opened / 250), (byte) (1 + opened++ % 250)});
        try (IdleConnections _ = IdleConnections.open(server.address(), idleCount, from)) {
            keep(settled(measurement, server, load, round), withIdle(server));
        }
        awaitClosed(server, before);
    }

    private Run settled(Measurement measurement, Server server, Load load, int round)
            throws IOException, InterruptedException {
        if (settle.isPositive()) {
            measurement.run(server, load.lasting(settle), round);
        }
        return measurement.run(server, load, round);
    }

    private void keep(Run run, String name) {
        Run named = new Run(run.connections(), run.round(), name, run.figures(), run.problems());
        done.add(named);
        report.run(named, runs);
    }

    private String withIdle(Server server) {
        return server.transport() + "+idle";
    }

    private static long descriptors(Server server) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + server.pid() + "/fd"))) {
            return open.count();
        }
    }

    /** What the server still has to close would be in the figures of the next run. */
    private void awaitClosed(Server server, long before) throws IOException, InterruptedException {
        long end = System.nanoTime() + TIME_TO_CLOSE.toNanos();
        while (descriptors(server) > before + idleCount / 100) {
            if (System.nanoTime() - end > 0) {
                throw new BenchmarkException(BenchmarkException.FAILED, "the server "
                        + server.transport() + " has not closed the connections of its peer");
            }
            Thread.sleep(50);
        }
    }

    private List<Comparison> comparisons(Server server) {
        return Comparison.of(connections, List.of(server.transport(), withIdle(server)),
                server.transport(), done);
    }

    private void write(String startedAt, List<Server> servers) {
        Map<String, List<String>> commands = transports.stream()
                .collect(Collectors.toMap(name -> name, serverCommand()::of));
        Map<String, String> backends = servers.stream()
                .collect(Collectors.toMap(Server::transport, Server::backend));
        common.write(new ResultFile(startedAt, Machine.here(),
                spec.commandLine().getParseResult().originalArgs(), commands, backends,
                "the same transport without idle connections",
                servers.stream().flatMap(server -> comparisons(server).stream()).toList(),
                done));
    }
}
