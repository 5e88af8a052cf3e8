// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@code wrk --latency} prints. Strict: a line of no known form, a figure that is
 * missing or there twice, and every error that wrk counts is a problem, and a run with a problem
 * has no figures.
 */
final class WrkOutput {
    private static final Pattern TOTAL =
            Pattern.compile("(\\d+) requests in ([\\d.]+)(us|ms|s|m|h), \\S+ read");
    private static final Pattern RATE = Pattern.compile("Requests/sec: +([\\d.]+)");
    private static final Pattern PERCENTILE =
            Pattern.compile("([\\d.]+)% +([\\d.]+)(us|ms|s|m|h)");
    private static final Pattern SOCKET_ERRORS = Pattern.compile(
            "Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern STATUS_ERRORS =
            Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern WITHOUT_INTEREST = Pattern.compile(
            "Running .* test @ .*|\\d+ threads and \\d+ connections|Thread Stats .*"
            + "|Latency +\\S+ +\\S+ +\\S+ +\\S+|Req/Sec +\\S+ +\\S+ +\\S+ +\\S+"
            + "|Latency Distribution|Transfer/sec: .*");

    private final Map<String, Double> figures = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    private WrkOutput() {
    }

    /** Reads the lines of one run; {@code withLatency} if wrk was asked for percentiles. */
    static WrkResult parse(List<String> lines, boolean withLatency) {
        WrkOutput output = new WrkOutput();
        lines.stream().map(String::strip).filter(line -> !line.isEmpty()).forEach(output::read);
        return output.result(withLatency);
    }

    private void read(String line) {
        Matcher total = TOTAL.matcher(line);
        Matcher rate = RATE.matcher(line);
        Matcher percentile = PERCENTILE.matcher(line);
        if (total.matches()) {
            put("requests", Double.parseDouble(total.group(1)));
            put("micros", micros(total.group(2), total.group(3)));
        } else if (rate.matches()) {
            put("rate", Double.parseDouble(rate.group(1)));
        } else if (percentile.matches()) {
            put(percentile.group(1) + "%", micros(percentile.group(2), percentile.group(3)));
        } else if (SOCKET_ERRORS.matcher(line).matches()
                || STATUS_ERRORS.matcher(line).matches()) {
            problems.add(line); // wrk prints these lines only when one of the counts is not 0
        } else if (!WITHOUT_INTEREST.matcher(line).matches()) {
            problems.add("wrk printed an unknown line: " + line);
        }
    }

    private void put(String name, double value) {
        if (figures.put(name, value) != null) {
            problems.add("wrk printed two figures for " + name);
        }
    }

    private double take(String name) {
        Double value = figures.get(name);
        if (value == null) {
            problems.add("wrk printed no figure for " + name);
            return Double.NaN;
        }
        return value;
    }

    private WrkResult result(boolean withLatency) {
        double requests = take("requests");
        if (requests == 0) {
            problems.add("no request was answered");
        }
        return new WrkResult((long) requests, take("micros") / 1e6, take("rate"),
                withLatency ? latency() : null, problems);
    }

    private Latency latency() {
        Latency latency = new Latency(take("50%"), take("90%"), take("99%"), take("99.9%"));
        if (problems.isEmpty() && !latency.isPlausible()) {
            problems.add("these cannot be percentiles: " + latency);
        }
        return latency;
    }

    private static double micros(String value, String unit) {
        double factor = switch (unit) {
            case "us" -> 1;
            case "ms" -> 1e3;
            case "s" -> 1e6;
            case "m" -> 60e6;
            case "h" -> 3600e6;
            default -> throw new IllegalArgumentException("unknown unit of time: " + unit);
        };
        return Double.parseDouble(value) * factor;
    }
}
