// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network of its own for a class of tests: a JVM in a new network namespace, with the loopback
 * interface and one address from which no answer ever comes.
 *
 * <p>The namespace has no name and ends with its only process; nothing outside of it changes. Needs
 * {@code unshare} and {@code ip}, and the right to make a namespace: root, or a kernel that lets
 * every user make one.
 */
final class PrivateNetwork {
    /** The address that Netty's tests take for a host that does not answer. */
    private static final String HOLE = "198.51.100.254";

    /**
     * The wire to the hole ends in a second card, which drops what is not for its own hardware
     * address. The hole's is known beforehand, so that no failed look-up of it ends the silence.
     */
    private static final String SET_UP = """
            set -e
            ip link set lo up
            ip link add wire type veth peer name end
            ip address add 198.51.100.1/24 dev wire
            ip link set wire up
            ip link set end up
            ip neighbour add %s lladdr 02:00:00:00:00:01 dev wire nud permanent
            exec "$@"
            """.formatted(HOLE);

    private static final int LIMIT_SECONDS = 150;

    private PrivateNetwork() {
    }

    /** Runs the tests of a class in a private network and returns what became of each. */
    static List<Outcome> run(Class<?> tests) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("net");
        Path outcomes = directory.resolve("outcomes");
        Path log = directory.resolve("log");
        try {
            Process process = start(tests, outcomes, log);
            boolean ended = false;
            try {
                ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            } finally {
                process.destroyForcibly().waitFor();
            }
            System.out.print(Files.readString(log));
            if (!ended || process.exitValue() != 0) {
                throw new AssertionError(complaint(ended, process.exitValue(), log));
            }
            return read(outcomes);
        } finally {
            Files.deleteIfExists(outcomes);
            Files.deleteIfExists(log);
            Files.delete(directory);
        }
    }

    private static Process start(Class<?> tests, Path outcomes, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of("unshare", "--net"));
        if (!"root".equals(System.getProperty("user.name"))) {
            command.add("--map-root-user");
        }
        command.addAll(List.of("/bin/sh", "-c", SET_UP, "sh"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(sameOptionsAsHere());
        command.addAll(List.of(
                PrivateNetwork.class.getName(), tests.getName(), outcomes.toString()));
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        } catch (IOException e) {
            throw new IOException(
                    "Cannot make a network namespace: install unshare (util-linux)", e);
        }
    }

    private static List<String> sameOptionsAsHere() {
        List<String> options = new ArrayList<>();
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!option.startsWith("-agentlib:jdwp")) { // two JVMs cannot have one debugger's port
                options.add(option);
            }
        }
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.matches("(io\\.ourio|io\\.netty|suite)\\..*"))
                .forEach(name -> options.add("-D" + name + "=" + System.getProperty(name)));
        options.add("-Dio.netty.testsuite.badHost=" + HOLE);
        options.addAll(List.of("-cp", System.getProperty("java.class.path")));
        return options;
    }

    private static String complaint(boolean ended, int exit, Path log) throws IOException {
        return (ended ? "The JVM in the network namespace ended with status " + exit
                        : "The JVM in the network namespace did not end in " + LIMIT_SECONDS + " s")
                + "; it needs unshare (util-linux), ip (iproute2), and root or user namespaces. "
                + "Its output:\n" + Files.readString(log);
    }

    @SuppressWarnings("unchecked") // written by main
    private static List<Outcome> read(Path outcomes) throws IOException {
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(outcomes))) {
            return (List<Outcome>) in.readObject();
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** The JVM in the namespace: runs the tests of one class and writes the outcomes to a file. */
    public static void main(String[] args) throws Exception {
        List<Outcome> outcomes = Outcome.allOf(Class.forName(args[0]));
        try (ObjectOutputStream out =
                new ObjectOutputStream(Files.newOutputStream(Path.of(args[1])))) {
            out.writeObject(new ArrayList<>(outcomes));
        }
        System.exit(0); // what a test left running must not keep the namespace alive
    }
}
