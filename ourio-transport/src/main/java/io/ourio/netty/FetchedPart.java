// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.ourio.PagePipe;
import io.ourio.Ring;
import io.ourio.Task;
import java.io.IOException;

/**
 * A part of a file that the ring fetches before it is sent, so that the disk keeps no loop waiting:
 * into a pipe or, if there is none to be had, into memory. From then on it is such a part.
 */
final class FetchedPart implements FilePart {
    /** A pipe full of pages. */
    private static final int PIPED = 1 << 20;

    private final AbstractOurioStreamChannel channel;
    private final OurioFileRegion region;
    private final PagePipe pipe;
    private final ByteBuf memory;
    private final int length;

    /** What is to be sent, or null as long as it is fetched. */
    private FilePart part;

    /** The next part of {@code region}, which keeps its descriptor until this is released. */
    FetchedPart(AbstractOurioStreamChannel channel, OurioFileRegion region) {
        this.channel = channel;
        this.region = region.retain();
        pipe = channel.loop().pipes().take();
        length = (int) Math.min(region.count() - region.transferred(),
                pipe != null ? PIPED : CopiedPart.SIZE);
        memory = pipe != null ? null : channel.config().getAllocator().directBuffer(length, length);
    }

    @Override
    public int trySend(Ring ring, int fd) {
        return part == null ? NOT_NOW : part.trySend(ring, fd);
    }

    @Override
    public void send(Ring ring, int fd, Task task) {
        long from = region.position() + region.transferred();
        if (part != null) {
            part.send(ring, fd, task);
        } else if (pipe != null) {
            ring.splice(region.fd(), from, pipe.entranceDescriptor(), Ring.CURRENT_POSITION,
                    length, task);
        } else {
            ring.read(region.fd(), Memory.address(memory, 0, length), length, from, task);
        }
    }

    @Override
    public int taken(int result) throws IOException {
        if (part != null) {
            return part.taken(result);
        }
        if (result == 0) {
            throw new IOException("the file ended after " + region.transferred() + " of "
                    + region.count() + " bytes of its region");
        }
        region.fetched(result);
        part = pipe == null ? new CopiedPart(memory.writerIndex(result)) : new PipedPart(
                channel, pipe, result, region.transferred() == region.count());
        return 0;
    }

    @Override
    public boolean sent(int bytes) {
        return part.sent(bytes);
    }

    @Override
    public void release() {
        if (part != null) {
            part.release();
        } else if (pipe != null) {
            channel.loop().pipes().release(pipe, false);
        } else {
            memory.release();
        }
        region.release();
    }
}
