// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How much an HTTP request costs with Ourio and with Netty's own transports, side by side.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests -Dbench.args="--runs 7"
 * }</pre>
 *
 * <p>It starts a server for each transport, each in its own JVM with the same options, warms them
 * all, and then drives them in turns with wrk: A B C, A B C, and so on. One is driven at a time,
 * the others are idle, and what the idle ones cost is printed with each run. Figures of one
 * machine mean little by themselves; read the ratios, which are taken within a round, and their
 * spread. Run it on a quiet machine: "waited" is the time the server had work and no processor.
 *
 * <p>The CPU time of the server is the sum of {@code /proc/PID/task/TID/schedstat} over its
 * threads, in nanoseconds. If threads ended meanwhile, that sum lacks theirs, and the time of
 * {@code /proc/PID/stat} is taken, in clock ticks of 10 ms; the line of the run says so. Where
 * "busy" is below 100 %, the load generator sets the pace, and the throughput says less than the
 * CPU time. The latencies of a line are p50/p90/p99/p99.9.
 *
 * <p>A run in which wrk counts an error of any kind is not valid. Two faults wrk does not count:
 * a connection whose response never comes, and one that the server closes. Tests look for these.
 *
 * <p>The exit code is 0 if all runs are valid, 1 if one is not or a server failed, and 2 if the
 * options are wrong or a program is missing.
 */
@Command(name = "HttpBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true,
        description = "Compares HTTP servers on Ourio and on Netty's own transports.")
public final class HttpBenchmark implements Callable<Integer> {
    private static final String ECHO = "io.ourio.examples.HttpEcho";

    @Option(names = "--transports", split = ",", paramLabel = "NAME",
            defaultValue =
                    "ourio,ourio-epoll,nio,epoll,netty-io_uring,netty-io_uring-bufring",
            description = "What to measure, in this order. bare and bare-epoll are rings that"
                    + " answer GETs, or with --upstream pass them on, without Netty: the"
                    + " floor.")
    private List<String> transports;

    @Option(names = "--baseline", paramLabel = "NAME", defaultValue = "netty-io_uring",
            description = "What the others are compared with.")
    private String baseline;

