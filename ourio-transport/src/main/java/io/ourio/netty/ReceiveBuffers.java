// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.ourio.BufferGroup;
import java.nio.ByteBuffer;

/**
 * The provided buffers of one event loop, as the loop's channels see them. What arrives is copied
 * out or, if it is large and enough buffers are left, lent out without a copy.
 */
final class ReceiveBuffers {
    /** From this size on, in bytes, a copy costs more than the bookkeeping of a loan. */
    private static final int MIN_LOAN = 16 * 1024;

    /** What the buffers of one loop were used for; counted by its thread alone. */
    static final class Counters {
        long bytesCopied;
        long bytesLent;
        long loans;
    }

    private final BufferGroup group;
    private final Counters counters;

    /** All the memory of the group; its position and limit are scratch. */
    private final ByteBuffer view;

    ReceiveBuffers(BufferGroup group, Counters counters) {
        this.group = group;
        this.counters = counters;
        view = group.memory().asByteBuffer();
    }

    BufferGroup group() {
        return group;
    }

    int bufferSize() {
        return group.bufferSize();
    }

    /** Copies bytes to the end of {@code into}, which has room for them. */
    void copy(long offset, int length, ByteBuf into) {
        view.clear().limit((int) offset + length).position((int) offset);
        into.writeBytes(view);
        counters.bytesCopied += length;
    }

    /**
     * Whether to lend. Readers may keep what they are lent for ever, and wait for more data
     * meanwhile, so half of the buffers always stay with the kernel.
     */
    boolean canLend(int length) {
        return length >= MIN_LOAN && group.available() > group.bufferCount() / 2;
    }

    /** The bytes themselves. The kernel gets the buffer back when this is released. */
    ByteBuf lend(int bufferId, long offset, int length) {
        view.clear();
        counters.bytesLent += length;
        counters.loans++;
        return new Loan(group, bufferId, view.slice((int) offset, length));
    }

    private static final class Loan extends UnpooledDirectByteBuf {
        private final BufferGroup group;
        private final int bufferId;

        Loan(BufferGroup group, int bufferId, ByteBuffer bytes) {
            super(UnpooledByteBufAllocator.DEFAULT, bytes, bytes.capacity());
            this.group = group;
            this.bufferId = bufferId;
            group.lend(bufferId);
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            group.giveBack(bufferId);
        }
    }
}
