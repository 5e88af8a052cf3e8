// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A program the benchmark needs on the search path, and the Debian package that has it. */
enum Tool {
    /** Makes the load. */
    WRK("wrk", "wrk"),
    /** Pins the server and the load to their own processors. */
    TASKSET("taskset", "util-linux");

    private final String command;
    private final String debianPackage;

    Tool(String command, String debianPackage) {
        this.command = command;
        this.debianPackage = debianPackage;
    }

    String command() {
        return command;
    }

    /** Fails with the command that installs it unless the program is on {@code searchPath}. */
    void require(String searchPath) {
        boolean found = Arrays.stream(searchPath.split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
        if (!found) {
            throw new BenchmarkException(BenchmarkException.CANNOT_START, command
                    + " is not on the PATH; the benchmark needs it: apt-get install "
                    + debianPackage);
        }
    }
}
