// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.Capabilities;
import io.ourio.Task;
import io.ourio.sys.Linux;
import io.ourio.sys.OpenHow;
import io.ourio.sys.Sqe;
import io.ourio.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/** How each operation is said to the kernel: one arm for one {@link io.ourio.Op}. */
final class Preparation {
    private Preparation() {}

    /** Fills the zeroed SQE at {@code at}, except for its {@code user_data}. */
    static void prepare(MemorySegment sqes, long at, Task task, Capabilities kernel) {
        Sqe.fd(sqes, at, task.fd());
        Sqe.opcode(sqes, at, switch (task.op()) {
            case NOOP -> Uring.OP_NOP;
            case CANCEL -> {
                Sqe.addr(sqes, at, task.offset());
                yield Uring.OP_ASYNC_CANCEL;
            }
            case ACCEPT -> {
                Sqe.opFlags(sqes, at, task.flags());
                yield Uring.OP_ACCEPT;
            }
            case ACCEPT_MULTISHOT -> {
                // A single accept where the kernel has no other, which ends after each connection.
                Sqe.ioprio(sqes, at, kernel.multishotAccept() ? Uring.ACCEPT_MULTISHOT : 0);
                Sqe.opFlags(sqes, at, task.flags());
                yield Uring.OP_ACCEPT;
            }
            case CONNECT -> {
                Sqe.addr(sqes, at, task.address());
                Sqe.off(sqes, at, task.length());
                yield Uring.OP_CONNECT;
            }
            case RECV -> memory(sqes, at, task, Uring.OP_RECV);
            case RECV_MULTISHOT -> {
                Sqe.flags(sqes, at, Uring.SQE_BUFFER_SELECT);
                Sqe.ioprio(sqes, at, Uring.RECV_MULTISHOT);
                Sqe.bufGroup(sqes, at, BufferRing.of(task).id());
                yield Uring.OP_RECV;
            }
            case SEND -> memory(sqes, at, task, Uring.OP_SEND);
            case SENDMSG -> message(sqes, at, task, Uring.OP_SENDMSG);
            case READ -> file(sqes, at, task, Uring.OP_READ);
            case WRITE -> file(sqes, at, task, Uring.OP_WRITE);
            case WRITEV -> file(sqes, at, task, Uring.OP_WRITEV);
            case POLL -> {
                Sqe.opFlags(sqes, at, pollMask(task.flags()));
                yield Uring.OP_POLL_ADD;
            }
            case POLL_MULTISHOT -> {
                Sqe.len(sqes, at, Uring.POLL_ADD_MULTI);
                Sqe.opFlags(sqes, at, pollMask(task.flags()));
                yield Uring.OP_POLL_ADD;
            }
            case SHUTDOWN -> {
                Sqe.len(sqes, at, task.flags());
                yield Uring.OP_SHUTDOWN;
            }
            case CLOSE -> Uring.OP_CLOSE;
            case SOCKET -> {
                Sqe.off(sqes, at, task.flags());
                Sqe.len(sqes, at, task.length());
                yield Uring.OP_SOCKET;
            }
            case READV -> file(sqes, at, task, Uring.OP_READV);
            case SPLICE -> {
                Sqe.fileIndex(sqes, at, task.sourceFd());
                yield file(sqes, at, task, Uring.OP_SPLICE);
            }
            case OPEN -> path(sqes, at, task, Uring.OP_OPENAT);
            case OPEN_AT -> {
                Sqe.addr(sqes, at, task.address());
                Sqe.len(sqes, at, OpenHow.SIZE);
                Sqe.off(sqes, at, task.offset());
                yield Uring.OP_OPENAT2;
            }
            case STAT, LSTAT -> path(sqes, at, task, Uring.OP_STATX);
            case FSYNC -> {
                Sqe.opFlags(sqes, at, task.flags());
                yield Uring.OP_FSYNC;
            }
            case FTRUNCATE -> {
                Sqe.off(sqes, at, task.offset());
                yield Uring.OP_FTRUNCATE;
            }
            case FALLOCATE -> {
                Sqe.addr(sqes, at, task.address());
                Sqe.len(sqes, at, task.flags());
                Sqe.off(sqes, at, task.offset());
                yield Uring.OP_FALLOCATE;
            }
            case UNLINK -> path(sqes, at, task, Uring.OP_UNLINKAT);
            case RENAME -> {
                int opcode = path(sqes, at, task, Uring.OP_RENAMEAT);
                Sqe.len(sqes, at, Linux.AT_FDCWD);
                yield opcode;
            }
            case MKDIR -> path(sqes, at, task, Uring.OP_MKDIRAT);
            case SYMLINK -> path(sqes, at, task, Uring.OP_SYMLINKAT);
            case LINK -> {
                int opcode = path(sqes, at, task, Uring.OP_LINKAT);
                Sqe.len(sqes, at, Linux.AT_FDCWD);
                yield opcode;
            }
            case RECVMSG -> message(sqes, at, task, Uring.OP_RECVMSG);
            case RECVMSG_MULTISHOT -> {
                Sqe.flags(sqes, at, Uring.SQE_BUFFER_SELECT);
                Sqe.ioprio(sqes, at, Uring.RECV_MULTISHOT);
                Sqe.bufGroup(sqes, at, BufferRing.of(task).id());
                yield message(sqes, at, task, Uring.OP_RECVMSG);
            }
            case SEND_ZERO_COPY -> {
                if (!kernel.zeroCopySend()) {
                    yield memory(sqes, at, task, Uring.OP_SEND);
                }
                Sqe.ioprio(sqes, at, Uring.SEND_ZC_REPORT_USAGE);
                yield memory(sqes, at, task, Uring.OP_SEND_ZC);
            }
            case SENDMSG_ZERO_COPY -> {
                if (!kernel.zeroCopySendmsg()) {
                    yield message(sqes, at, task, Uring.OP_SENDMSG);
                }
                Sqe.ioprio(sqes, at, Uring.SEND_ZC_REPORT_USAGE);
                yield message(sqes, at, task, Uring.OP_SENDMSG_ZC);
            }
            case BIND -> {
                Sqe.addr(sqes, at, task.address());
                Sqe.off(sqes, at, task.length());
                yield Uring.OP_BIND;
            }
            case LISTEN -> {
                Sqe.len(sqes, at, task.length());
                yield Uring.OP_LISTEN;
            }
            case FSTAT -> throw new AssertionError("a plain call on every kernel: " + task);
            case TIMER, MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES ->
                    throw new AssertionError("no matter of the kernel's: " + task);
        });
    }

