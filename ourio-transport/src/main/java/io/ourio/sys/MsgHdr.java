// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct msghdr} (56 bytes on LP64) and, right behind it, the {@code struct iovec}s (16
 * bytes each) that it points to.
 *
 * <p>The one of macOS and the BSDs has 48 bytes: both lengths have 32 bits, and the flags follow
 * the second at once. To write Linux's is right there too, as the numbers are little endian.
 */
public final class MsgHdr {
    public static final long HEADER_SIZE = 56;
    public static final long IOVEC_SIZE = 16;

    private static final long NAME = 0;
    private static final long NAMELEN = 8;
    private static final long IOV = 16;
    private static final long IOVLEN = 24;
    private static final long CONTROL = 32;
    private static final long CONTROLLEN = 40;
    private static final long FLAGS = flagsAt(Platform.CURRENT);

    private static final boolean BSD = Platform.CURRENT.isBsd();
    private static final Translation TRANSLATION = new Translation(Platform.CURRENT);

    /** All of the memory, to read what a program has said by its address. */
    private static final MemorySegment MEMORY = Libc.mapped(0, Long.MAX_VALUE);

    private MsgHdr() {}

    static long flagsAt(Platform platform) {
        return platform.isBsd() ? 44 : 48;
    }

    /** The bytes that a header with room for {@code iovecs} pieces takes. */
    public static long size(int iovecs) {
        return HEADER_SIZE + iovecs * IOVEC_SIZE;
    }

    /** Writes the piece at {@code index}. */
    public static void iovec(MemorySegment message, int index, long address, int length) {
        long at = HEADER_SIZE + index * IOVEC_SIZE;
        message.set(JAVA_LONG, at, address);
        message.set(JAVA_LONG, at + Long.BYTES, length);
    }

    /** The address of the piece at {@code index}. */
    public static long address(MemorySegment message, int index) {
        return message.get(JAVA_LONG, HEADER_SIZE + index * IOVEC_SIZE);
    }

    /** The length of the piece at {@code index}. */
    public static int length(MemorySegment message, int index) {
        return (int) message.get(JAVA_LONG, HEADER_SIZE + index * IOVEC_SIZE + Long.BYTES);
    }

    /** Writes the header, with no name and no control data, for {@code count} pieces. */
    public static void header(MemorySegment message, int count) {
        name(message, 0, 0);
        pieces(message, message.address() + HEADER_SIZE, count);
        control(message, 0, 0);
        message.set(JAVA_INT, FLAGS, 0);
    }

    /** Writes where the name is, and its length or the room for it. */
    public static void name(MemorySegment message, long address, int length) {
        message.set(JAVA_LONG, NAME, address);
        message.set(JAVA_INT, NAMELEN, length);
    }

    /** Writes where the pieces are, and how many. */
    public static void pieces(MemorySegment message, long address, int count) {
        message.set(JAVA_LONG, IOV, address);
        message.set(JAVA_LONG, IOVLEN, count);
    }

    /** The pieces of the header at {@code address}, without it. */
    public static MemorySegment pieces(long address) {
        MemorySegment message = Libc.mapped(address, HEADER_SIZE);
        return pieces(message.get(JAVA_LONG, IOV), (int) message.get(JAVA_LONG, IOVLEN));
    }

    /** {@code count} pieces at {@code address}, without a header. */
    public static MemorySegment pieces(long address, int count) {
        return Libc.mapped(address, count * IOVEC_SIZE);
    }

    /** The memory of one of such pieces. */
    public static MemorySegment piece(MemorySegment pieces, int index) {
        long at = index * IOVEC_SIZE;
        return Libc.mapped(pieces.get(JAVA_LONG, at), pieces.get(JAVA_LONG, at + Long.BYTES));
    }

    /** How many bytes {@code count} pieces at {@code address} have together. */
    public static long bytes(long address, int count) {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += MEMORY.get(JAVA_LONG, address + i * IOVEC_SIZE + Long.BYTES);
        }
        return bytes;
    }

    /** How many bytes the pieces of the header at {@code address} have together. */
    public static long bytes(long address) {
        return bytes(MEMORY.get(JAVA_LONG, address + IOV),
                (int) MEMORY.get(JAVA_LONG, address + IOVLEN));
    }

    /**
     * Writes a header for what is left of the pieces of the header at {@code address} without
     * their first {@code done} bytes: with no name and no control data, which have gone already.
     */
    public static void rest(long address, long done, MemorySegment message) {
        long pieces = MEMORY.get(JAVA_LONG, address + IOV);
        long end = pieces + MEMORY.get(JAVA_LONG, address + IOVLEN) * IOVEC_SIZE;
        long skip = done;
        int count = 0;
        for (long at = pieces; at < end; at += IOVEC_SIZE) {
            long length = MEMORY.get(JAVA_LONG, at + Long.BYTES);
            long skipped = Math.min(skip, length);
            skip -= skipped;
            if (skipped < length) {
                iovec(message, count++,
                        MEMORY.get(JAVA_LONG, at) + skipped, (int) (length - skipped));
            }
        }
        header(message, count);
    }

    /** The length of the name, or the room for it, in the header at {@code address}. */
    public static int nameLength(long address) {
        return MEMORY.get(JAVA_INT, address + NAMELEN);
    }

    /** The length of the control data, or the room for it, in the header at {@code address}. */
    public static long controlLength(long address) {
        return MEMORY.get(JAVA_LONG, address + CONTROLLEN);
    }

    /** Writes where the control data is, and its length or the room for it. */
    public static void control(MemorySegment message, long address, long length) {
        message.set(JAVA_LONG, CONTROL, address);
        message.set(JAVA_LONG, CONTROLLEN, length);
    }

    /** Where the name is; none has no bytes. */
    public static MemorySegment name(MemorySegment message) {
        return Libc.mapped(message.get(JAVA_LONG, NAME), nameLength(message));
    }

    /** Where the control data is; none has no bytes. */
    public static MemorySegment control(MemorySegment message) {
        return Libc.mapped(message.get(JAVA_LONG, CONTROL), controlLength(message));
    }

    /** Writes what a kernel says of a message that came in. */
    public static void received(
            MemorySegment message, int nameLength, int controlLength, int flags) {
        message.set(JAVA_INT, NAMELEN, nameLength);
        message.set(JAVA_LONG, CONTROLLEN, controlLength);
        message.set(JAVA_INT, FLAGS, flags);
    }

    /** How long a name the kernel has. */
    public static int nameLength(MemorySegment message) {
        return message.get(JAVA_INT, NAMELEN);
    }

    /** How much control data the kernel has written. */
    public static long controlLength(MemorySegment message) {
        return message.get(JAVA_INT, CONTROLLEN);
    }

    /** What the kernel says of the message, {@code MSG_*} with Linux's numbers. */
    public static int flags(MemorySegment message) {
        int flags = message.get(JAVA_INT, FLAGS);
        return BSD ? TRANSLATION.linuxMessageFlags(flags) : flags;
    }
}
