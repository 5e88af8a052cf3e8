// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.Task;
import io.ourio.sys.Libc;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What the way through a ring costs, and nothing else: an operation that does nothing, by itself or
 * with others in one turn, beside a system call that does nothing.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.NoopBenchmark -Dbench.args="--rounds 9"
 * }</pre>
 */
@Command(name = "NoopBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Measures operations that do nothing.")
public final class NoopBenchmark implements Callable<Integer> {
    private static final int GETPPID = System.getProperty("os.arch").equals("amd64") ? 110 : 173;
    private static final int[] BATCHES = {1, 8, 64, 512};

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "9",
            description = "Each batch has one run in a round.")
    private int rounds;

    @Option(names = "--operations", paramLabel = "N", defaultValue = "2000000",
            description = "Of one run.")
    private int operations;

    private long told;

    @Spec
    private CommandSpec spec;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new NoopBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            Contest contest = new Contest().way("system call (getppid)", this::systemCalls);
            for (int batch : BATCHES) {
                Task[] tasks = new Task[batch];
                for (int i = 0; i < batch; i++) {
                    tasks[i] = ring.task(new Context(null, 0, (_, _) -> told++));
                }
                contest.way(batch + " noops in a turn", laps -> noops(ring, tasks, laps));
            }
            contest.run(2, rounds);
            contest.print(spec.commandLine().getOut());
        }
        return CommandLine.ExitCode.OK;
    }

    private void systemCalls(Contest.Laps laps) throws Exception {
        Libc libc = Libc.current();
        laps.start();
        for (int i = 0; i < operations; i++) {
            libc.syscall(GETPPID, 0, 0);
        }
        laps.lap("an operation", operations);
    }

    private void noops(Ring ring, Task[] tasks, Contest.Laps laps) throws Exception {
        long end = told + operations;
        laps.start();
        while (told < end) {
            for (Task task : tasks) {
                ring.noop(task);
            }
            do {
                ring.poll(0);
            } while (ring.active() > 0);
        }
        laps.lap("an operation", operations);
    }
}
