// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.MessageReader;
import io.ourio.Task;
import io.ourio.backend.ProvidedBuffers;

/** Provided buffers that the ring's thread fills: the one used last first, for the cache. */
final class MemoryBuffers extends ProvidedBuffers {
    static final int NONE = -1;

    private final ReadinessBackend backend;
    private final int[] free;
    private int freeCount;

    MemoryBuffers(ReadinessBackend backend, int count, int size) {
        super(count, size, Long.BYTES);
        this.backend = backend;
        free = new int[count];
        provideAll();
    }

    /** The ones that a task receives into. */
    static MemoryBuffers of(Task task) {
        return task.resource() instanceof MessageReader reader
                ? (MemoryBuffers) reader.group() : (MemoryBuffers) task.resource();
    }

    /** The buffer that is to be filled next, or {@link #NONE}. */
    int next() {
        return freeCount == 0 ? NONE : free[freeCount - 1];
    }

    long address(int buffer) {
        return memory().address() + offset(buffer);
    }

    /** Takes the {@link #next} buffer, whose bytes are told now. */
    void fill(int buffer) {
        freeCount--;
        assert free[freeCount] == buffer : buffer;
        delivering(buffer);
        used(buffer);
    }

    @Override
    protected void provide(int buffer) {
        free[freeCount++] = buffer;
    }

    @Override
    protected boolean isOwner() {
        return backend.isOwner();
    }

    @Override
    protected void wakeup() {
        backend.wakeup();
    }
}
