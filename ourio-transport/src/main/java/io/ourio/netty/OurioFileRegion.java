// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;

/**
 * A part of a file that is open as a descriptor, such as {@link io.ourio.Ring#openAt} gives, to be
 * written to a stream channel of Ourio's. Its pages go to the socket without a copy, as those of a
 * {@link io.netty.channel.DefaultFileRegion}. But that is read in the loop's thread, which waits
 * for the disk; this one is fetched through the loop's ring, by a worker, so that no loop ever
 * waits. A file that is certainly in memory costs less as a {@code DefaultFileRegion}, and one of a
 * few pages less if it is {@linkplain OurioChannel#readInto read}.
 *
 * <p>The write fails if the file is shorter than the part, or becomes so. What has left by then has
 * arrived.
 */
public final class OurioFileRegion extends AbstractReferenceCounted implements FileRegion {
    private final int fd;
    private final long position;
    private final long count;
    private final Runnable whenReleased;
    private long transferred;

    /**
     * A part of the file that {@code fd} is.
     *
     * @param position where it begins, in bytes
     * @param count how many bytes it has
     * @param whenReleased called once the descriptor is needed no longer and may be closed, by
     *     whoever releases this last: the channel's loop, unless that never got it
     * @throws IllegalArgumentException naming a number that is negative
     */
    public OurioFileRegion(int fd, long position, long count, Runnable whenReleased) {
        if (fd < 0 || position < 0 || count < 0) {
            throw new IllegalArgumentException("fd " + fd + ", position " + position
                    + " or count " + count + " is negative");
        }
        this.fd = fd;
        this.position = position;
        this.count = count;
        this.whenReleased = Objects.requireNonNull(whenReleased, "whenReleased");
    }

    int fd() {
        return fd;
    }

    /** So many bytes more are on their way. */
    void fetched(int bytes) {
        transferred += bytes;
    }

    @Override
    public long position() {
        return position;
    }

    /** The old spelling of {@link #transferred}. */
    @Deprecated
    @Override
    public long transfered() {
        return transferred;
    }

    @Override
    public long transferred() {
        return transferred;
    }

    @Override
    public long count() {
        return count;
    }

    /** Not supported: the ring does it, and the channel asks for it. */
    @Override
    public long transferTo(WritableByteChannel target, long from) {
        throw new UnsupportedOperationException("only a stream channel of Ourio's can send it, and"
                + " no handler of its pipeline can change it; for others take a DefaultFileRegion");
    }

    @Override
    protected void deallocate() {
        whenReleased.run();
    }

    @Override
    public OurioFileRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public OurioFileRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public OurioFileRegion touch() {
        return this;
    }

    @Override
    public OurioFileRegion touch(Object hint) {
        return this;
    }
}
