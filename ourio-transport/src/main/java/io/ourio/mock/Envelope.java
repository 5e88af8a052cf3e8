// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.ourio.ControlMessage;
import io.ourio.Task;
import io.ourio.sys.CmsgHdr;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.RecvmsgOut;
import io.ourio.sys.SockAddr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * What travels beside the bytes of a message that is received, and where a kernel puts all of it.
 *
 * @param from null if that is not said
 * @param controls the pieces of control data
 */
record Envelope(InetSocketAddress from, List<Control> controls) {
    static final Envelope NONE = new Envelope(null, List.of());

    /** Control data in memory of its own. */
    record Control(int level, int type, byte[] data) {}

    static Envelope of(InetSocketAddress from, List<ControlMessage> controls) {
        return new Envelope(from, controls.stream().map(control -> new Control(
                control.level(), control.type(), control.data().toArray(JAVA_BYTE))).toList());
    }

    /** Fills the header and the pieces of a task of one shot. Returns how many bytes went in. */
    int inHeader(Task task, byte[] bytes) {
        MemorySegment header = Libc.mapped(task.address(), MsgHdr.HEADER_SIZE);
        int length = Math.min(bytes.length, TaskMemory.size(task));
        TaskMemory.write(task, Arrays.copyOf(bytes, length));
        int name = fillName(MsgHdr.name(header));
        int control = fillControl(MsgHdr.control(header));
        MsgHdr.received(header, name, control, flags(length < bytes.length, control));
        return length;
    }

    /** The content of a provided buffer of {@code size} bytes: see {@link RecvmsgOut}. */
    byte[] inBuffer(Task task, byte[] bytes, int size) {
        MemorySegment header = Libc.mapped(task.address(), MsgHdr.HEADER_SIZE);
        int nameRoom = MsgHdr.nameLength(header);
        int controlRoom = (int) MsgHdr.controlLength(header);
        int payload = RecvmsgOut.SIZE + nameRoom + controlRoom;
        int length = Math.min(bytes.length, size - payload);
        try (Arena call = Arena.ofConfined()) {
            MemorySegment buffer = call.allocate(payload + length, Long.BYTES);
            int name = fillName(buffer.asSlice(RecvmsgOut.SIZE, nameRoom));
            int control = fillControl(buffer.asSlice(RecvmsgOut.SIZE + nameRoom, controlRoom));
            RecvmsgOut.set(buffer, 0, name, control, bytes.length,
                    flags(length < bytes.length, control));
            MemorySegment.copy(bytes, 0, buffer, JAVA_BYTE, payload, length);
            return buffer.toArray(JAVA_BYTE);
        }
    }

    private int flags(boolean cut, int control) {
        int all = controls.stream().mapToInt(one -> (int) CmsgHdr.space(one.data.length)).sum();
        return (cut ? Linux.MSG_TRUNC : 0) | (control < all ? Linux.MSG_CTRUNC : 0);
    }

    private int fillName(MemorySegment room) {
        if (from == null || room.byteSize() < SockAddr.SIZE) {
            return 0; // Of a header of ours, which has room for every address or for none.
        }
        int family = from.getAddress() instanceof Inet6Address ? Linux.AF_INET6 : Linux.AF_INET;
        return SockAddr.encode(from, family, room);
    }

    /** Returns how much of the room was used. A piece that does not fit ends it. */
    private int fillControl(MemorySegment room) {
        long at = 0;
        for (Control control : controls) {
            byte[] data = control.data;
            if (CmsgHdr.space(data.length) > room.byteSize() - at) {
                break;
            }
            CmsgHdr.set(room, at, control.level, control.type, data.length);
            MemorySegment.copy(data, 0, room, JAVA_BYTE, at + CmsgHdr.SIZE, data.length);
            at += CmsgHdr.space(data.length);
        }
        return (int) at;
    }
}
