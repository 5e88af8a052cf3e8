// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.BufferGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Provided buffers apart from who fills them: a buffer that was filled comes back when its callback
 * has returned and no loan of it is left. The ring's thread makes every call but {@link #giveBack}.
 */
public abstract class ProvidedBuffers extends BufferGroup {
    private final int bufferCount;
    private final int bufferSize;

    /** Freed when neither the ring nor anybody with a loan refers to this object. */
    private final MemorySegment memory;

    /** Buffers that are filled and have not come back. */
    private final boolean[] used;

    private final AtomicIntegerArray loans;

    /** Loans ended by other threads, for the ring's thread to look at. */
    private final AtomicIntegerArray returned;
    private final AtomicBoolean anyReturned = new AtomicBoolean();

    private int available;

    /** The buffer whose bytes a callback is reading, or -1. */
    private int delivering = -1;

    /** Buffers of which none is provided yet. */
    protected ProvidedBuffers(int count, int size, long alignment) {
        bufferCount = count;
        bufferSize = size;
        used = new boolean[count];
        loans = new AtomicIntegerArray(count);
        returned = new AtomicIntegerArray(count + Integer.SIZE - 1 >>> 5);
        memory = Arena.ofAuto().allocate((long) count * size, alignment);
    }

    /** Hands a buffer to who fills it. */
    protected abstract void provide(int buffer);

    /** Whether this is the ring's thread. */
    protected abstract boolean isOwner();

    /** Ends the ring's sleep. */
    protected abstract void wakeup();

    /** Hands out all buffers, once, when who fills them is ready. */
    protected final void provideAll() {
        for (int buffer = 0; buffer < bufferCount; buffer++) {
            used[buffer] = true;
            recycle(buffer);
        }
    }

    /** Where in {@link #memory()} the buffer begins. */
    public final long offset(int buffer) {
        return (long) buffer * bufferSize;
    }

    /** Says that {@code buffer} holds what the next callback is told. */
    protected final void delivering(int buffer) {
        assert !used[buffer] : buffer;
        delivering = buffer;
    }

    /** Says that nobody fills {@code buffer} any more until it is provided again. */
    protected final void used(int buffer) {
        used[buffer] = true;
        available--;
    }

    /** After the callback: the buffer goes back, unless it was lent out. */
    public final void delivered(int buffer) {
        delivering = -1;
        recycle(buffer);
    }

    private void recycle(int buffer) {
        if (used[buffer] && buffer != delivering && loans.get(buffer) == 0) {
            used[buffer] = false;
            available++;
            provide(buffer);
        }
    }

    /** Takes back what other threads have returned. */
    public final void recycleReturned() {
        if (!anyReturned.get()) {
            return;
        }
        anyReturned.set(false);
        for (int word = 0; word < returned.length(); word++) {
            int bits = returned.getAndSet(word, 0);
            while (bits != 0) {
                recycle((word << 5) + Integer.numberOfTrailingZeros(bits));
                bits &= bits - 1;
            }
        }
    }

    @Override
    public final MemorySegment memory() {
        return memory;
    }

    @Override
    public final int bufferSize() {
        return bufferSize;
    }

    @Override
    public final int bufferCount() {
        return bufferCount;
    }

    @Override
    public final int available() {
        return available;
    }

    @Override
    public final void lend(int buffer) {
        loans.incrementAndGet(buffer);
    }

    @Override
    public final void giveBack(int buffer) {
        int left = loans.decrementAndGet(buffer);
        if (left < 0) {
            loans.incrementAndGet(buffer);
            throw new IllegalStateException("buffer " + buffer + " was given back too often");
        }
        if (left > 0) {
            return;
        }
        if (isOwner()) {
            recycle(buffer);
        } else {
            returned.getAndAccumulate(buffer >>> 5, 1 << buffer, (bits, bit) -> bits | bit);
            anyReturned.set(true);
            wakeup(); // Cheap unless the ring sleeps, and then readers may wait for a buffer.
        }
    }
}
