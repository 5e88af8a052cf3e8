// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static java.util.stream.Collectors.joining;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** The process of a {@link FileClient}, as seen from the benchmark. {@link Children} ends it. */
final class FileLoad {
    private static final long SECONDS_FOR_A_RUN = 120;

    private final List<Server> servers;
    private final PrintStream orders;
    private final BufferedReader answers;

    private FileLoad(List<Server> servers, Process process) {
        this.servers = servers;
        orders = new PrintStream(process.getOutputStream(), true);
        answers = process.inputReader();
    }

    static FileLoad start(Children children, String processors, List<Server> servers)
            throws IOException {
        Stream<String> command = Stream.of(Tool.TASKSET.command(), "-c", processors,
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
                FileClient.class.getName());
        Stream<String> ports = servers.stream().map(server -> "" + server.address().getPort());
        return new FileLoad(servers, children.start(new ProcessBuilder(
                Stream.concat(command, ports).toList())
                .redirectError(ProcessBuilder.Redirect.INHERIT)));
    }

    /** Has it ask one of the servers for {@code length} bytes, {@code count} times. */
    void run(Server server, long length, int count) throws InterruptedException {
        orders.println(Stream.of(servers.indexOf(server), length, count)
                .map(String::valueOf).collect(joining(" ")));
        server.checkAlive();
        if (!FileClient.DONE.equals(answer(answers::readLine))) {
            throw new BenchmarkException(BenchmarkException.FAILED,
                    "the client of " + server.transport() + " did not get its files");
        }
    }

    /** What it says in time; null if it ended, or says nothing. */
    private static String answer(Callable<String> reading) throws InterruptedException {
        FutureTask<String> line = new FutureTask<>(reading);
        Thread.ofPlatform().daemon().start(line);
        try {
            return line.get(SECONDS_FOR_A_RUN, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException _) {
            return null;
        }
    }
}
