// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.netty.Stalls.Machine;
import io.ourio.netty.Stalls.Times;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Reads what Linux tells of threads and of the machine: proc(5). Files stay open and little is
 * allocated, so that what is measured is not the collection of this garbage.
 */
final class ThreadTimes implements AutoCloseable {
    private static final Path THREADS = Path.of("/proc/self/task");
    private static final Path PROCESS = Path.of("/proc/self/stat");
    private static final Path MACHINE = Path.of("/proc/stat");

    /** In what the kernel shows to programs, whatever its own HZ. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Of the line {@code cpu}, with that word as number 0. */
    private static final int STEAL = 8;

    /** Behind the name of the process. */
    private static final int MAJOR_FAULTS = 9;

    /** By the number of the thread. */
    private final Map<String, Source> sources = new HashMap<>();

    /** The counts of one thread. */
    static final class Source implements AutoCloseable {
        final String name;
        private final RandomAccessFile file;
        private final byte[] text = new byte[128];

        private Source(String name, Path thread) throws IOException {
            this.name = name;
            file = new RandomAccessFile(thread.resolve("schedstat").toFile(), "r");
        }

        static Source ofThisThread() {
            try {
                Path thread = Path.of("/proc/thread-self").toRealPath();
                return new Source(Thread.currentThread().getName(), thread);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Times read() {
            try {
                return times();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Times times() throws IOException {
            file.seek(0);
            int length = file.read(text);
            String[] fields = new String(text, 0, Math.max(length, 0), StandardCharsets.US_ASCII)
                    .split(" ");
            return new Times(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** By their names in the kernel, of at most 15 characters, and their numbers. */
    Map<String, Times> ofAllThreads() {
        Map<String, Times> all = new HashMap<>();
        for (String number : THREADS.toFile().list()) {
            try {
                Source source = sources.get(number);
                if (source == null) {
                    Path thread = THREADS.resolve(number);
                    String name = Files.readString(thread.resolve("comm")).strip();
                    source = new Source(name + ' ' + number, thread);
                    sources.put(number, source);
                }
                all.put(source.name, source.times());
            } catch (IOException e) {
                continue; // It has ended meanwhile.
            }
        }
        return all;
    }

    /** What there is beside what the caller has seen itself. */
    static Machine machine(long paused) {
        try {
            String processors = Files.readString(MACHINE);
            String process = Files.readString(PROCESS);
            long stolen = Long.parseLong(
                    processors.substring(0, processors.indexOf('\n')).split(" +")[STEAL]);
            long faults = Long.parseLong(process.substring(process.lastIndexOf(')') + 2)
                    .split(" ")[MAJOR_FAULTS]);
            return new Machine(paused, stolen * TICK_NANOS, faults);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        sources.values().forEach(Source::close);
    }
}
