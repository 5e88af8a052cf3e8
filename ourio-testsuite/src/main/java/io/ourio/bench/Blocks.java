// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** The blocks of a file, each of which begins with its number, and the order to read them in. */
final class Blocks {
    static final int SIZE = 4096;

    private final int[] order;

    private Blocks(int[] order) {
        this.order = order;
    }

    /** Writes a file of {@code count} blocks, of which {@code reads} will be read. */
    static Blocks write(Path file, int count, int reads) throws IOException {
        byte[] rest = new byte[SIZE - Long.BYTES];
        new Random(1).nextBytes(rest);
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file), 1 << 20))) {
            for (long block = 0; block < count; block++) {
                out.writeLong(block);
                out.write(rest);
            }
        }
        return new Blocks(new Random(2).ints(reads, 0, count).toArray());
    }

    /** How many are to be read. */
    int reads() {
        return order.length;
    }

    /** Where read {@code index} is to be. */
    long offset(int index) {
        return (long) order[index] * SIZE;
    }

    /** Fails unless read {@code index} has brought its block. */
    void check(int index, int length, long firstNumber) {
        if (length != SIZE || firstNumber != order[index]) {
            throw new AssertionError("read " + index + " brought " + length + " bytes of block "
                    + firstNumber + ", and not those of " + order[index]);
        }
    }
}
