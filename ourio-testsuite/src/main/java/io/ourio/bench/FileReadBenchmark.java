// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static java.util.stream.Collectors.toCollection;

import io.ourio.Ring;
import io.ourio.RingOptions;
import java.io.PrintWriter;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What a read of 4 KiB from a random place of a file costs: by a ring, by {@link FileChannel} and
 * by {@link AsynchronousFileChannel}.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.FileReadBenchmark -Dbench.args="--rounds 9"
 * }</pre>
 *
 * <p>Without {@code --direct} the kernel has the file in its cache, and the CPU is what is
 * measured; with it the disk is. Each block of the file holds its own number, and each read is
 * checked. All read the same places in the same order.
 */
@Command(name = "FileReadBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Compares random reads from a file.")
public final class FileReadBenchmark implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "N", defaultValue = "9",
            description = "Each way to read has one run in a round.")
    private int rounds;

    @Option(names = "--reads", paramLabel = "N", defaultValue = "200000",
            description = "Of one run.")
    private int reads;

    @Option(names = "--mebibytes", paramLabel = "N", defaultValue = "256",
            description = "Size of the file.")
    private int mebibytes;

    @Option(names = "--in-flight", paramLabel = "N", defaultValue = "64",
            description = "How many reads at a time, of those that can.")
    private int inFlight;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "16",
            description = "Of the FileChannel that several threads share.")
    private int threads;

    @Option(names = "--direct",
            description = "Past the cache. AsynchronousFileChannel cannot, and is left out.")
    private boolean direct;

    @Option(names = "--folder", paramLabel = "FOLDER",
            description = "Where the file is made; that for temporary files if not given.")
    private Path folder;

    @Spec
    private CommandSpec spec;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new FileReadBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.here();
        out.printf("Linux %s, %s, %d processors, load average %s%n", machine.kernel(),
                machine.cpuModel(), machine.processors(), machine.loadAverage());
        Path file = folder == null
                ? Files.createTempFile("ourio", ".blocks")
                : Files.createTempFile(folder, "ourio", ".blocks");
        try {
            Blocks blocks = Blocks.write(file, mebibytes * (1 << 20) / Blocks.SIZE, reads);
            measure(file, blocks, out);
        } finally {
            Files.delete(file);
        }
        return CommandLine.ExitCode.OK;
    }

    private void measure(Path file, Blocks blocks, PrintWriter out) throws Exception {
        try (FileChannel channel = FileChannel.open(file, options());
                AsynchronousFileChannel asynchronous = AsynchronousFileChannel.open(file);
                Ring ring = Ring.open(RingOptions.defaults());
                RingReads single = new RingReads(ring, file, blocks, 1, direct);
                RingReads several = new RingReads(ring, file, blocks, inFlight, direct)) {
            ChannelReads channels = new ChannelReads(channel, blocks);
            Contest contest = new Contest()
                    .way("FileChannel", of(() -> channels.run(1)))
                    .way("FileChannel, " + threads + " threads", of(() -> channels.run(threads)));
            if (!direct) {
                contest.way("AsynchronousFileChannel, " + inFlight + " in flight",
                        of(new AsynchronousReads(asynchronous, blocks, inFlight)::run));
            }
            contest.way("ring, 1 in flight", of(single::run))
                    .way("ring, " + inFlight + " in flight", of(several::run));
            contest.run(2, rounds);
            contest.print(out);
        }
    }

    private Set<OpenOption> options() throws ClassNotFoundException {
        if (!direct) {
            return Set.of(StandardOpenOption.READ);
        }
        // By its name, since javac warns of its package, which cannot be suppressed.
        Object[] extended =
                Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
        return Arrays.stream(extended).filter(option -> option.toString().equals("DIRECT"))
                .map(OpenOption.class::cast)
                .collect(toCollection(() -> new HashSet<>(Set.of(StandardOpenOption.READ))));
    }

    /** All reads of a run. */
    private interface Reads {
        void run() throws Exception;
    }

    private Contest.Way of(Reads all) {
        return laps -> {
            all.run();
            laps.lap("a read", reads);
        };
    }
}
