// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The benchmarks of the ring by itself run, and print what they are about. */
class RingBenchmarksTest {
    private static void assertPrints(
            List<String> expected, Callable<Integer> benchmark, String... arguments) {
        StringWriter printed = new StringWriter();
        PrintWriter out = new PrintWriter(printed, true);
        int status = new CommandLine(benchmark).setOut(out).setErr(out).execute(arguments);
        String all = printed.toString();
        assertEquals(0, status, all);
        for (String row : expected) {
            assertTrue(all.lines().anyMatch(line -> line.startsWith(row)),
                    () -> row + " is not in " + all);
        }
    }

    @Test
    void noops() {
        assertPrints(List.of("an operation;", "system call", "1 noops in a turn", "512 noops"),
                new NoopBenchmark(), "--rounds", "1", "--operations", "1000");
    }

    @Test
    void timers() {
        assertPrints(List.of("armed;", "canceled;", "fired;", "Netty's", "JDK's", "ring, tasks"),
                new TimerBenchmark(), "--rounds", "2", "--timers", "1000");
    }

    @Test
    void tasksBetweenLoops() {
        assertPrints(List.of("a round trip, idle;", "an echo, alone;", "a message beside echoes;",
                "a round trip beside echoes;", "a message, one-way;", "netty-io_uring", "ourio  "),
                new LoopBenchmark(), "--rounds", "1", "--round-trips", "100", "--messages", "2000",
                "--echo-millis", "10", "--processors", "0,0");
    }

    @Test
    void fileReads() {
        assertPrints(List.of("a read;", "FileChannel  ", "FileChannel, 3 threads",
                "AsynchronousFileChannel, 5 in flight", "ring, 1 in flight", "ring, 5 in flight"),
                new FileReadBenchmark(), "--rounds", "1", "--reads", "1000", "--mebibytes", "2",
                "--in-flight", "5", "--threads", "3");
    }
}
