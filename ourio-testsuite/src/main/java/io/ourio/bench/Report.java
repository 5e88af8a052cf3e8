// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What the benchmark prints: a line for each run, and a table at the end. */
final class Report {
    /** Above it a run tells as much of the machine's other work as of the server. */
    private static final double DISTURBED_SHARE = 0.05;
    /** That so many pairs lie on the same side of 1 by luck alone has a chance of 3 %. */
    private static final int MIN_PAIRS = 6;
    private static final String ROW = "%-11s %-22s %10s %10s %10s %7s  %6s  %-14s %5s  %s";

    private final PrintWriter out;

    Report(PrintWriter out) {
        this.out = out;
    }

    void line(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
        out.flush();
    }

    void run(Run run, int rounds) {
        String name = String.format(Locale.ROOT, "%5d connections, %s, %-22s", run.connections(),
                run.round() == 0 ? "warm-up" : "round " + run.round() + "/" + rounds,
                run.transport());
        if (!run.valid()) {
            line("!!! %s IS NOT VALID and does not count: %s",
                    name, String.join("; ", run.problems()));
            return;
        }
        Figures f = run.figures();
        line("%s %9.0f req/s %7.3f us CPU%s; busy %.0f%%, JIT %.1f%%, waited %.1f%%,"
                + " idle servers %.2f%%%s",
                name, f.requestsPerSecond(), f.cpuMicrosPerRequest(), latency(f.latency()),
                100 * f.busyShare(), 100 * f.compileShare(), 100 * f.waitShare(),
                100 * f.othersShare(),
                f.cpuSource() == CpuUse.Source.STAT ? ", CPU time by clock ticks" : "");
    }

    private static String latency(Latency latency) {
        return latency == null ? "" : String.format(Locale.ROOT, ", latency %.0f/%.0f/%.0f/%.0f us",
                latency.p50Micros(), latency.p90Micros(), latency.p99Micros(),
                latency.p999Micros());
    }

    void table(List<Comparison> comparisons, String baseline) {
        line("");
        line("%d connections. A ratio is a figure over that of %s in the same round.",
                comparisons.getFirst().connections(), baseline);
        line(ROW, "metric", "transport", "median", "min", "max", "spread",
                "ratio", "min..max", "pairs", "");
        Metric last = null;
        for (Comparison comparison : comparisons) {
            row(comparison, comparison.metric() == last ? "" : comparison.metric().label(),
                    comparison.transport().equals(baseline));
            last = comparison.metric();
        }
        line("CPU us/req: CPU time of the server's process, user and system, for a request.");
        line("Spread: max - min over the median. Unclear: the pairs lie on both sides of 1."
                + " Few pairs: they may lie on one side by luck.");
    }

    /** Says what is wrong with the runs; returns whether all are valid. */
    boolean summary(List<Run> runs) {
        disturbance(runs);
        long invalid = runs.stream().filter(run -> !run.valid()).count();
        if (invalid > 0) {
            line("!!! %d of %d runs are not valid and are in no figure; their lines say why",
                    invalid, runs.size());
        }
        return invalid == 0;
    }

    /** Says how many of the runs had to share their processor. */
    private void disturbance(List<Run> runs) {
        long disturbed = runs.stream().filter(Run::valid)
                .filter(run -> run.figures().waitShare() > DISTURBED_SHARE).count();
        if (disturbed > 0) {
            line("!!! In %d of %d runs the server waited more than %.0f%% of the time for a"
                    + " processor: the machine has other work. Do not trust the figures.",
                    disturbed, runs.size(), 100 * DISTURBED_SHARE);
        }
    }

    private void row(Comparison comparison, String label, boolean isBaseline) {
        Spread figures = comparison.figures();
        Spread ratios = comparison.ratios();
        if (figures == null) {
            line("%-11s %-22s no valid run", label, comparison.transport());
            return;
        }
        int decimals = comparison.metric().decimals();
        line(ROW, label, comparison.transport(), number(figures.median(), decimals),
                number(figures.min(), decimals), number(figures.max(), decimals),
                number(100 * (figures.max() - figures.min()) / figures.median(), 1) + "%",
                ratios == null || isBaseline ? "" : number(ratios.median(), 3),
                ratios == null || isBaseline ? ""
                        : number(ratios.min(), 3) + ".." + number(ratios.max(), 3),
                ratios == null ? 0 : ratios.count(),
                isBaseline ? "baseline" : verdict(ratios));
    }

    private static String verdict(Spread ratios) {
        if (ratios == null) {
            return "no pair";
        }
        if (ratios.includes(1)) {
            return "unclear";
        }
        return ratios.count() < MIN_PAIRS ? "few pairs" : "";
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
