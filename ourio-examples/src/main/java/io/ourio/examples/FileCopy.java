// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.Op;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Copies a file in blocks, up to 64 of which are being read or written at a time. Each block has
 * one task, which is started again and again: a read, a write of the same bytes, and then the next
 * block. So the disk always has work, and nothing is allocated on the way.
 *
 * <p>Run it, with the two paths or without: then it copies 64 MiB that it makes itself. It prints
 * how many bytes were copied, how many reads were in flight, and the checksum of both files:
 *
 * <pre>
 * 67108864 bytes copied, up to 64 reads in flight
 * CRC-32C of the source 68ea3d37
 * CRC-32C of the copy   68ea3d37
 * </pre>
 */
public final class FileCopy {
    static final int IN_FLIGHT = 64;
    static final int BLOCK_SIZE = 64 * 1024;

    private final Ring ring;
    private final int from;
    private final int to;
    private final long size;
    private final Arena arena = Arena.ofAuto();
    private long next;
    private int reads;
    private int mostReads;
    private IOException failure;

    /** A copy of {@code size} bytes between two descriptors, which stay open. */
    FileCopy(Ring ring, int from, int to, long size) {
        this.ring = ring;
        this.from = from;
        this.to = to;
        this.size = size;
    }

    /** Starts the first blocks. The ring's turns do the rest. */
    void start() {
        for (int i = 0; i < IN_FLIGHT && next < size; i++) {
            new Block().begin();
        }
    }

    /** What went wrong first, or null. */
    IOException failure() {
        return failure;
    }

    /** How many reads were in flight at a time, at the most. */
    int mostReads() {
        return mostReads;
    }

    /** A part of the file that is on its way, and after it another one. */
    private final class Block {
        private final MemorySegment memory = arena.allocate(BLOCK_SIZE);
        private final Task task = ring.task(new Context(this, 0, (_, _) -> completed()));
        private long offset;
        private int length;
        private int done;

        void begin() {
            if (next < size && failure == null) {
                offset = next;
                length = (int) Math.min(BLOCK_SIZE, size - next);
                next += length;
                done = 0;
                goOn(Op.READ);
            }
        }

        /** From where the last call has stopped: it may do less than it was asked for. */
        private void goOn(Op op) {
            long address = memory.address() + done;
            if (op == Op.READ) {
                mostReads = Math.max(mostReads, ++reads);
                ring.read(from, address, length - done, offset + done, task);
            } else {
                ring.write(to, address, length - done, offset + done, task);
            }
        }

        private void completed() {
            Op op = task.op();
            if (op == Op.READ) {
                reads--;
            }
            if (task.result() <= 0) {
                fail(op);
                return;
            }
            done += task.result();
            if (done < length) {
                goOn(op);
            } else if (op == Op.READ) {
                done = 0;
                goOn(Op.WRITE);
            } else {
                begin();
            }
        }

        /** The blocks that are on their way end theirs, and no other one begins. */
        private void fail(Op op) {
            if (failure == null) {
                failure = task.result() < 0
                        ? Errno.toException(op + " at " + (offset + done), task.errno())
                        : new EOFException(op + " at " + (offset + done) + " did nothing");
            }
        }
    }

    /**
     * Copies a file; another one of the target's name is replaced. When it returns, the disk has
     * the copy.
     *
     * @throws IOException if that fails, with a part of the copy left
     */
    static FileCopy copy(Ring ring, String source, String target) throws IOException {
        FileStatus status = new FileStatus();
        finish(ring, ring.stat(source, status, Context.NONE), "stat " + source);
        int from = finish(ring, ring.open(source, OpenFlags.READ, 0, Context.NONE),
                "open " + source);
        try {
            int to = finish(ring, ring.open(target,
                    OpenFlags.WRITE | OpenFlags.CREATE | OpenFlags.TRUNCATE, 0644, Context.NONE),
                    "open " + target);
            try {
                FileCopy copy = new FileCopy(ring, from, to, status.size());
                copy.start();
                ring.run(RunMode.UNTIL_DONE);
                if (copy.failure() != null) {
                    throw copy.failure();
                }
                finish(ring, ring.fsync(to, false, Context.NONE), "fsync " + target);
                return copy;
            } finally {
                finish(ring, ring.close(to, Context.NONE), "close " + target);
            }
        } finally {
            finish(ring, ring.close(from, Context.NONE), "close " + source);
        }
    }

    private static int finish(Ring ring, Task task, String what) throws IOException {
        ring.run(RunMode.UNTIL_DONE);
        if (task.result() < 0) {
            throw Errno.toException(what, task.errno());
        }
        return task.result();
    }

    /**
     * Copies a file and compares checksums.
     *
     * @param args the source and the target, or nothing
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] args) throws IOException {
        if (args.length == 2) {
            copyAndCompare(Path.of(args[0]), Path.of(args[1]));
            return;
        }
        Path source = Files.createTempFile("ourio", ".source");
        Path target = Files.createTempFile("ourio", ".copy");
        try {
            byte[] bytes = new byte[64 << 20];
            new Random(1).nextBytes(bytes);
            Files.write(source, bytes);
            copyAndCompare(source, target);
        } finally {
            Files.delete(source);
            Files.delete(target);
        }
    }

    private static void copyAndCompare(Path source, Path target) throws IOException {
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            FileCopy copy = copy(ring, source.toString(), target.toString());
            System.out.println(copy.size + " bytes copied, up to " + copy.mostReads()
                    + " reads in flight");
        }
        String expected = checksum(source);
        String actual = checksum(target);
        System.out.println("CRC-32C of the source " + expected);
        System.out.println("CRC-32C of the copy   " + actual);
        if (!expected.equals(actual)) {
            throw new IOException(target + " is no copy of " + source);
        }
    }

    /** Of the file as it is, by the JDK's own reads. */
    static String checksum(Path file) throws IOException {
        CRC32C checksum = new CRC32C();
        byte[] buffer = new byte[BLOCK_SIZE];
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                checksum.update(buffer, 0, count);
            }
        }
        return "%08x".formatted(checksum.getValue());
    }
}