    @Option(names = "--connections", split = ",", paramLabel = "N", defaultValue = "64,512",
            description = "Open connections; a table for each.")
    private List<Integer> connections;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "7",
            description = "Rounds; each transport has one run in a round.")
    private int runs;

    @Option(names = "--duration", paramLabel = "TIME", defaultValue = "8s",
            converter = Seconds.class, description = "Of a run.")
    private Duration duration;

    @Option(names = "--warmup", paramLabel = "TIME", defaultValue = "10s",
            converter = Seconds.class,
            description = "Least time to warm each server, once for each number of connections;"
                    + " it goes on a little if the JIT still works. 0s for none.")
    private Duration warmUp;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1",
            description = "Event loops of a server.")
    private int serverThreads;

    @Option(names = "--client-threads", paramLabel = "N", defaultValue = "1",
            description = "Threads of wrk.")
    private int clientThreads;

    @Option(names = "--pipeline", paramLabel = "N", defaultValue = "1",
            description = "Requests sent at once on a connection; wrk cannot tell the latency"
                    + " of more than 1.")
    private int pipeline;

    @Option(names = "--path", defaultValue = "/", description = "Path of the request.")
    private String path;

    @Option(names = "--post-bytes", paramLabel = "N", defaultValue = "0",
            description = "Length of the body to be echoed; 0 for a GET.")
    private int postBytes;

    @Option(names = "--close",
            description = "Each request has a connection of its own: req/s are connections/s."
                    + " A name of --transports may go on with a way to accept them, as in"
                    + " ourio+hand-over: see --accept of HttpEcho.")
    private boolean close;

    @Option(names = "--upstream", paramLabel = "NAME",
            description = "Start one more HttpEcho, on this transport and the processors of wrk,"
                    + " and give each server its address, as --target: they are proxies.")
    private String upstream;

    @Option(names = "--java-opts", paramLabel = "OPTIONS", defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "Further options of the servers' JVMs, separated by blanks.")
    private String javaOptions;

    @Option(names = "--jfr", paramLabel = "FOLDER",
            description = "Record each server with JFR, TRANSPORT.jfr in this folder.")
    private Path recordings;

    @Option(names = "--server-class", paramLabel = "CLASS",
            defaultValue = ECHO,
            description = "Main class of the servers.")
    private String serverClass;

    @Option(names = "--server-class-path", paramLabel = "PATH",
            description = "Class path of the servers; that of the benchmark if not given.")
    private String serverClassPath;

    @Mixin
    private ServerOptions common;

    @Spec
    private CommandSpec spec;

    private List<String> serverArguments = List.of();
    private final List<Run> done = new ArrayList<>();
    private final List<Comparison> comparisons = new ArrayList<>();
    private Report report;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new HttpBenchmark())
                .setParameterExceptionHandler(HttpBenchmark::refuse)
                .setExecutionExceptionHandler(HttpBenchmark::explain).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        checkOptions();
        Tool.WRK.require(System.getenv("PATH"));
        Tool.TASKSET.require(System.getenv("PATH"));
        report = new Report(spec.commandLine().getOut());
        Machine machine = Machine.here();
        report.line("Linux %s%n%s, %d processors, TCP %s%n%s%nload average %s", machine.kernel(),
                machine.cpuModel(), machine.processors(), machine.congestionControl(),
                machine.jdk(), machine.loadAverage());
        String startedAt = Instant.now().toString();
        try (Children children = new Children()) {
            Wrk wrk = new Wrk(children, common.clientProcessors());
            if (upstream != null) {
                serverArguments = List.of("--target", startUpstream(children));
            }
            List<Server> servers = startServers(children);
            Rounds rounds = new Rounds(wrk, servers, warmUp, runs, report);
            for (int count : connections) {
                measure(rounds, servers, count);
                common.write(result(startedAt, machine, servers));
            }
        }
        return report.summary(done) ? CommandLine.ExitCode.OK : BenchmarkException.FAILED;
    }

    private void checkOptions() {
        check(transports.contains(baseline), "--baseline " + baseline
                + " is not one of --transports " + String.join(",", transports));
        check(new HashSet<>(transports).size() == transports.size(),
                "--transports names one twice: " + String.join(",", transports));
        check(connections.stream().allMatch(count -> count >= clientThreads),
                "--connections " + connections + ": each must be at least 1 and at least"
                + " --client-threads " + clientThreads);
        check(runs >= 1, "--runs " + runs + ": at least 1");
        check(duration.isPositive(), "--duration: at least 1s");
        check(serverThreads >= 1, "--threads " + serverThreads + ": at least 1");
        check(clientThreads >= 1, "--client-threads " + clientThreads + ": at least 1");
        check(pipeline >= 1, "--pipeline " + pipeline + ": at least 1");
        check(postBytes >= 0, "--post-bytes " + postBytes + ": at least 0");
        check(!close || pipeline == 1, "--close with --pipeline " + pipeline);
        check(path.startsWith("/"), "--path " + path + ": must start with /");
    }

    private void check(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private List<Server> startServers(Children children) throws IOException {
        List<Server> servers = new ArrayList<>();
        for (String transport : transports) {
            Server server = Server.start(children, transport, serverCommand().of(transport));
            report.line("process %d at %s: transport %s, backend %s", server.pid(),
                    server.address(), transport, server.backend());
            servers.add(server);
        }
        return servers;
    }

    private String startUpstream(Children children) throws IOException {
        ServerCommand command = new ServerCommand(common.clientProcessors(), javaOptions(),
                System.getProperty("java.class.path"), ECHO, serverThreads, List.of(), null);
        Server server = Server.start(children, upstream, command.of(upstream));
        report.line("upstream: process %d at %s, transport %s", server.pid(), server.address(),
                upstream);
        return server.address().getAuthority();
    }

    private ServerCommand serverCommand() {
        return new ServerCommand(common.serverProcessors(), javaOptions(),
                serverClassPath == null ? System.getProperty("java.class.path") : serverClassPath,
                serverClass, serverThreads, serverArguments, recordings);
    }

    private List<String> javaOptions() {
        return Stream.of(javaOptions.split(" ")).filter(option -> !option.isEmpty()).toList();
    }

    private void measure(Rounds rounds, List<Server> servers, int connectionCount)
            throws IOException, InterruptedException {
        Load load = new Load(
                connectionCount, clientThreads, pipeline, path, postBytes, close, duration);
        for (Server server : servers) {
            Probe.check(server, load);
        }
        done.addAll(rounds.drive(load));
        List<Comparison> table = Comparison.of(connectionCount, transports, baseline, done);
        comparisons.addAll(table);
        report.table(table, baseline);
    }

    private ResultFile result(String startedAt, Machine machine, List<Server> servers) {
        Map<String, List<String>> commands =
                transports.stream().collect(toMap(name -> name, serverCommand()::of));
        Map<String, String> backends =
                servers.stream().collect(toMap(Server::transport, Server::backend));
        return new ResultFile(startedAt, machine,
                spec.commandLine().getParseResult().originalArgs(), commands, backends, baseline,
                comparisons, done);
    }

    private static int refuse(ParameterException problem, String[] arguments) {
        problem.getCommandLine().getErr().println(problem.getMessage()
                + System.lineSeparator() + "--help lists the options.");
        return BenchmarkException.CANNOT_START;
    }

    static int explain(
            Exception problem, CommandLine command, CommandLine.ParseResult arguments)
            throws Exception {
        if (problem instanceof BenchmarkException expected) {
            command.getErr().println(expected.getMessage());
            return expected.exitCode();
        }
        throw problem;
    }
}
