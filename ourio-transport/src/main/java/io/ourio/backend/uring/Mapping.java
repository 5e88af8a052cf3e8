// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.KernelException;
import io.ourio.sys.Cqe;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.Sqe;
import io.ourio.sys.Uring;
import io.ourio.sys.UringParams;
import java.lang.foreign.MemorySegment;

/** The two pieces of memory that a ring shares with the kernel, from set-up to close. */
final class Mapping {
    private final MemorySegment rings;
    private final MemorySegment sqes;

    private Mapping(MemorySegment rings, MemorySegment sqes) {
        this.rings = rings;
        this.sqes = sqes;
    }

    static Mapping of(Libc libc, int ringFd, MemorySegment params, boolean array) {
        int sqEntries = UringParams.get(params, "sq_entries");
        long sqSize = array ? UringParams.sqOff(params, "array") + sqEntries * 4L : 0;
        long cqSize = UringParams.cqOff(params, "cqes")
                + UringParams.get(params, "cq_entries") * Cqe.SIZE;
        MemorySegment rings = map(libc, ringFd, Uring.OFF_SQ_RING, Math.max(sqSize, cqSize));
        try {
            return new Mapping(rings, map(libc, ringFd, Uring.OFF_SQES, sqEntries * Sqe.SIZE));
        } catch (KernelException e) {
            libc.munmap(rings.address(), rings.byteSize());
            throw e;
        }
    }

    MemorySegment rings() {
        return rings;
    }

    MemorySegment sqes() {
        return sqes;
    }

    void unmap(Libc libc) {
        libc.munmap(sqes.address(), sqes.byteSize());
        libc.munmap(rings.address(), rings.byteSize());
    }

    private static MemorySegment map(Libc libc, int ringFd, long offset, long size) {
        long address = libc.mmap(0, size, Linux.PROT_READ | Linux.PROT_WRITE,
                Linux.MAP_SHARED | Linux.MAP_POPULATE, ringFd, offset);
        if (address < 0 && address > -4096) {
            throw new KernelException("mmap of an io_uring", (int) -address,
                    "the limits of memory (ulimit -v, ulimit -l) are the usual cause");
        }
        return Libc.mapped(address, size);
    }
}
