// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where the figures were measured; without it they mean little.
 *
 * @param kernel release
 * @param cpuModel name of the processor
 * @param processors that this JVM may use
 * @param jdk that runs the servers
 * @param congestionControl of TCP; some pace what they send, on the loopback device as well
 * @param loadAverage when the benchmark started: work of others shows here
 */
record Machine(String kernel, String cpuModel, int processors, String jdk,
        String congestionControl, String loadAverage) {

    static Machine here() {
        String cpu = Arrays.stream(read("/proc/cpuinfo").split("\n"))
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst().orElse("unknown " + System.getProperty("os.arch"));
        return new Machine(read("/proc/sys/kernel/osrelease"), cpu,
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                read("/proc/sys/net/ipv4/tcp_congestion_control"), read("/proc/loadavg"));
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            return "unknown: " + e.getMessage();
        }
    }
}
