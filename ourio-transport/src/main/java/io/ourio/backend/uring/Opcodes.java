// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.KernelException;
import io.ourio.sys.Libc;
import io.ourio.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Which opcodes the kernel has ({@code struct io_uring_probe}), and which a ring may use. */
final class Opcodes {
    private static final int MAX = 256;
    private static final int HEADER = 16;
    private static final int ENTRY = 8;
    private static final int OP_SUPPORTED = 1;
    private static final int RESTRICTION_SIZE = 16;

    /** All that {@link UringBackend} ever submits. */
    private static final int[] USED = {
        Uring.OP_NOP, Uring.OP_READV, Uring.OP_WRITEV, Uring.OP_FSYNC, Uring.OP_POLL_ADD,
        Uring.OP_SENDMSG, Uring.OP_RECVMSG, Uring.OP_ACCEPT, Uring.OP_ASYNC_CANCEL,
        Uring.OP_CONNECT, Uring.OP_FALLOCATE, Uring.OP_OPENAT, Uring.OP_CLOSE, Uring.OP_STATX,
        Uring.OP_READ, Uring.OP_WRITE, Uring.OP_SEND, Uring.OP_RECV, Uring.OP_OPENAT2,
        Uring.OP_SPLICE, Uring.OP_SHUTDOWN, Uring.OP_RENAMEAT, Uring.OP_UNLINKAT,
        Uring.OP_MKDIRAT, Uring.OP_SYMLINKAT, Uring.OP_LINKAT, Uring.OP_SOCKET, Uring.OP_SEND_ZC,
        Uring.OP_SENDMSG_ZC, Uring.OP_FTRUNCATE, Uring.OP_BIND, Uring.OP_LISTEN
    };

    /** All that is registered once the ring is enabled. */
    private static final int[] REGISTERED_LATER = {
        Uring.REGISTER_EVENTFD, Uring.REGISTER_RING_FDS, Uring.UNREGISTER_RING_FDS,
        Uring.REGISTER_PBUF_RING, Uring.UNREGISTER_PBUF_RING
    };

    private final MemorySegment probe;

    Opcodes(Libc libc, Arena arena, int ringFd) {
        probe = arena.allocate(HEADER + MAX * ENTRY, Long.BYTES);
        int result = libc.syscall(
                Uring.SYS_REGISTER, ringFd, Uring.REGISTER_PROBE, probe.address(), MAX);
        if (result < 0) {
            throw new KernelException("io_uring_register(PROBE)", -result, "");
        }
    }

    boolean supports(int opcode) {
        int lastOp = probe.get(JAVA_BYTE, 0) & 0xff;
        return opcode <= lastOp
                && (probe.get(JAVA_SHORT, HEADER + opcode * ENTRY + 2L) & OP_SUPPORTED) != 0;
    }

    /** Forbids the ring, once it is enabled, everything that the runtime does not use. */
    void restrict(Libc libc, Arena arena, int ringFd, boolean messages) {
        MemorySegment list = arena.allocate(
                (USED.length + REGISTERED_LATER.length + 2L) * RESTRICTION_SIZE, Integer.BYTES);
        int count = 0;
        for (int opcode : USED) {
            if (supports(opcode)) {
                restriction(list, count++, Uring.RESTRICTION_SQE_OP, opcode);
            }
        }
        for (int opcode : REGISTERED_LATER) {
            restriction(list, count++, Uring.RESTRICTION_REGISTER_OP, opcode);
        }
        if (messages) {
            restriction(list, count++, Uring.RESTRICTION_SQE_OP, Uring.OP_MSG_RING);
        }
        restriction(list, count++, Uring.RESTRICTION_SQE_FLAGS_ALLOWED, Uring.SQE_BUFFER_SELECT
                | (messages ? Uring.SQE_CQE_SKIP_SUCCESS : 0));
        int result = libc.syscall(Uring.SYS_REGISTER,
                ringFd, Uring.REGISTER_RESTRICTIONS, list.address(), count);
        if (result < 0) {
            throw new KernelException("io_uring_register(RESTRICTIONS)", -result,
                    "turn them off with -Dio.ourio.uring.disable=restrictions");
        }
    }

    private static void restriction(MemorySegment list, int index, int kind, int value) {
        long at = (long) index * RESTRICTION_SIZE;
        list.set(JAVA_SHORT, at, (short) kind);
        list.set(JAVA_BYTE, at + 2, (byte) value);
    }
}
