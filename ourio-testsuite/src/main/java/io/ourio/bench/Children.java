// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The processes the benchmark started. Ends all of them when it is closed and when this JVM is
 * asked to stop, each by its own handle. Any thread may use it.
 */
final class Children implements AutoCloseable {
    /** Enough for a JVM to write its flight recording. */
    private static final long SECONDS_TO_STOP = 20;

    private final List<Process> running = new ArrayList<>();
    private boolean closed;

    Children() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "end of children"));
    }

    /** Starts a process; no process starts once this is closed, so none is left behind. */
    synchronized Process start(ProcessBuilder command) throws IOException {
        if (closed) {
            throw new BenchmarkException(BenchmarkException.FAILED, "told to stop");
        }
        Process process = command.start();
        running.add(process);
        return process;
    }

    /** Asks the process to stop, and kills it when it does not. */
    void end(Process process) {
        process.destroy();
        if (!waitFor(process)) {
            process.destroyForcibly();
            waitFor(process);
        }
        synchronized (this) {
            running.remove(process);
        }
    }

    @Override
    public void close() {
        List<Process> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(running);
        }
        left.forEach(Process::destroy); // all first, so that they stop side by side
        left.forEach(this::end);
    }

    private static boolean waitFor(Process process) {
        try {
            return process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
