// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own with the class path of this one, for what would harm a JVM that others use.
 * Ended by {@link #close} if it has not ended by itself. What it logs for information is told apart
 * from what it prints.
 */
public final class ChildJvm implements AutoCloseable {
    private static final String LOGGED = "INFO: ";

    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Process process;
    private final BufferedReader output;

    /** Runs {@code main} through the command {@code before} (which may be empty). */
    public ChildJvm(
            List<String> before, List<String> options, Class<?> main, List<String> arguments) {
        this(before, options, System.getProperty("java.class.path"), main, arguments);
    }

    /** The same with another class path. */
    ChildJvm(List<String> before, List<String> options, String classPath, Class<?> main,
            List<String> arguments) {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-ea");
        command.add("-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%n");
        command.addAll(options);
        command.add("-cp");
        command.add(classPath);
        command.add(main.getName());
        command.addAll(arguments);
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command, e);
        }
        output = process.inputReader();
    }

    /** The next line that it prints, or null at the end. */
    public String line(Duration patience) {
        try {
            return CompletableFuture.supplyAsync(this::readLine)
                    .get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            return fail("the child said nothing for " + patience, e);
        }
    }

    private String readLine() {
        try {
            String line = output.readLine();
            while (line != null && line.startsWith(LOGGED)) {
                logged.add(line.substring(LOGGED.length()));
                line = output.readLine();
            }
            return line;
        } catch (IOException e) {
            return null; // It was ended.
        }
    }

    /** The lines from here on, until it has ended. */
    public List<String> rest(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        List<String> lines = new ArrayList<>();
        for (String line = line(patience); line != null;
                line = line(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
            lines.add(line);
        }
        return lines;
    }

    /** What it has logged for information, as far as its lines were read. */
    public List<String> logged() {
        return logged;
    }

    /** Its exit status, once its output has ended. */
    public int status() {
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                fail("the child does not end");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    /** Tells it something. */
    public void tell(String line) {
        BufferedWriter input = process.outputWriter();
        try {
            input.write(line + '\n');
            input.flush();
        } catch (IOException e) {
            throw new AssertionError("the child does not listen", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
