// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.MessageReader;
import io.ourio.Task;
import io.ourio.backend.ProvidedBuffers;
import io.ourio.sys.BufRing;
import io.ourio.sys.Libc;
import io.ourio.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Provided buffers in a ring that the kernel reads. A buffer is with the kernel until a completion
 * says that it is used up; incremental ones are filled by several.
 */
final class BufferRing extends ProvidedBuffers {
    private final UringBackend backend;
    private final int id;
    private final boolean incremental;

    /** Lives as long as this object. */
    private final MemorySegment entries;

    /** How far the kernel has filled each buffer that it has. */
    private final int[] filled;

    private int tail;

    BufferRing(UringBackend backend, Libc libc, int ringFd, int id, int count, int size,
            boolean incremental) {
        super(count, size, libc.pageSize());
        this.backend = backend;
        this.id = id;
        this.incremental = incremental;
        filled = new int[count];
        entries = Arena.ofAuto().allocate(count * BufRing.ENTRY_SIZE, libc.pageSize());
        register(libc, ringFd);
        provideAll();
    }

    private void register(Libc libc, int ringFd) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment reg = call.allocate(BufRing.REG_SIZE, Long.BYTES);
            BufRing.registration(reg, entries.address(), bufferCount(), id,
                    incremental ? Uring.PBUF_RING_INC : 0);
            int result = libc.syscall(Uring.SYS_REGISTER,
                    ringFd, Uring.REGISTER_PBUF_RING, reg.address(), 1);
            if (result < 0) {
                throw new KernelException("io_uring_register(PBUF_RING)", -result,
                        result == -Errno.ENOMEM ? RingSetup.MORE_MEMORY : "");
            }
        }
    }

    /** The one that a task receives into. */
    static BufferRing of(Task task) {
        return task.resource() instanceof MessageReader reader
                ? (BufferRing) reader.group() : (BufferRing) task.resource();
    }

    int id() {
        return id;
    }

    /** Takes note of a completion's bytes. Returns where in {@link #memory()} they are. */
    long fill(int buffer, int length, boolean kernelKeeps) {
        delivering(buffer);
        long offset = offset(buffer) + filled[buffer];
        assert filled[buffer] + length <= bufferSize() : buffer + " " + length;
        if (kernelKeeps) {
            filled[buffer] += length;
        } else {
            used(buffer);
        }
        return offset;
    }

    @Override
    protected void provide(int buffer) {
        filled[buffer] = 0;
        BufRing.entry(entries, tail & bufferCount() - 1,
                memory().address() + offset(buffer), bufferSize(), buffer);
        tail++;
        BufRing.tail(entries, tail);
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
