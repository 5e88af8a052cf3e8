// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.ourio.examples.http.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * HttpEcho in a process of its own, started as a user starts it. It has little memory, so that a
 * server which keeps bodies instead of passing them on dies.
 */
final class ServerProcess implements AutoCloseable {
    private static final Pattern READY =
            Pattern.compile("listening on (https?://\\S+), transport (\\S+), backend (\\S+)");
    private static final List<String> JVM = List.of(
            "-Xmx64m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError",
            "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", Tool.WARNINGS_ONLY);

    private final Process process;
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private final Thread[] readers;
    private URI uri;

    private ServerProcess(Process process) {
        this.process = process;
        // No server outlives the tests, even if they are ended from outside.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        readers = new Thread[] {
            collect(process.getInputStream(), out), collect(process.getErrorStream(), err)
        };
    }

    /** Starts a process that need not become a server. */
    static ServerProcess launch(List<String> jvmOptions, String... arguments) throws IOException {
        // A JVM that inherits an ignored SIGINT (any job in the background of a script does) never
        // sees Ctrl-C; a user's shell does not ignore it.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JVM);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"),
                HttpEcho.class.getName()));
        command.addAll(List.of(arguments));
        return new ServerProcess(new ProcessBuilder(command).start());
    }

    /** Starts a server on a free port; skips the test if Netty's transport cannot run here. */
    static ServerProcess start(List<String> jvmOptions, Transport transport, String... more)
            throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("--transport", transport.toString(), "--port", "0"));
        arguments.addAll(List.of(more));
        ServerProcess server = launch(jvmOptions, arguments.toArray(String[]::new));
        try {
            server.awaitReady(transport);
            return server;
        } catch (Throwable t) {
            server.close();
            throw t;
        }
    }

    URI uri() {
        return uri;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    long pid() {
        return process.pid();
    }

    void signal(String name) throws IOException {
        Tool.run("kill", "-" + name, Long.toString(pid()));
    }

    /** Waits for a line on standard output. */
    String awaitLine(Predicate<String> wanted, String what) {
        return Await.value(() -> {
            synchronized (out) {
                return out.stream().filter(wanted).findFirst().orElse(null);
            }
        }, () -> what + "; " + this);
    }

    /** Ourio and NIO run everywhere; Netty's native transports need not. */
    void skipIfUnavailable(Transport transport) {
        boolean mayLack = transport != Transport.OURIO && transport != Transport.NIO;
        if (awaitExit() == 1 && mayLack && err().contains(" is not available: ")) {
            abort(err());
        }
    }

    int awaitExit() {
        try {
            assertTrue(process.waitFor(Await.SECONDS, TimeUnit.SECONDS),
                    () -> "did not exit; " + this);
            for (Thread reader : readers) {
                reader.join();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    String out() {
        synchronized (out) {
            return String.join("\n", out);
        }
    }

    String err() {
        synchronized (err) {
            return String.join("\n", err);
        }
    }

    /** Number of open sockets of the server. */
    long sockets() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc", Long.toString(pid()), "fd"))) {
            return fds.filter(ServerProcess::isSocket).count();
        }
    }

    /** Makes buffers that were forgotten since the start known to Netty's leak detector. */
    void collectGarbage() throws IOException {
        Tool.run(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid()), "GC.run");
    }

    /** Ends the server as Ctrl-C does; a warning, a stack trace or a leak is a failure. */
    void stopCleanly() throws IOException {
        signal("INT");
        assertEquals(130, awaitExit(), this::toString);
        assertTrue(out().endsWith("stopped"), this::toString);
        assertEquals("", err());
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    @Override
    public String toString() {
        return "server " + pid() + (process.isAlive() ? "" : " exit " + process.exitValue())
                + "\nout: " + out() + "\nerr: " + err();
    }

    private void awaitReady(Transport transport) {
        Await.until(() -> !out().isEmpty() || !process.isAlive(),
                () -> "neither ready nor gone: " + this);
        if (!process.isAlive()) {
            skipIfUnavailable(transport);
            fail("did not start: " + this);
        }
        Matcher ready = READY.matcher(out());
        assertTrue(ready.matches(), this::toString);
        assertEquals(transport.toString(), ready.group(2));
        uri = URI.create(ready.group(1));
    }

    private static boolean isSocket(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // Closed since it was listed.
        }
    }

    private static Thread collect(InputStream stream, List<String> lines) {
        return Thread.ofVirtual().start(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                    stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    synchronized (lines) {
                        lines.add(line);
                    }
                }
            } catch (IOException e) {
                synchronized (lines) {
                    lines.add("cannot read the server's output: " + e);
                }
            }
        });
    }
}
