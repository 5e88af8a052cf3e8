// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs wrk on its own processors, one run at a time. Its script and its output are in a folder that
 * goes when this JVM ends, however it is asked to.
 */
final class Wrk {
    /** Beyond the duration: connecting, and the timeouts of the last requests. */
    private static final long SECONDS_TO_STOP = 30;

    private final Children children;
    private final String processors;
    private final Path script;
    private final Path output;

    Wrk(Children children, String processors) throws IOException {
        this.children = children;
        this.processors = processors;
        Path folder = Files.createTempDirectory("http-benchmark");
        script = folder.resolve("request.lua");
        output = folder.resolve("output.txt");
        List.of(folder, script, output).forEach(path -> path.toFile().deleteOnExit());
    }

    /** Puts the load on the server; a run that goes wrong comes back with its problems. */
    WrkResult drive(URI server, Load load) throws IOException, InterruptedException {
        Files.write(script, WrkScript.of(load));
        Process wrk = children.start(new ProcessBuilder(command(server, load))
                .redirectErrorStream(true).redirectOutput(output.toFile()));
        boolean ended = wrk.waitFor(load.duration().toSeconds() + SECONDS_TO_STOP,
                TimeUnit.SECONDS);
        children.end(wrk);
        WrkResult result = WrkOutput.parse(Files.readAllLines(output), load.hasLatency());
        if (!ended) {
            result.problems().add("wrk did not stop at the end of its time");
        } else if (wrk.exitValue() != 0) {
            result.problems().add("wrk ended with exit code " + wrk.exitValue());
        }
        return result;
    }

    private List<String> command(URI server, Load load) {
        List<String> command = new ArrayList<>(List.of(
                Tool.TASKSET.command(), "-c", processors, Tool.WRK.command(),
                "--connections", "" + load.connections(), "--threads", "" + load.threads(),
                "--duration", load.duration().toSeconds() + "s", "--script", script.toString()));
        if (load.hasLatency()) {
            command.add("--latency");
        }
        command.add(server.resolve(load.path()).toString());
        return command;
    }
}
