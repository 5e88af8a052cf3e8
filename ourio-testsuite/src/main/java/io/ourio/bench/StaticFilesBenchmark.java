// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How much it costs to serve a file over HTTP: the example {@code StaticFiles}, which opens, looks
 * at, reads and sends files through the ring of its loop, beside servers of Netty's that do so by
 * blocking calls in the loop, and send by {@code ChunkedFile} or {@code FileRegion}.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.StaticFilesBenchmark -Dbench.args="--rounds 7"
 * }</pre>
 *
 * <p>It measures as {@link HttpBenchmark} does: a JVM for each server, wrk, turns, and ratios
 * within a round. The files are in the kernel's cache, where a loop that blocks never has to wait.
 * The CPU time of a server has that of the kernel's workers for its ring in it; they run on the
 * server's processors, as its other threads do.
 */
@Command(name = "StaticFilesBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Compares HTTP servers of files.")
public final class StaticFilesBenchmark implements Callable<Integer> {
    private static final String EXAMPLE = "io.ourio.examples.StaticFiles";

    @Option(names = "--servers", split = ",", paramLabel = "NAME",
            defaultValue =
                    "ourio,ourio-epoll,nio+chunked,nio+region,epoll+chunked,epoll+region",
            description = "What to measure, in this order: the example, on one of Ourio's"
                    + " transports, or a transport of Netty's with a way to send.")
    private List<String> names;

    @Option(names = "--baseline", paramLabel = "NAME", defaultValue = "epoll+chunked",
            description = "What the others are compared with.")
    private String baseline;

    @Option(names = "--bytes", split = ",", paramLabel = "N", defaultValue = "4096,1048576",
            description = "Size of the file that is asked for; a table for each.")
    private List<Integer> sizes;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "16",
            description = "Open connections.")
    private int connections;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "7",
            description = "Each server has one run in a round.")
    private int rounds;

    @Option(names = "--duration", paramLabel = "TIME", defaultValue = "8s",
            converter = Seconds.class, description = "Of a run.")
    private Duration duration;

    @Option(names = "--warmup", paramLabel = "TIME", defaultValue = "10s",
            converter = Seconds.class,
            description = "Least time to warm each server, once for each size. 0s for none.")
    private Duration warmUp;

    @Option(names = "--folder", paramLabel = "FOLDER",
            description = "Where the files are made; that for temporary files if not given.")
    private Path folder;

    @Mixin
    private ServerOptions common;

    @Spec
    private CommandSpec spec;

    /**
     * The content of the result file.
     *
     * @param comparisons the tables, by size in bytes
     * @param runs every run, by size in bytes, those that are not valid too
     */
    private record Result(Machine machine, List<String> arguments, String baseline,
            Map<Integer, List<Comparison>> comparisons, Map<Integer, List<Run>> runs) {}

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new StaticFilesBenchmark())
                .setExecutionExceptionHandler(HttpBenchmark::explain).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!names.contains(baseline)) {
            throw new ParameterException(spec.commandLine(),
                    "--baseline " + baseline + " is not one of --servers " + names);
        }
        Tool.WRK.require(System.getenv("PATH"));
        Tool.TASKSET.require(System.getenv("PATH"));
        Report report = new Report(spec.commandLine().getOut());
        Machine machine = Machine.here();
        report.line("Linux %s, %s, %d processors, load average %s", machine.kernel(),
                machine.cpuModel(), machine.processors(), machine.loadAverage());
        Path root = folder == null ? Files.createTempDirectory("ourio-files")
                : Files.createTempDirectory(folder, "ourio-files");
        Result result = new Result(machine, spec.commandLine().getParseResult().originalArgs(),
                baseline, new LinkedHashMap<>(), new LinkedHashMap<>());
        try (Children children = new Children()) {
            List<Server> servers = startServers(children, root);
            Rounds turns = new Rounds(
                    new Wrk(children, common.clientProcessors()), servers, warmUp, rounds, report);
            for (int size : sizes) {
                Load load = load(size);
                byte[] content = makeFile(root.resolve(fileName(size)), size);
                for (Server server : servers) {
                    Probe.check(server, load, content);
                }
                report.line("%n%d bytes a file", size);
                List<Run> runs = turns.drive(load);
                List<Comparison> table = Comparison.of(connections, names, baseline, runs);
                report.table(table, baseline);
                result.runs.put(size, runs);
                result.comparisons.put(size, table);
            }
        } finally {
            for (int size : sizes) {
                Files.deleteIfExists(root.resolve(fileName(size)));
            }
            Files.delete(root);
        }
        common.write(result);
        return report.summary(result.runs.values().stream().flatMap(List::stream).toList())
                ? CommandLine.ExitCode.OK : BenchmarkException.FAILED;
    }

    private List<Server> startServers(Children children, Path root) throws IOException {
        List<Server> servers = new ArrayList<>();
        for (String name : names) {
            servers.add(Server.start(children, name, command(name, root)));
        }
        return servers;
    }

    private List<String> command(String name, Path root) {
        int plus = name.indexOf('+');
        List<String> arguments = plus < 0 ? List.of(root.toString())
                : List.of(root.toString(), name.substring(plus + 1));
        return new ServerCommand(common.serverProcessors(), List.of(),
                System.getProperty("java.class.path"),
                plus < 0 ? EXAMPLE : NettyFiles.class.getName(), 1, arguments, null)
                .of(ServerCommand.transport(name));
    }

    private static byte[] makeFile(Path file, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.write(file, content);
        return content;
    }

    private static String fileName(int size) {
        return size + ".bin";
    }

    private Load load(int size) {
        return new Load(connections, 1, 1, "/" + fileName(size), 0, false, duration);
    }
}
