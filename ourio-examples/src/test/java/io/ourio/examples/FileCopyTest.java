// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileCopyTest {
    private static final int FROM = 5;
    private static final int TO = 6;
    private static final int BLOCK = FileCopy.BLOCK_SIZE;

    @TempDir
    Path directory;

    private final Random random = new Random(11);
    private byte[] source;
    private byte[] target;
    private final Mock mock = new Mock()
            .always(Op.READ, task -> {
                int at = (int) task.offset();
                int end = at + some(Math.min(task.length(), source.length - at));
                return Answer.bytes(Arrays.copyOfRange(source, at, end)).afterTurns(turns());
            })
            .always(Op.WRITE, task -> {
                byte[] data = Mock.data(task);
                int taken = some(data.length);
                System.arraycopy(data, 0, target, (int) task.offset(), taken);
                return Answer.result(taken).afterTurns(turns());
            });

    private int turns() {
        return random.nextInt(4);
    }

    /** Half of the time all, else a part of it. */
    private int some(int count) {
        return count < 2 || random.nextBoolean() ? count : random.nextInt(1, count);
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private FileCopy copy(int size) {
        source = bytes(size);
        target = new byte[size];
        try (Ring ring = mock.open()) {
            FileCopy copy = new FileCopy(ring, FROM, TO, size);
            copy.start();
            ring.run(RunMode.UNTIL_DONE);
            return copy;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 64 * BLOCK, 200 * BLOCK + 5})
    void copyIsWholeThoughCallsDoLessAndEndInAnyOrder(int size) {
        FileCopy copy = copy(size);
        assertNull(copy.failure());
        assertArrayEquals(source, target);
        assertEquals(Math.min(64, (size + BLOCK - 1) / BLOCK), copy.mostReads());
    }

    @Test
    void firstFailureEndsTheCopy() {
        mock.on(Op.WRITE, Answer.error(Errno.ENOSPC));
        FileCopy copy = copy(100 * BLOCK);
        String message = copy.failure().getMessage();
        assertTrue(message.startsWith("WRITE at "), message);
        assertTrue(message.endsWith(": ENOSPC (28): no space left on the device"), message);
        assertFalse(Arrays.equals(source, target));
    }

    @Test
    void sourceThatHasBecomeShorterIsAFailure() {
        mock.on(Op.READ, Answer.ok());
        assertEquals("READ at 0 did nothing", copy(10).failure().getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 100 * BLOCK + 77})
    void fileIsCopied(int size) throws IOException {
        Path from = Files.write(directory.resolve("from"), bytes(size));
        Path to = Files.write(directory.resolve("to"), bytes(1000));
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            FileCopy.copy(ring, from.toString(), to.toString());
        }
        assertEquals(FileCopy.checksum(from), FileCopy.checksum(to));
        assertEquals(-1, Files.mismatch(from, to));
    }

    @Test
    void fileThatIsMissingIsNamed() {
        String missing = directory.resolve("missing").toString();
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            IOException failure = assertThrows(IOException.class,
                    () -> FileCopy.copy(ring, missing, missing + "2"));
            assertTrue(failure.getMessage().contains("stat " + missing), failure::getMessage);
            assertEquals(0, ring.active());
        }
    }

    @Test
    void programPrintsWhatItsCommentSays() throws IOException {
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true));
        try {
            FileCopy.main(new String[0]);
        } finally {
            System.setOut(out);
        }
        assertEquals("""
                67108864 bytes copied, up to 64 reads in flight
                CRC-32C of the source 68ea3d37
                CRC-32C of the copy   68ea3d37
                """, printed.toString());
    }
}