    private static int memory(MemorySegment sqes, long at, Task task, int opcode) {
        Sqe.addr(sqes, at, task.address());
        Sqe.len(sqes, at, task.length());
        Sqe.opFlags(sqes, at, task.flags());
        return opcode;
    }

    private static int message(MemorySegment sqes, long at, Task task, int opcode) {
        Sqe.addr(sqes, at, task.address());
        Sqe.len(sqes, at, 1);
        Sqe.opFlags(sqes, at, task.flags());
        return opcode;
    }

    private static int file(MemorySegment sqes, long at, Task task, int opcode) {
        Sqe.addr(sqes, at, task.address());
        Sqe.len(sqes, at, task.length());
        Sqe.off(sqes, at, task.offset());
        return opcode;
    }

    /** One path, or two with the second in the place of the offset; from the working directory. */
    private static int path(MemorySegment sqes, long at, Task task, int opcode) {
        Sqe.fd(sqes, at, Linux.AT_FDCWD);
        Sqe.opFlags(sqes, at, task.flags());
        return file(sqes, at, task, opcode);
    }

    /** Does nothing but complete. */
    static void noop(MemorySegment sqes, long at) {
        Sqe.fd(sqes, at, -1);
        Sqe.opcode(sqes, at, Uring.OP_NOP);
    }

    /** The kernel wants the halves of the mask swapped on big-endian machines. */
    static int pollMask(int mask) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
                ? Integer.rotateLeft(mask, 16)
                : mask;
    }
}
