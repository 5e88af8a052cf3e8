// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.foreign.MemorySegment;

/**
 * Receive buffers of one ring that the kernel picks from when data arrives, so that a connection
 * which waits holds no memory. A completion of {@link Ring#recvMultishot} names the buffer and the
 * place: {@link Task#bufferId()}, {@link Task#bufferOffset()}, {@link Task#result()} bytes.
 *
 * <p>Those bytes stay valid until the callback returns, unless it {@linkplain #lend lends} the
 * buffer out. Several completions may lie in one buffer. The ring's thread makes every call but
 * {@link #giveBack}.
 */
public abstract class BufferGroup {
    /** Whose buffers these are; null if nobody's. */
    Backend backend;

    /** Whether the kernel begins another buffer with each message. */
    boolean oneMessageEach;

    /** For the backends only. */
    protected BufferGroup() {}

    /** The memory of all the buffers, valid until the ring is closed. */
    public abstract MemorySegment memory();

    /** The size of one buffer in bytes. */
    public abstract int bufferSize();

    /** How many buffers there are. */
    public abstract int bufferCount();

    /** How many buffers the kernel can pick from now. */
    public abstract int available();

    /**
     * Keeps a buffer out of the kernel's hands beyond the callback, until {@link #giveBack} was
     * called as often as this.
     *
     * @param id the buffer that the completion at hand named
     */
    public abstract void lend(int id);

    /**
     * Ends one loan. Any thread may call it; the kernel gets the buffer in the ring's next turn.
     */
    public abstract void giveBack(int id);
}
