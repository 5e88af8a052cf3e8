// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.ourio.PagePipe;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Takes a {@link FileRegion} apart: a file's pages go through a pipe, whatever else a region may be
 * is read into memory.
 */
final class FileParts {
    /** What a file may want to be read in that is open for direct I/O. */
    private static final int BLOCK = 4096;

    private FileParts() {}

    /** The next part, or null if the region has nothing to give at the moment. */
    static FilePart next(AbstractOurioStreamChannel channel, FileRegion region)
            throws IOException {
        if (region instanceof OurioFileRegion file) {
            return new FetchedPart(channel, file);
        }
        // A subclass may write to the pipe what it likes, and the loop would wait for room.
        if (region.getClass() != DefaultFileRegion.class
                || !isWhole(channel, (DefaultFileRegion) region)) {
            return CopiedPart.next(channel, region, CopiedPart.SIZE);
        }
        PagePipes pipes = channel.loop().pipes();
        PagePipe pipe = pipes.take();
        if (pipe == null) {
            return CopiedPart.next(channel, region, CopiedPart.SIZE);
        }
        // Direct I/O from within a block is refused, and the JDK would write to the pipe instead.
        int toNextBlock = (int) -(region.position() + region.transferred()) & BLOCK - 1;
        if (toNextBlock > 0) {
            pipes.release(pipe, true);
            return CopiedPart.next(channel, region, toNextBlock);
        }
        try {
            return PipedPart.next(channel, (DefaultFileRegion) region, pipe);
        } catch (IOException e) { // What is wrong with more than the way is told once more.
            return CopiedPart.next(channel, region, CopiedPart.SIZE);
        }
    }

    /**
     * Whether the file says that it has all of its region. If it says that it is empty, as those in
     * {@code /proc} do, then the JDK writes what it reads, and the loop would wait for room. It
     * does so from the beginning only: it is asked about the first part.
     */
    private static boolean isWhole(AbstractOurioStreamChannel channel, DefaultFileRegion file)
            throws IOException {
        if (file.transferred() > 0) {
            return true;
        }
        file.open();
        try {
            channel.validate(file, 0);
            return true;
        } catch (IOException e) {
            return false; // Or it is closed, which the copy will tell.
        }
    }

    /** Moves what comes next to {@code target}: the count of bytes, 0 for nothing now. */
    static long transfer(AbstractOurioStreamChannel channel, FileRegion region,
            WritableByteChannel target) throws IOException {
        long position = region.transferred();
        long read = region.transferTo(target, position);
        if (read > 0) {
            return read;
        }
        if (region instanceof DefaultFileRegion file) {
            channel.validate(file, position); // A file that is shorter than its region.
        }
        if (read < 0) {
            throw new IOException("the file region ended after " + position + " of "
                    + region.count() + " bytes");
        }
        return 0;
    }
}
