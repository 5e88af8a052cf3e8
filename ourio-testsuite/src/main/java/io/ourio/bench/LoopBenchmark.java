// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What it costs that one event loop has another one do something: Ourio, by each of its ways to
 * wake a loop, beside Netty's io_uring and epoll.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.LoopBenchmark -Dbench.args="--rounds 9"
 * }</pre>
 *
 * <p>Each has two loops of its own, on processors of their own. What is measured:
 *
 * <ul>
 *   <li>round trips (a task there, a task back), idle: one at a time, so that the other loop sleeps
 *       and has to be woken;
 *   <li>echoes alone, on loops that have no other work and hardly sleep;
 *   <li>messages beside echoes: each echo sends a few tasks to the other loop. The CPU time of one
 *       is what has come on top of the echoes, by their figure of the same round;
 *   <li>round trips beside echoes, many at a time; their latency counts, as their CPU time has that
 *       of the echoes in it;
 *   <li>messages one-way: a window of tasks there, and one back.
 * </ul>
 */
@Command(name = "LoopBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Measures tasks from one event loop to another.")
public final class LoopBenchmark implements Callable<Integer> {
    private static final String ECHO = "an echo, alone";

    /** For channels to be connected or closed. */
    private static final long SETTLE_MILLIS = 20;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "9",
            description = "Each transport has one run in a round; two more go before.")
    private int rounds;

    @Option(names = "--round-trips", paramLabel = "N", defaultValue = "20000",
            description = "Of one run.")
    private int roundTrips;

    @Option(names = "--messages", paramLabel = "N", defaultValue = "1000000",
            description = "One-way, of one run.")
    private int messages;

    @Option(names = "--window", paramLabel = "N", defaultValue = "1000",
            description = "One-way messages under way at once.")
    private int window;

    @Option(names = "--at-once", paramLabel = "N", defaultValue = "32",
            description = "Round trips under way at once beside echoes.")
    private int atOnce;

    @Option(names = "--tasks", paramLabel = "N", defaultValue = "4",
            description = "Tasks that an echo sends to the other loop.")
    private int tasks;

    @Option(names = "--echo-millis", paramLabel = "N", defaultValue = "200",
            description = "How long echoes go on, alone and with tasks beside them.")
    private long echoMillis;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "1",
            description = "Echoing connections of a loop.")
    private int connections;

    @Option(names = "--processors", split = ",", paramLabel = "N", defaultValue = "0,1",
            description = "Of the two loops. The same twice leaves out what a wakeup costs"
                    + " across processors.")
    private List<Integer> processors;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write the machine and all figures to this file.")
    private Path resultFile;

    @Spec
    private CommandSpec spec;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new LoopBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (processors.size() != 2) {
            throw new ParameterException(spec.commandLine(),
                    "--processors " + processors + ": one for each of the two loops");
        }
        Map<LoopTransport, LoopPair> pairs = new EnumMap<>(LoopTransport.class);
        try {
            Contest contest = new Contest();
            for (LoopTransport transport : LoopTransport.values()) {
                LoopPair pair = new LoopPair(transport, processors);
                pairs.put(transport, pair);
                contest.way(transport.toString(), laps -> measure(pair, laps));
            }
            contest.run(2, rounds);
            contest.print(spec.commandLine().getOut());
            if (resultFile != null) {
                contest.write(resultFile);
            }
        } finally {
            pairs.values().forEach(LoopPair::close);
        }
        return CommandLine.ExitCode.OK;
    }

    private void measure(LoopPair pair, Contest.Laps laps)
            throws IOException, InterruptedException {
        laps.start();
        laps.lap("a round trip, idle", pair.roundTrips(roundTrips, 1));
        pair.startEchoes(connections);
        Thread.sleep(SETTLE_MILLIS); // Until all of them are connected.
        long before = pair.echoes();
        laps.start();
        Thread.sleep(echoMillis);
        laps.lap(ECHO, pair.echoes() - before);
        pair.tasksOfAnEcho(tasks);
        before = pair.echoes();
        Thread.sleep(echoMillis);
        long echoes = pair.echoes() - before;
        laps.lapBeside(ECHO, echoes, "a message beside echoes", echoes * tasks);
        pair.tasksOfAnEcho(0);
        laps.lap("a round trip beside echoes", pair.roundTrips(roundTrips, atOnce));
        pair.stopEchoes();
        Thread.sleep(SETTLE_MILLIS); // The last echoes, and the closes.
        laps.start();
        pair.flow(messages, window);
        laps.lap("a message, one-way", messages);
    }
}
