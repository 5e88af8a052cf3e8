// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.RecvmsgOut;
import io.ourio.sys.SockAddr;
import io.ourio.sys.UnixAddr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Reads the messages that {@link Ring#recvmsgMultishot} receives, one after the other:
 *
 * <pre>{@code
 * void onCompletion(Ring ring, Task task) {
 *     if (task.result() >= 0) {
 *         reader.read(task);
 *         use(reader.payload(), reader.from());
 *     }
 * }
 * }</pre>
 *
 * <p>It says to the kernel how much room a buffer has for what travels beside the bytes, and so it
 * serves one task at a time. What it returns lies in the {@link BufferGroup}, and is valid until
 * the callback returns, or as long as the buffer is lent out. The ring's thread makes every call.
 */
public final class MessageReader implements ReceivedMessage {
    private static final int NAME = RecvmsgOut.SIZE;
    private static final int CONTROL = NAME + SockAddr.SIZE;

    private final BufferGroup group;
    private final int payload;

    /** A {@code struct msghdr} of which the kernel reads two lengths. */
    private final MemorySegment header =
            Arena.ofAuto().allocate(MsgHdr.HEADER_SIZE, Long.BYTES);

    private long at;
    private int length;

    /**
     * A reader of messages in {@code group}.
     *
     * @param controlCapacity room for control data in bytes, 0 to {@link Message#MAX_CONTROL}, a
     *     multiple of 8
     * @throws IllegalArgumentException naming what is wrong with the group or the capacity
     */
    public MessageReader(BufferGroup group, int controlCapacity) {
        this.group = group;
        if (!group.oneMessageEach) {
            throw new IllegalArgumentException("messages do not share a buffer: the group must come"
                    + " from messageBuffers()");
        }
        payload = CONTROL + Message.checkControl(controlCapacity);
        if (controlCapacity % 8 != 0) {
            throw new IllegalArgumentException(
                    "controlCapacity " + controlCapacity + " is no multiple of 8");
        }
        if (payload >= group.bufferSize()) {
            throw new IllegalArgumentException("buffers of " + group.bufferSize() + " bytes have no"
                    + " room for a message behind the " + payload + " that come first");
        }
        MsgHdr.name(header, 0, SockAddr.SIZE);
        MsgHdr.control(header, 0, controlCapacity);
    }

    /** Where the messages lie. */
    public BufferGroup group() {
        return group;
    }

    long header() {
        return header.address();
    }

    /** How many bytes of a message a buffer has room for. */
    public int capacity() {
        return group.bufferSize() - payload;
    }

    /**
     * Turns to the message that {@code task} has received just now.
     *
     * @throws IllegalArgumentException if it has received none
     */
    public void read(Task task) {
        if (task.bufferId() < 0 || task.op() != Op.RECVMSG_MULTISHOT) {
            throw new IllegalArgumentException(task + " has received no message");
        }
        at = task.bufferOffset();
        length = task.result() - payload;
    }

    /** How many bytes the message has, or as many as there was room for. */
    public int payloadLength() {
        return length;
    }

    /** How many bytes the message had, more than there are if it was cut. */
    public int messageLength() {
        return RecvmsgOut.payloadLength(group.memory(), at);
    }

    /** Where in the {@linkplain BufferGroup#memory() memory of the group} they begin. */
    public long payloadOffset() {
        return at + payload;
    }

    /** The bytes of the message. */
    public MemorySegment payload() {
        return group.memory().asSlice(payloadOffset(), length);
    }

    @Override
    public InetSocketAddress from() {
        return RecvmsgOut.nameLength(group.memory(), at) == 0 ? null
                : SockAddr.decode(group.memory().asSlice(at + NAME, SockAddr.SIZE));
    }

    @Override
    public String fromPath() {
        return UnixAddr.decode(group.memory().asSlice(at + NAME, SockAddr.SIZE),
                RecvmsgOut.nameLength(group.memory(), at));
    }

    @Override
    public List<ControlMessage> controls() {
        int there = Math.min(
                RecvmsgOut.controlLength(group.memory(), at), payload - CONTROL);
        return ControlMessage.parse(group.memory().asSlice(at + CONTROL, there));
    }

    @Override
    public boolean isTruncated() {
        return (RecvmsgOut.flags(group.memory(), at) & Linux.MSG_TRUNC) != 0;
    }

    @Override
    public boolean isControlTruncated() {
        return (RecvmsgOut.flags(group.memory(), at) & Linux.MSG_CTRUNC) != 0;
    }
}
