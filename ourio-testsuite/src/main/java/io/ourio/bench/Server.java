// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * A server process under test: one transport in its own JVM. {@link Children} ends it. A thread of
 * its own reads its output, so that a full pipe never stops it, and keeps the last lines to say
 * why it failed.
 */
final class Server {
    private static final long SECONDS_TO_START = 60;
    private static final int LINES_KEPT = 40;

    private final String transport;
    private final Process process;
    private final CompletableFuture<Listening> listening = new CompletableFuture<>();
    private final Deque<String> lastLines = new ArrayDeque<>();

    private Server(String transport, Process process) {
        this.transport = transport;
        this.process = process;
    }

    /** Starts the command and waits until the server listens, with the transport asked for. */
    static Server start(Children children, String transport, List<String> command)
            throws IOException {
        Process process =
                children.start(new ProcessBuilder(command).redirectErrorStream(true));
        Server server = new Server(transport, process);
        Thread.ofVirtual().name("output of " + transport).start(server::readOutput);
        server.awaitListening();
        return server;
    }

    String transport() {
        return transport;
    }

    long pid() {
        return process.pid();
    }

    URI address() {
        return listening.join().address();
    }

    String backend() {
        return listening.join().backend();
    }

    /** Fails with the server's last words if its process has ended. */
    void checkAlive() {
        if (!process.isAlive()) {
            throw failed("ended with exit code " + process.exitValue());
        }
    }

    private void awaitListening() {
        try {
            Listening ready = listening.orTimeout(SECONDS_TO_START, TimeUnit.SECONDS).join();
            if (!ready.transport().equals(ServerCommand.transport(transport))) {
                throw failed("says it uses transport " + ready.transport());
            }
        } catch (CompletionException _) {
            throw failed("did not start (leave it out with --transports)");
        }
    }

    private void readOutput() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                keep(line);
                Listening.parse(line).ifPresent(listening::complete);
            }
        } catch (IOException e) {
            keep("(its output ended: " + e.getMessage() + ")");
        }
        listening.completeExceptionally(new IllegalStateException("end of output"));
    }

    private synchronized void keep(String line) {
        if (lastLines.size() == LINES_KEPT) {
            lastLines.removeFirst();
        }
        lastLines.addLast(line);
    }

    private synchronized BenchmarkException failed(String what) {
        return new BenchmarkException(BenchmarkException.FAILED, "the server " + transport + " "
                + what + "; its last output:\n  " + String.join("\n  ", lastLines));
    }
}
