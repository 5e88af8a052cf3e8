// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * The name of a file as the kernel wants it, UTF-8 with a zero at the end, in memory that a task
 * keeps, and what else it keeps. After the task's last completion the memory is another name's: if
 * each had its own, the collector would stop the program to look at every single one. The ring's
 * thread makes every call.
 */
final class PathName {
    /** Bytes for all but long names, whose memory the collector frees. */
    static final int SIZE = 512;

    /** How many a ring keeps that nobody needs. */
    private static final int KEPT = 64;

    /** Null for a long one. */
    private final Pool pool;

    private final MemorySegment memory;
    private Object other;

    private PathName(Pool pool, int size) {
        this.pool = pool;
        memory = Arena.ofAuto().allocate(size, Long.BYTES);
    }

    /** The memory that the names of one ring have had. */
    static final class Pool {
        private final ArrayDeque<PathName> free = new ArrayDeque<>();

        /**
         * The name of {@code path}.
         *
         * @param before bytes for another purpose, before the name
         * @param other what else the task keeps, or null
         * @throws IllegalArgumentException if the kernel would see another name than the caller
         */
        PathName of(String path, int before, Object other) {
            byte[] bytes = utf8(path);
            int size = before + bytes.length + 1;
            PathName name = size <= SIZE ? free.poll() : new PathName(null, size);
            if (name == null) {
                name = new PathName(this, SIZE);
            }
            MemorySegment.copy(bytes, 0, name.memory, JAVA_BYTE, before, bytes.length);
            name.memory.set(JAVA_BYTE, before + bytes.length, (byte) 0);
            name.other = other;
            return name;
        }
    }

    /** What is before the name, and the name. */
    MemorySegment memory() {
        return memory;
    }

    /** Where that begins. */
    long address() {
        return memory.address();
    }

    /** The task does not need it any more. */
    void release() {
        if (other instanceof PathName second) {
            second.release();
        }
        other = null;
        if (pool != null && pool.free.size() < KEPT) {
            pool.free.push(this);
        }
    }

    private static byte[] utf8(String path) {
        int nul = path.indexOf('\0');
        if (nul >= 0) {
            throw new IllegalArgumentException("the path has a NUL at index " + nul
                    + ", where the kernel would take it to end");
        }
        for (int i = 0; i < path.length(); i = path.offsetByCodePoints(i, 1)) {
            // A question mark in its place would be the name of another file.
            if (Character.getType(path.codePointAt(i)) == Character.SURROGATE) {
                throw new IllegalArgumentException(
                        "the path has half of a surrogate pair, which UTF-8 cannot say");
            }
        }
        return path.getBytes(StandardCharsets.UTF_8);
    }
}
