// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.ourio.Iovecs;
import io.ourio.Ring;
import io.ourio.Task;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The memory of one send: pieces of the buffers that were flushed. While a task sends them the
 * buffers are retained here, and released by {@link #clear} in the callback of that task.
 */
final class Pieces implements ChannelOutboundBuffer.MessageProcessor {
    private Ring ring;
    private Iovecs iovecs;
    private ByteBuf[] buffers = new ByteBuf[2];
    private int bufferCount;
    private boolean retained;
    private int count;
    private long bytes;
    private long room;
    private long firstAddress;
    private int firstLength;

    /** Takes pieces of what is flushed, up to {@code maxBytes} and the first that is no buffer. */
    void gather(ChannelOutboundBuffer in, Ring ring, int maxBytes) throws Exception {
        assert bufferCount == 0;
        this.ring = ring;
        room = maxBytes;
        try {
            in.forEachFlushedMessage(this);
        } catch (Throwable failure) {
            clear();
            throw failure;
        }
    }

    long bytes() {
        return bytes;
    }

    int trySend(Ring ring, int fd) {
        return count == 1
                ? ring.trySend(fd, firstAddress, firstLength)
                : ring.trySendmsg(fd, iovecs);
    }

    /** Starts a task that sends all, and holds the buffers until {@link #clear}. */
    void send(Ring ring, int fd, Task task) {
        hold();
        if (count == 1) {
            ring.send(fd, firstAddress, firstLength, Ring.MSG_WAITALL, task);
        } else {
            ring.sendmsg(fd, iovecs, Ring.MSG_WAITALL, task);
        }
    }

    /** The same without a copy; {@link #clear} is to be called at its last completion. */
    void sendZeroCopy(Ring ring, int fd, Task task) {
        hold();
        if (count == 1) {
            ring.sendZeroCopy(fd, firstAddress, firstLength, Ring.MSG_WAITALL, task);
        } else {
            ring.sendmsgZeroCopy(fd, iovecs, Ring.MSG_WAITALL, task);
        }
    }

    private void hold() {
        for (int i = 0; i < bufferCount; i++) {
            buffers[i].retain();
        }
        retained = true;
    }

    /** Lets go of the buffers. */
    void clear() {
        for (int i = 0; i < bufferCount; i++) {
            if (retained) {
                buffers[i].release();
            }
            buffers[i] = null;
        }
        retained = false;
        bufferCount = 0;
        count = 0;
        bytes = 0;
        if (iovecs != null) {
            iovecs.release();
            iovecs = null;
        }
    }

    @Override
    public boolean processMessage(Object message) {
        if (!(message instanceof ByteBuf buffer)) {
            return false; // A file waits for its turn.
        }
        int length = buffer.readableBytes();
        if (length == 0) {
            return bytes > 0; // At the head it is a send of its own, which is none.
        }
        boolean all = buffer.nioBufferCount() == 1
                ? add(Memory.address(buffer, buffer.readerIndex(), length), length)
                : addParts(buffer);
        if (bufferCount == buffers.length) {
            buffers = Arrays.copyOf(buffers, bufferCount * 2);
        }
        buffers[bufferCount++] = buffer;
        return all && room > 0;
    }

    private boolean addParts(ByteBuf composite) {
        for (ByteBuffer part : composite.nioBuffers()) {
            int length = part.remaining();
            if (length > 0 && !add(MemorySegment.ofBuffer(part).address(), length)) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether all of it has found room; the next send takes the rest. */
    private boolean add(long address, int length) {
        if (room <= 0 || count == Iovecs.CAPACITY) {
            return false;
        }
        int taken = (int) Math.min(length, room);
        room -= taken;
        bytes += taken;
        count++;
        if (count == 1) {
            firstAddress = address;
            firstLength = taken;
        } else {
            if (count == 2) {
                iovecs = ring.iovecs();
                iovecs.add(firstAddress, firstLength);
            }
            iovecs.add(address, taken);
        }
        return taken == length;
    }
}
