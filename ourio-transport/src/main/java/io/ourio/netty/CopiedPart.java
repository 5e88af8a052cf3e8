// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.FileRegion;
import io.ourio.Ring;
import io.ourio.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A part that was read into memory, from where it is sent like all else. */
record CopiedPart(ByteBuf data) implements FilePart {
    /** Bytes of a part: large against the cost of a send, small against the cache. */
    static final int SIZE = 128 * 1024;

    /** The next part, or null if the region has nothing to give at the moment. */
    static FilePart next(AbstractOurioStreamChannel channel, FileRegion region, int most)
            throws IOException {
        int size = (int) Math.min(most, region.count() - region.transferred());
        ByteBuf data = channel.config().getAllocator().directBuffer(size, size);
        try {
            if (FileParts.transfer(channel, region, new Sink(data)) > 0) {
                return new CopiedPart(data);
            }
        } catch (Throwable failure) {
            data.release();
            throw failure;
        }
        data.release();
        return null;
    }

    @Override
    public int trySend(Ring ring, int fd) {
        return ring.trySend(fd, address(), data.readableBytes());
    }

    @Override
    public void send(Ring ring, int fd, Task task) {
        ring.send(fd, address(), data.readableBytes(), Ring.MSG_WAITALL, task);
    }

    private long address() {
        return Memory.address(data, data.readerIndex(), data.readableBytes());
    }

    @Override
    public int taken(int result) {
        return result;
    }

    @Override
    public boolean sent(int bytes) {
        return !data.skipBytes(bytes).isReadable();
    }

    @Override
    public void release() {
        data.release();
    }

    /** Takes as much as there is room for. */
    private record Sink(ByteBuf part) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer source) {
            int count = Math.min(source.remaining(), part.writableBytes());
            int limit = source.limit();
            source.limit(source.position() + count);
            part.writeBytes(source);
            source.limit(limit);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException("a file region must not close its target");
        }
    }
}
