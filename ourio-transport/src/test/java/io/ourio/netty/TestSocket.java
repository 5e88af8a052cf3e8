// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Errno;
import io.ourio.Sockets;
import io.ourio.sys.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;

/** A real socket in the role of a channel, as a config sees it. */
final class TestSocket implements Fd, AutoCloseable {
    private static final int CLOSED = -1;

    private final int family;
    private int fd;
    private int autoReadCleared;

    TestSocket(int family) throws IOException {
        this(family, Sockets.STREAM);
    }

    TestSocket(int family, int type) throws IOException {
        this.family = family;
        fd = Sockets.socket(family, type, 0);
    }

    @Override
    public int openFd() throws ClosedChannelException {
        if (fd == CLOSED) {
            throw new ClosedChannelException();
        }
        return fd;
    }

    @Override
    public int socketFamily() {
        return family;
    }

    @Override
    public void autoReadCleared() {
        autoReadCleared++;
    }

    /** Connects, and waits until it is so. */
    void connect(InetSocketAddress remote) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(Sockets.ADDRESS_SIZE, 8);
            int length = Sockets.encode(remote, family, address);
            int result = Libc.current().connect(fd, address, length);
            assertTrue(result == 0 || result == -Errno.EINPROGRESS, Errno.describe(-result));
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (Sockets.remoteAddress(fd) == null) {
            assertTrue(System.nanoTime() < deadline, () -> "no connection to " + remote);
            Thread.onSpinWait();
        }
    }

    int timesAutoReadCleared() {
        return autoReadCleared;
    }

    @Override
    public void close() throws IOException {
        if (fd != CLOSED) {
            Sockets.close(fd);
            fd = CLOSED;
        }
    }
}
