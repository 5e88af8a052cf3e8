// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What all benchmarks of servers are told: what runs where, and what becomes of the figures. */
final class ServerOptions {
    @Option(names = "--cpu-server", paramLabel = "LIST", defaultValue = "0",
            description = "Processors of the servers, as taskset -c takes them.")
    private String serverProcessors;

    @Option(names = "--cpu-client", paramLabel = "LIST", defaultValue = "1",
            description = "Processors of the client.")
    private String clientProcessors;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write the machine and all figures to this file.")
    private Path resultFile;

    String serverProcessors() {
        return serverProcessors;
    }

    String clientProcessors() {
        return clientProcessors;
    }

    /** Writes the figures to the result file, as JSON, if there is to be one. */
    void write(Object figures) {
        if (resultFile != null) {
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build()
                    .writeValue(resultFile, figures);
        }
    }
}
