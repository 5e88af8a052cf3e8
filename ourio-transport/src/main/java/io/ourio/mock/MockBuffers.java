// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ourio.BufferGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Provided buffers without a kernel: each completion takes the one that is free longest. */
final class MockBuffers extends BufferGroup {
    private final MockBackend backend;
    private final int count;
    private final int size;
    private final MemorySegment memory;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final AtomicIntegerArray loans;

    /** Loans ended by other threads, for the ring's thread to look at. */
    private final Queue<Integer> returned = new ConcurrentLinkedQueue<>();

    MockBuffers(MockBackend backend, int count, int size) {
        this.backend = backend;
        this.count = count;
        this.size = size;
        // Automatic: loans may outlive the ring.
        memory = Arena.ofAuto().allocate((long) count * size, Long.BYTES);
        loans = new AtomicIntegerArray(count);
        for (int id = 0; id < count; id++) {
            free.add(id);
        }
    }

    /** Takes a buffer until it was {@linkplain #delivered delivered}: its number, or -1. */
    int take() {
        if (free.isEmpty()) {
            return -1;
        }
        int id = free.poll();
        loans.incrementAndGet(id);
        return id;
    }

    void fill(int id, byte[] bytes, int length) {
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, (long) id * size, length);
    }

    void delivered(int id) {
        if (loans.decrementAndGet(id) == 0) {
            free.add(id);
        }
    }

    void takeBackReturned() {
        for (Integer id = returned.poll(); id != null; id = returned.poll()) {
            free.add(id);
        }
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public int bufferSize() {
        return size;
    }

    @Override
    public int bufferCount() {
        return count;
    }

    @Override
    public int available() {
        return free.size();
    }

    @Override
    public void lend(int id) {
        loans.incrementAndGet(id);
    }

    @Override
    public void giveBack(int id) {
        int left = loans.decrementAndGet(id);
        if (left < 0) {
            loans.incrementAndGet(id);
            throw new IllegalStateException("buffer " + id + " was given back too often");
        }
        if (left > 0) {
            return;
        }
        if (backend.isOwner()) {
            free.add(id);
        } else {
            returned.add(id);
            backend.wakeup(); // Readers may wait for a buffer.
        }
    }
}
