// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.MsgHdr;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The memory that a task names, in one piece or several, as a kernel reads and fills it. */
final class TaskMemory {
    private TaskMemory() {}

    /** How many bytes the task asks for. */
    static int size(Task task) {
        return switch (task.op()) {
            case SENDMSG, SENDMSG_ZERO_COPY, RECVMSG, READV, WRITEV -> Math.toIntExact(
                    pieces(task).stream().mapToLong(MemorySegment::byteSize).sum());
            default -> task.length(); // Of some operations it is no length of memory.
        };
    }

    static byte[] read(Task task) {
        MemorySegment all = MemorySegment.ofArray(new byte[size(task)]);
        long at = 0;
        for (MemorySegment piece : pieces(task)) {
            all.asSlice(at, piece.byteSize()).copyFrom(piece);
            at += piece.byteSize();
        }
        return all.toArray(JAVA_BYTE);
    }

    /** There must be room. */
    static void write(Task task, byte[] bytes) {
        MemorySegment all = MemorySegment.ofArray(bytes);
        long at = 0;
        for (MemorySegment piece : pieces(task)) {
            long length = Math.min(piece.byteSize(), bytes.length - at);
            piece.copyFrom(all.asSlice(at, length));
            at += length;
        }
    }

    private static List<MemorySegment> pieces(Task task) {
        return switch (task.op()) {
            case SENDMSG, SENDMSG_ZERO_COPY, RECVMSG -> pieces(MsgHdr.pieces(task.address()));
            case READV, WRITEV -> pieces(MsgHdr.pieces(task.address(), task.length()));
            default -> List.of(Libc.mapped(task.address(), task.length()));
        };
    }

    private static List<MemorySegment> pieces(MemorySegment array) {
        List<MemorySegment> pieces = new ArrayList<>();
        for (int i = 0; i < array.byteSize() / MsgHdr.IOVEC_SIZE; i++) {
            pieces.add(MsgHdr.piece(array, i));
        }
        return pieces;
    }
}
