// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.BackendReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The command {@code java -jar ourio-transport.jar}: which backend a program would get here, why,
 * what limits it has, and what to do about them. The exit code is 0 if there is a backend.
 */
public final class Doctor {
    private static final Path SYSCTLS = Path.of("/proc/sys");
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long FEW_FILES = 4096;

    private Doctor() {}

    /** Prints the report. */
    public static void main(String... arguments) {
        BackendReport report = BackendReport.current();
        print(System.out, report);
        System.exit(report.backend() == null ? 1 : 0);
    }

    private static void print(PrintStream out, BackendReport report) {
        out.println(report);
        out.println("system:");
        system().forEach(line -> out.println("  " + line));
        List<String> advice = advice(report);
        out.println(advice.isEmpty() ? "advice: none" : "advice:");
        advice.forEach(line -> out.println("  " + line));
    }

    private static List<String> system() {
        List<String> lines = new ArrayList<>();
        lines.add(property("os.name") + ' ' + property("os.version") + ", " + property("os.arch"));
        lines.add("Java " + property("java.vm.version") + ", " + property("java.vm.name")
                + ", native access "
                + (Doctor.class.getModule().isNativeAccessEnabled() ? "granted" : "denied"));
        limit("Max open files").ifPresent(limit -> lines.add("open files (ulimit -n): " + limit));
        limit("Max locked memory").ifPresent(limit ->
                lines.add("locked memory in bytes (ulimit -l): " + limit));
        field(STATUS, "Seccomp:").ifPresent(mode -> lines.add("seccomp: " + switch (mode) {
            case "0" -> "no filter";
            case "2" -> "a filter, as in most containers";
            default -> "mode " + mode;
        }));
        for (String name : List.of("kernel.io_uring_disabled", "kernel.io_uring_group",
                "net.core.somaxconn", "fs.epoll.max_user_watches")) {
            sysctl(name).ifPresent(value -> lines.add(name + ": " + value));
        }
        return lines;
    }

    private static List<String> advice(BackendReport report) {
        List<String> lines = new ArrayList<>();
        if (report.backend() == null) {
            lines.add(report.cause().getMessage());
        }
        limit("Max open files").map(Doctor::number).filter(limit -> limit < FEW_FILES)
                .ifPresent(limit -> lines.add("raise the limit of open files: each connection"
                        + " takes one, each ring two or three"));
        return lines;
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private static long number(String limit) {
        return limit.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(limit);
    }

    /** The soft one, which holds. */
    private static Optional<String> limit(String name) {
        return field(LIMITS, name).map(values -> values.split("\\s+")[0]);
    }

    private static Optional<String> sysctl(String name) {
        return lines(SYSCTLS.resolve(name.replace('.', '/'))).stream().findFirst();
    }

    /** What follows {@code name} at the beginning of a line. */
    private static Optional<String> field(Path file, String name) {
        return lines(file).stream().filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip()).findFirst();
    }

    /** Its lines, or none where there is no such file. */
    private static List<String> lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(String::strip).toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
