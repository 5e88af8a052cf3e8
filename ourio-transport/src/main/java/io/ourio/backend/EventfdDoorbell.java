// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.ourio.Backend;
import io.ourio.KernelException;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A doorbell that writes to an eventfd. Its counter is never read: each write is one event. */
public class EventfdDoorbell extends Doorbell {
    private static final MemorySegment ONE = one();

    private final int fd;

    /**
     * Makes the eventfd.
     *
     * @throws KernelException if the kernel refuses it
     */
    public EventfdDoorbell(Libc libc) {
        fd = libc.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK);
        if (fd < 0) {
            throw new KernelException("eventfd", -fd, "raise the limit of open files (ulimit -n)");
        }
    }

    /** The eventfd, to be watched for edges. */
    public final int fd() {
        return fd;
    }

    @Override
    protected void strike(Backend from) {
        write(fd);
    }

    /** Makes one more event of an eventfd. */
    protected static void write(int eventfd) {
        // EAGAIN would mean a counter that is full, which is an event as well.
        Libc.current().write(eventfd, ONE.address(), Long.BYTES);
    }

    /** Silences it and closes the eventfd. */
    public final void close(Libc libc) {
        silence();
        libc.close(fd);
    }

    private static MemorySegment one() {
        MemorySegment segment = Arena.global().allocate(JAVA_LONG);
        segment.set(JAVA_LONG, 0, 1);
        return segment;
    }
}
