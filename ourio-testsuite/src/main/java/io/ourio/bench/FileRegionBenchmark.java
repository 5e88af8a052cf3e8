// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What a MiB of a file costs a server that sends it as a {@code DefaultFileRegion}, with Ourio and
 * with Netty's own transports, side by side.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.FileRegionBenchmark -Dbench.args="--rounds 7"
 * }</pre>
 *
 * <p>Each transport has a server in a JVM of its own, as in {@link HttpBenchmark}; they take turns,
 * and a ratio is taken within a round. The file is in the kernel's cache. What is measured is the
 * CPU time of the server's process, with the threads that the kernel makes for it. One connection
 * asks for the file again and again, from one process on a processor of its own.
 */
@Command(name = "FileRegionBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Compares servers of files.")
public final class FileRegionBenchmark implements Callable<Integer> {
    private static final long MIB = 1 << 20;

    @Option(names = "--transports", split = ",", paramLabel = "NAME",
            defaultValue = "epoll,ourio",
            description = "What to measure, in this order; the first is the baseline. Others are"
                    + " ourio-epoll, nio, netty-io_uring.")
    private List<String> transports;

    @Option(names = "--mebibytes", split = ",", paramLabel = "N", defaultValue = "1,1024",
            description = "Size of what is asked for; a table for each.")
    private List<Integer> sizes;

    @Option(names = "--total", paramLabel = "N", defaultValue = "1024",
            description = "MiB of one run, at least one request.")
    private int total;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "7",
            description = "Each transport has one run in a round.")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "20",
            description = "No further round of a table begins after so long.")
    private int seconds;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "4096",
            description = "MiB of the run before, in pieces of one, that warms each server.")
    private int warmUp;

    @Option(names = "--folder", paramLabel = "FOLDER",
            description = "Where the file is made; that for temporary files if not given.")
    private Path folder;

    @Mixin
    private ServerOptions common;

    @Spec
    private CommandSpec spec;

    private PrintWriter out;
    private FileLoad load;

    /**
     * The content of the result file.
     *
     * @param nanosPerMib of CPU time, by size in MiB, then by transport; one for each round
     */
    private record Result(Machine machine, List<String> arguments,
            Map<Integer, Map<String, List<Double>>> nanosPerMib) {}

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new FileRegionBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        out = spec.commandLine().getOut();
        Tool.TASKSET.require(System.getenv("PATH"));
        Machine machine = Machine.here();
        out.printf("Linux %s, %s, %d processors, load average %s%n", machine.kernel(),
                machine.cpuModel(), machine.processors(), machine.loadAverage());
        Path file = folder == null ? Files.createTempFile("ourio", ".file")
                : Files.createTempFile(folder, "ourio", ".file");
        try (Children children = new Children()) {
            fill(file);
            List<Server> servers = new ArrayList<>();
            for (String transport : transports) {
                servers.add(Server.start(children, transport, command(file).of(transport)));
            }
            load = FileLoad.start(children, common.clientProcessors(), servers);
            for (Server server : servers) {
                load.run(server, MIB, warmUp);
            }
            Map<Integer, Map<String, List<Double>>> costs = new LinkedHashMap<>();
            for (int size : sizes) {
                costs.put(size, measure(servers, size));
                print(size, costs.get(size));
            }
            common.write(new Result(
                    machine, spec.commandLine().getParseResult().originalArgs(), costs));
        } finally {
            Files.delete(file);
        }
        return CommandLine.ExitCode.OK;
    }

    /** No holes: their pages are all one. */
    private void fill(Path file) throws IOException {
        ByteBuffer mebibyte = ByteBuffer.allocateDirect((int) MIB);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < sizes.stream().max(Integer::compare).orElseThrow(); i++) {
                channel.write(mebibyte.putInt(0, i).rewind());
            }
        }
    }

    private ServerCommand command(Path file) {
        return new ServerCommand(common.serverProcessors(), List.of("-Dfile=" + file),
                System.getProperty("java.class.path"), FileServer.class.getName(), 1,
                List.of(), null);
    }

    private Map<String, List<Double>> measure(List<Server> servers, int size)
            throws IOException, InterruptedException {
        Map<String, List<Double>> costs = new LinkedHashMap<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (int round = 0;
                round < rounds && (round == 0 || System.nanoTime() - end < 0); round++) {
            for (Server server : servers) {
                costs.computeIfAbsent(server.transport(), _ -> new ArrayList<>())
                        .add(run(server, size, Math.max(total / size, 1)));
            }
        }
        return costs;
    }

    /** The server's nanoseconds for a MiB. */
    private double run(Server server, int size, int count)
            throws IOException, InterruptedException {
        CpuTime before = CpuTime.of(server.pid());
        load.run(server, size * MIB, count);
        CpuUse use = CpuTime.of(server.pid()).since(before);
        return (double) (use.runNanos() - use.compileNanos()) / ((long) count * size);
    }

    private void print(int size, Map<String, List<Double>> costs) {
        List<Double> baseline = costs.get(transports.getFirst());
        out.printf("%n%d MiB a file, %d of %d rounds; CPU time of the server, us for a MiB: median"
                + " (least..most)%n", size, baseline.size(), rounds);
        costs.forEach((transport, nanos) -> {
            double[] ratios = new double[nanos.size()];
            for (int i = 0; i < ratios.length; i++) {
                ratios[i] = nanos.get(i) / baseline.get(i);
            }
            Spread ratio = Spread.of(ratios);
            Spread cost = Spread.of(
                    nanos.stream().mapToDouble(value -> value / 1000).toArray());
            out.printf("%-16s %7.1f (%.1f..%.1f), ratio to %s %.3f (%.3f..%.3f): %s%n", transport,
                    cost.median(), cost.min(), cost.max(), transports.getFirst(), ratio.median(),
                    ratio.min(), ratio.max(), Arrays.stream(ratios)
                            .mapToObj("%.3f"::formatted).collect(joining(" ")));
        });
        out.flush();
    }
}
