// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.DefaultFileRegion;
import io.ourio.PagePipe;
import io.ourio.Ring;
import io.ourio.Task;
import java.io.IOException;

/** A part of a file whose pages are in a pipe. They are nobody's memory but the kernel's. */
final class PipedPart implements FilePart {
    private final AbstractOurioStreamChannel channel;
    private final PagePipe pipe;
    private final boolean last;
    private int left;

    /** What is in {@code pipe}: {@code length} bytes, which are the file's last or not. */
    PipedPart(
            AbstractOurioStreamChannel channel, PagePipe pipe, int length, boolean last) {
        this.channel = channel;
        this.pipe = pipe;
        this.left = length;
        this.last = last;
    }

    /** The next part, through {@code pipe}, which is empty; null if there is none now. */
    static FilePart next(AbstractOurioStreamChannel channel, DefaultFileRegion region,
            PagePipe pipe) throws IOException {
        try {
            int length = (int) FileParts.transfer(channel, region, pipe.entrance());
            if (length > 0) {
                boolean last = region.transferred() == region.count();
                return new PipedPart(channel, pipe, length, last);
            }
        } catch (Throwable failure) {
            pipe.close(); // An interrupt has closed its entrance, and who knows what is in it.
            throw failure;
        }
        channel.loop().pipes().release(pipe, true);
        return null;
    }

    @Override
    public int trySend(Ring ring, int fd) {
        return ring.trySplice(pipe.exit(), fd, left, !last);
    }

    @Override
    public void send(Ring ring, int fd, Task task) {
        ring.poll(fd, Ring.POLLOUT, task);
    }

    @Override
    public int taken(int result) {
        return 0; // It has only waited.
    }

    @Override
    public boolean sent(int bytes) {
        left -= bytes;
        return left == 0;
    }

    @Override
    public void release() {
        channel.loop().pipes().release(pipe, left == 0);
    }
}
