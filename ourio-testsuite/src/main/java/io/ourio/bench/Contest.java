// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Several ways to do one thing, in this JVM, which take turns: A B C, A B C, and so on. The first
 * is the baseline; a ratio is taken within a round, so that a slow phase of the machine, longer
 * than a round, is in both of its terms.
 */
final class Contest {
    private static final String ROW = "%-34s %32s %32s %22s %22s %7s";

    /** One of them. What it says of its laps is what is measured. */
    @FunctionalInterface
    interface Way {
        void run(Laps laps) throws Exception;
    }

    /**
     * What one operation of a phase took.
     *
     * @param nanos of time
     * @param cpuNanos of all threads of this process, without its compilers
     * @param waitShare how much of its CPU time the process waited for a processor
     * @param p50 nanoseconds in which half of the operations were done; NaN if not timed each
     * @param p99 the same for 99 %
     */
    record Cost(double nanos, double cpuNanos, double waitShare, double p50, double p99) {
        boolean hasLatency() {
            return !Double.isNaN(p50);
        }
    }

    /** The stop watch of one run of one way, which may have several phases. */
    static final class Laps {
        private final Map<String, Cost> costs = new LinkedHashMap<>();
        private CpuTime cpu;
        private long began;

        /** A phase begins. */
        void start() throws IOException {
            cpu = CpuTime.of(ProcessHandle.current().pid());
            began = System.nanoTime();
        }

        /** The phase has ended, after so many operations, and another one may begin. */
        void lap(String phase, long operations) throws IOException {
            lap(phase, operations, 0, Double.NaN, Double.NaN);
        }

        /** The same, with the time that each operation took. */
        void lap(String phase, long[] times) throws IOException {
            long[] sorted = times.clone();
            Arrays.sort(sorted);
            lap(phase, sorted.length, 0,
                    sorted[sorted.length / 2], sorted[(int) (sorted.length * 0.99)]);
        }

        /**
         * The same, of operations among which others went on, as often as told. Their CPU time, as
         * it was in a phase of their own before, is left out.
         */
        void lapBeside(String others, long count, String phase, long operations)
                throws IOException {
            lap(phase, operations, costs.get(others).cpuNanos * count, Double.NaN, Double.NaN);
        }

        private void lap(String phase, long operations, double cpuOfOthers, double p50,
                double p99) throws IOException {
            long time = System.nanoTime() - began;
            CpuUse use = CpuTime.of(ProcessHandle.current().pid()).since(cpu);
            double run = use.runNanos() - use.compileNanos() - cpuOfOthers;
            costs.put(phase, new Cost((double) time / operations, run / operations,
                    (double) use.waitNanos() / use.runNanos(), p50, p99));
            start();
        }
    }

    private final Map<String, Way> ways = new LinkedHashMap<>();

    /** By phase, then by way; one for each round. */
    private final Map<String, Map<String, List<Cost>>> costs = new LinkedHashMap<>();

    Contest way(String name, Way way) {
        ways.put(name, way);
        return this;
    }

    /** Runs them, with {@code warmUps} rounds before that do not count. */
    void run(int warmUps, int rounds) throws Exception {
        for (int round = -warmUps; round < rounds; round++) {
            for (Map.Entry<String, Way> way : ways.entrySet()) {
                Laps laps = new Laps();
                laps.start();
                way.getValue().run(laps);
                if (round >= 0) {
                    laps.costs.forEach((phase, cost) -> costs
                            .computeIfAbsent(phase, _ -> new LinkedHashMap<>())
                            .computeIfAbsent(way.getKey(), _ -> new ArrayList<>()).add(cost));
                }
            }
        }
    }

    /** A table for each phase. */
    void print(PrintWriter out) {
        costs.forEach((phase, byWay) -> {
            List<Cost> baseline = byWay.values().iterator().next();
            out.printf("%n" + ROW + "%n", phase + "; median (least..most)", "time, ns", "CPU, ns",
                    "time, ratio", "CPU, ratio", "waited");
            byWay.forEach((way, runs) -> out.printf(ROW + "%n", way,
                    text(1, spread(runs.size(), i -> runs.get(i).nanos)),
                    text(1, spread(runs.size(), i -> runs.get(i).cpuNanos)),
                    text(3, spread(runs.size(), i -> runs.get(i).nanos / baseline.get(i).nanos)),
                    text(3, spread(runs.size(),
                            i -> runs.get(i).cpuNanos / baseline.get(i).cpuNanos)),
                    "%.0f%%".formatted(
                            100 * spread(runs.size(), i -> runs.get(i).waitShare).median())));
            if (baseline.getFirst().hasLatency()) {
                printLatency(out, byWay, baseline);
            }
        });
        out.println("Ratio: to the first way, in the same round. Waited: for a processor that"
                + " others had, compared with the CPU time used.");
        out.flush();
    }

    private static void printLatency(
            PrintWriter out, Map<String, List<Cost>> byWay, List<Cost> baseline) {
        out.printf(ROW + "%n", "", "p50, ns", "p99, ns", "p50, ratio", "p99, ratio", "");
        byWay.forEach((way, runs) -> out.printf(ROW + "%n", way,
                text(0, spread(runs.size(), i -> runs.get(i).p50)),
                text(0, spread(runs.size(), i -> runs.get(i).p99)),
                text(3, spread(runs.size(), i -> runs.get(i).p50 / baseline.get(i).p50)),
                text(3, spread(runs.size(), i -> runs.get(i).p99 / baseline.get(i).p99)), ""));
    }

    /** Writes the machine and all costs, by phase and way, one for each round. */
    void write(Path file) {
        JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build()
                .writeValue(file, Map.of("machine", Machine.here(), "costs", costs));
    }

    private static Spread spread(int count, IntToDoubleFunction value) {
        return Spread.of(IntStream.range(0, count).mapToDouble(value).toArray());
    }

    private static String text(int decimals, Spread spread) {
        String number = "%." + decimals + "f";
        return String.format(Locale.ROOT, number + " (" + number + ".." + number + ")",
                spread.median(), spread.min(), spread.max());
    }
}
