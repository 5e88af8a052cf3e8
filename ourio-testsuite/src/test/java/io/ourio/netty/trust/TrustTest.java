// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertLinesMatch;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On the module path native access is given to one module by name, or to none. */
class TrustTest {
    private static final List<String> STRICT = List.of(
            "--illegal-native-access=deny", "--sun-misc-unsafe-memory-access=deny");

    /** As modules, with nothing that is not asked for. */
    private static List<String> run(String... options) throws Exception {
        List<String> strict = new ArrayList<>(STRICT);
        strict.addAll(List.of(options));
        strict.addAll(List.of("--module-path", modules(), "--add-modules", "io.ourio", "-cp",
                Path.of(TrustMain.class.getProtectionDomain().getCodeSource().getLocation()
                        .toURI()).toString()));
        return java(strict);
    }

    private static List<String> java(List<String> options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Djava.util.logging.SimpleFormatter.format=%4$s: %5$s%n");
        command.addAll(options);
        command.add(TrustMain.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            List<String> lines = process.inputReader().lines().toList();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the child does not end");
            assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    /** The transport and the modules that it requires. */
    private static String modules() {
        List<String> paths = Stream.of(System.getProperty("java.class.path")
                .split(File.pathSeparator)).filter(TrustTest::isModule).toList();
        assertEquals(6, paths.size(), paths::toString);
        return String.join(File.pathSeparator, paths);
    }

    private static boolean isModule(String path) {
        return path.matches(".*/ourio-transport/target/classes/?|.*/ourio-transport-[^/]*\\.jar|"
                + ".*/netty-(common|buffer|resolver|transport|transport-native-unix-common)"
                + "-4[^/]*Final\\.jar");
    }

    @Test
    void moduleWithNativeAccessEchoesUnderTheStrictestOptions() throws Exception {
        assertEquals(List.of("module io.ourio", "available true",
                        "INFO: The backend is io_uring: the best for this system", "echo 42"),
                run("--enable-native-access=io.ourio"));
    }

    /** As most programs are started: on the class path, and nobody has thought of a flag. */
    @ParameterizedTest
    @CsvSource({"io_uring", "epoll"})
    void classPathWithoutTheFlagEchoesAndOnlyTheJdkWarns(String backend) throws Exception {
        String warning = Pattern.quote("WARNING: java.lang.foreign.Linker::downcallHandle has been"
                + " called by io.ourio.sys.Downcalls in an unnamed module (file:") + ".*";
        assertLinesMatch(List.of("module null",
                        "WARNING: A restricted method in java.lang.foreign.Linker has been called",
                        warning,
                        "WARNING: Use --enable-native-access=ALL-UNNAMED to avoid a warning for"
                                + " callers in this module",
                        "WARNING: Restricted methods will be blocked in a future release unless"
                                + " native access is enabled",
                        "", "available true",
                        "INFO: The backend is " + backend + ": asked for by name", "echo 42"),
                java(List.of("-Dio.ourio.backend=" + backend,
                        "-cp", System.getProperty("java.class.path"))));
    }

    @Test
    void moduleWithoutNativeAccessSaysSo() throws Exception {
        List<String> lines = run();
        String reason = "native access is denied to the transport: start java with"
                + " --enable-native-access=io.ourio";
        assertEquals("module io.ourio", lines.get(0));
        assertEquals("available false", lines.get(1));
        assertEquals("io.ourio.BackendUnavailableException: " + reason, lines.get(2));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(
                "java.lang.IllegalCallerException: ")), lines::toString);
        assertEquals("a group: the backend io_uring cannot run here: " + reason,
                lines.get(lines.size() - 2));
        assertEquals("Ourio is not available: " + reason, lines.getLast());
    }
}
