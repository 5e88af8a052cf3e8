// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of other people against the server. */
final class Tool {
    /** For a JVM: what it logs for information is left out. */
    static final String WARNINGS_ONLY = "-Djava.util.logging.config.file="
            + Path.of(URI.create(Tool.class.getResource("/warnings.properties").toString()));

    private Tool() {
    }

    /** {@return what the program wrote; it must exist, end in time and exit with 0} */
    static String run(String... command) throws IOException {
        Path output = Files.createTempFile("tool", ".txt");
        try {
            Process process = start(output, command);
            boolean ended = process.waitFor(Await.SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            String text = Files.readString(output);
            assertTrue(ended, () -> List.of(command) + " takes too long: " + text);
            assertEquals(0, process.exitValue(), () -> List.of(command) + ": " + text);
            return text;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            Files.delete(output);
        }
    }

    private static Process start(Path output, String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(output.toFile()).start();
        } catch (IOException e) {
            return fail("this test needs the program '" + command[0]
                    + "'; on Debian: apt-get install " + command[0], e);
        }
    }
}
