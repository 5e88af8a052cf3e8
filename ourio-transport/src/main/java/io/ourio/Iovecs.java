// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.MsgHdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Pieces of native memory for one gathered write or scattered read, in the form that the kernel
 * reads. Taken from a ring by {@link Ring#iovecs()}, filled, given to {@link Ring#sendmsg}, {@link
 * Ring#writev} or {@link Ring#readv}, and {@linkplain #release released} in the callback of that
 * task. The ring's thread makes every call.
 *
 * <p>The pieces belong to whoever added them and must stay as they are until that callback.
 */
public final class Iovecs {
    /** The most pieces that one call takes: {@code UIO_MAXIOV} of Linux. */
    public static final int CAPACITY = 1024;

    private final Ring ring;
    private final MemorySegment memory;
    private int count;
    private boolean released;

    /** How many tasks have it that have not completed. */
    private int users;

    private long bytes;

    Iovecs(Ring ring, Arena arena) {
        this.ring = ring;
        memory = arena.allocate(MsgHdr.size(CAPACITY), Long.BYTES);
    }

    /**
     * Adds a piece. Nothing about the address is checked.
     *
     * @throws IllegalArgumentException if {@code length} is negative
     * @throws IllegalStateException if there are {@link #CAPACITY} pieces already
     */
    public void add(long address, int length) {
        if (length < 0) {
            throw new IllegalArgumentException("length " + length + " is negative");
        }
        if (count == CAPACITY) {
            throw new IllegalStateException("there is room for " + CAPACITY + " pieces");
        }
        MsgHdr.iovec(memory, count++, address, length);
        bytes += length;
    }

    /** How many pieces there are. */
    public int count() {
        return count;
    }

    /** How many bytes they have together. */
    public long bytes() {
        return bytes;
    }

    /** The piece at {@code index}: its address. */
    public long address(int index) {
        return MsgHdr.address(memory, Objects.checkIndex(index, count));
    }

    /** The piece at {@code index}: its length in bytes. */
    public int length(int index) {
        return MsgHdr.length(memory, Objects.checkIndex(index, count));
    }

    /**
     * Gives this back to the ring. It must not be used any more.
     *
     * @throws IllegalStateException if it was given back already, or a task has it
     * @throws WrongThreadException from another thread than the ring's
     */
    public void release() {
        ring.checkThread();
        if (released) {
            throw new IllegalStateException("the pieces were released already");
        }
        if (users > 0) {
            throw new IllegalStateException("the pieces are in use by a task; release them in its"
                    + " callback");
        }
        released = true;
        ring.release(this);
    }

    /** A task has it from now on, and says when it has completed. */
    void begin() {
        if (released) {
            throw new IllegalStateException("the pieces were released; take others from the ring");
        }
        users++;
    }

    void end() {
        users--;
    }

    /** Taken again. */
    Iovecs empty() {
        released = false;
        count = 0;
        bytes = 0;
        return this;
    }

    /** The address of a {@code struct msghdr} for the pieces. */
    long header() {
        MsgHdr.header(memory, count);
        return memory.address();
    }

    /** The address of the first {@code struct iovec}. */
    long address() {
        return memory.address() + MsgHdr.HEADER_SIZE;
    }
}
