// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Ring;
import io.ourio.RingOptions;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What a message between the rings of two threads costs, for each way to wake a ring that sleeps,
 * beside a queue and {@code LockSupport.unpark} without any ring.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.RingPingPong -Dbench.args="--rounds 9"
 * }</pre>
 *
 * <p>Each way has two threads of its own. In a round each way has its turn, with a
 * ping-pong (one message is under way, so that the receiver always sleeps or is about to) and with
 * a flow in one direction (a window of messages, which keeps the receiver awake most of the time).
 * The CPU time is that of both threads, by the JVM's clock of each thread. Read the ratios to
 * {@code unpark}, which are taken within a round, and their spread; figures of one machine mean
 * little by themselves.
 */
@Command(name = "RingPingPong", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true,
        description = "Compares the ways in which one ring wakes another.")
public final class RingPingPong implements Callable<Integer> {
    @Option(names = "--rounds", paramLabel = "N", defaultValue = "9",
            description = "Each way has one turn in a round; one more goes before for the JIT.")
    private int rounds;

    @Option(names = "--hops", paramLabel = "N", defaultValue = "40000",
            description = "Messages of a ping-pong.")
    private int hops;

    @Option(names = "--messages", paramLabel = "N", defaultValue = "1000000",
            description = "Messages of a flow.")
    private int messages;

    @Option(names = "--window", paramLabel = "N", defaultValue = "256",
            description = "Messages of a flow that are under way at once.")
    private int window;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new RingPingPong()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Map<DoorbellWay, List<Pair.Cost>> pingPong = new EnumMap<>(DoorbellWay.class);
        Map<DoorbellWay, List<Pair.Cost>> flow = new EnumMap<>(DoorbellWay.class);
        Map<DoorbellWay, Pair> pairs = new EnumMap<>(DoorbellWay.class);
        try (Ring parent = Ring.open(RingOptions.defaults())) {
            for (DoorbellWay way : DoorbellWay.values()) {
                pairs.put(way, way.start(parent));
                pingPong.put(way, new ArrayList<>());
                flow.put(way, new ArrayList<>());
            }
            for (int round = 0; round <= rounds; round++) {
                for (Map.Entry<DoorbellWay, Pair> pair : pairs.entrySet()) {
                    Pair.Cost hop = pair.getValue().pingPong(hops);
                    Pair.Cost message = pair.getValue().flow(messages, window);
                    if (round > 0) { // The one before is for the JIT.
                        pingPong.get(pair.getKey()).add(hop);
                        flow.get(pair.getKey()).add(message);
                    }
                }
            }
        } finally {
            pairs.values().forEach(Pair::close);
        }
        PrintWriter out = new PrintWriter(System.out, true);
        print(out, "ping-pong: one message to a thread that sleeps", pingPong);
        print(out, "one-way flow: a message to a thread that is mostly awake", flow);
        return CommandLine.ExitCode.OK;
    }

    private static void print(
            PrintWriter out, String title, Map<DoorbellWay, List<Pair.Cost>> costs) {
        out.printf("%n%s%n%-26s %28s %28s %22s %22s%n", title, "median (least..greatest)",
                "time, us", "CPU of both, us", "time to unpark", "CPU to unpark");
        List<Pair.Cost> base = costs.get(DoorbellWay.UNPARK);
        for (Map.Entry<DoorbellWay, List<Pair.Cost>> way : costs.entrySet()) {
            List<Pair.Cost> runs = way.getValue();
            double[] time = runs.stream().mapToDouble(Pair.Cost::micros).toArray();
            double[] cpu = runs.stream().mapToDouble(Pair.Cost::cpuMicros).toArray();
            double[] timeRatio = new double[time.length];
            double[] cpuRatio = new double[time.length];
            for (int i = 0; i < time.length; i++) {
                timeRatio[i] = time[i] / base.get(i).micros();
                cpuRatio[i] = cpu[i] / base.get(i).cpuMicros();
            }
            out.printf("%-26s %28s %28s %22s %22s%n", way.getKey().description(),
                    text(Spread.of(time)), text(Spread.of(cpu)), text(Spread.of(timeRatio)),
                    text(Spread.of(cpuRatio)));
        }
    }

    private static String text(Spread spread) {
        return String.format(Locale.ROOT, "%.3f (%.3f..%.3f)",
                spread.median(), spread.min(), spread.max());
    }
}
