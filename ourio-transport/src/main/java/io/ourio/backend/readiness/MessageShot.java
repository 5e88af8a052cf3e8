// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Task;
import io.ourio.backend.PlainCalls;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.RecvmsgOut;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One message of a multishot recvmsg, laid out in its buffer as io_uring does. */
final class MessageShot {
    private final MemorySegment header;

    MessageShot(Arena arena) {
        header = arena.allocate(MsgHdr.size(1), Long.BYTES);
    }

    /** Receives into {@code buffer}: the bytes of it that are used, or what the call said. */
    int receive(PlainCalls calls, Task task, MemoryBuffers buffers, int buffer) {
        int nameRoom = MsgHdr.nameLength(task.address());
        int controlRoom = (int) MsgHdr.controlLength(task.address());
        long name = buffers.address(buffer) + RecvmsgOut.SIZE;
        int before = payloadOffset(task);
        MsgHdr.header(header, 1);
        MsgHdr.iovec(header, 0, buffers.address(buffer) + before, buffers.bufferSize() - before);
        MsgHdr.name(header, name, nameRoom);
        MsgHdr.control(header, controlRoom == 0 ? 0 : name + nameRoom, controlRoom);
        int length = calls.recvmsg(task.fd(), header.address(), task.flags());
        if (length < 0) {
            return length;
        }
        RecvmsgOut.set(buffers.memory(), buffers.offset(buffer), MsgHdr.nameLength(header),
                (int) MsgHdr.controlLength(header), length, MsgHdr.flags(header));
        return before + Math.min(length, buffers.bufferSize() - before);
    }

    /** How many bytes of a buffer come before those of the message. */
    static int payloadOffset(Task task) {
        return RecvmsgOut.SIZE + MsgHdr.nameLength(task.address())
                + (int) MsgHdr.controlLength(task.address());
    }
}
