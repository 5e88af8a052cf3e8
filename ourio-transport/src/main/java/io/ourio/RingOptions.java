// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * How a {@link Ring} is set up.
 *
 * @param backend which backend; the default is the property {@code io.ourio.backend}, or
 *     {@link BackendKind#AUTO}
 * @param entries how many tasks fit into one submission, a power of two, 8 to 32768; more are taken
 *     and submitted in turns
 * @param completions how many completions fit into the queue, a power of two from {@code entries}
 *     to 65536, or 0 for eight times {@code entries}; more are kept by the kernel
 * @param bufferCount how many receive buffers the transport lends to the kernel, a power of two, 1
 *     to 32768
 * @param bufferSize the size of one of them in bytes, 1024 to 16 MiB
 * @param onFailure who hears of an exception that left a {@link Callback}, on the ring's thread;
 *     what it throws itself is logged
 */
public record RingOptions(
        BackendKind backend,
        int entries,
        int completions,
        int bufferCount,
        int bufferSize,
        BiConsumer<Task, Throwable> onFailure) {

    private static final int MIN_ENTRIES = 8;
    private static final int MAX_ENTRIES = 32768;
    private static final int MAX_COMPLETIONS = 2 * MAX_ENTRIES;
    private static final int MIN_BUFFER = 1024;
    private static final int MAX_BUFFER = 16 << 20;

    /** One object, so that equal options are equal. */
    private static final BiConsumer<Task, Throwable> LOG = RingOptions::log;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and its range
     */
    public RingOptions {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(onFailure, "onFailure");
        checkPowerOfTwo("entries", entries, MIN_ENTRIES);
        if (completions != 0) {
            checkCompletions(completions, entries);
        }
        checkBuffers(bufferCount, bufferSize);
    }

    /**
     * The defaults, with what the properties {@code io.ourio.backend}, {@code io.ourio.entries},
     * {@code io.ourio.completions}, {@code io.ourio.bufferCount} and {@code io.ourio.bufferSize}
     * say.
     *
     * @throws IllegalArgumentException if one of them is not what it should be
     */
    public static RingOptions defaults() {
        return new RingOptions(
                BackendKind.of(System.getProperty("io.ourio.backend", BackendKind.AUTO.id())),
                number("io.ourio.entries", 512),
                number("io.ourio.completions", 0),
                number("io.ourio.bufferCount", 32),
                number("io.ourio.bufferSize", 64 * 1024),
                LOG);
    }

    /** The same with another backend. */
    public RingOptions withBackend(BackendKind value) {
        return new RingOptions(value, entries, completions, bufferCount, bufferSize, onFailure);
    }

    /** The same with another length of the submission queue. */
    public RingOptions withEntries(int value) {
        return new RingOptions(backend, value, completions, bufferCount, bufferSize, onFailure);
    }

    /** The same with another length of the completion queue; 0 for eight times the entries. */
    public RingOptions withCompletions(int value) {
        return new RingOptions(backend, entries, value, bufferCount, bufferSize, onFailure);
    }

    /** The same with other receive buffers: {@code count} of {@code size} bytes each. */
    public RingOptions withBuffers(int count, int size) {
        return new RingOptions(backend, entries, completions, count, size, onFailure);
    }

    /** The same with somebody else to hear of exceptions in callbacks. */
    public RingOptions withOnFailure(BiConsumer<Task, Throwable> value) {
        return new RingOptions(backend, entries, completions, bufferCount, bufferSize, value);
    }

    /** Those of a child ring: its queues have another length, and its backend is its parent's. */
    RingOptions ofChild(BackendKind parent, int value) {
        return new RingOptions(parent, value, completions < value ? 0 : completions, bufferCount,
                bufferSize, onFailure);
    }

    private static int number(String property, int otherwise) {
        String value = System.getProperty(property);
        if (value == null) {
            return otherwise;
        }
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    property + " is '" + value + "', which is not a number", e);
        }
    }

    private static void checkCompletions(int completions, int entries) {
        if (completions < entries || completions > MAX_COMPLETIONS
                || Integer.bitCount(completions) != 1) {
            throw new IllegalArgumentException("completions " + completions
                    + " is neither 0 nor a power of two in " + entries + ".." + MAX_COMPLETIONS);
        }
    }

    static void checkBuffers(int count, int size) {
        checkPowerOfTwo("bufferCount", count, 1);
        if (size < MIN_BUFFER || size > MAX_BUFFER) {
            throw new IllegalArgumentException("bufferSize " + size + " is outside "
                    + MIN_BUFFER + ".." + MAX_BUFFER + " bytes");
        }
    }

    private static void checkPowerOfTwo(String name, int value, int min) {
        if (value < min || value > MAX_ENTRIES || Integer.bitCount(value) != 1) {
            throw new IllegalArgumentException(name + ' ' + value
                    + " is not a power of two in " + min + ".." + MAX_ENTRIES);
        }
    }

    private static void log(Task task, Throwable failure) {
        System.getLogger("io.ourio")
                .log(System.Logger.Level.ERROR, "the callback of " + task + " threw", failure);
    }
}
