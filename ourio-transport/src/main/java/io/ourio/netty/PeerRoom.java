// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.UnixSockets;
import java.io.IOException;
import java.net.SocketAddress;

/**
 * Waits until a datagram of the Unix domain can be sent that was refused. Two things may be full:
 * the sender's buffer, of which its own socket tells, and the receiver's queue. Of the latter the
 * kernel tells only sockets that are connected to the receiver ({@code unix_dgram_poll} of Linux),
 * so for an address a second socket is connected and polled, as long as it takes.
 */
final class PeerRoom {
    /** Between two tries where nothing tells: the BSDs refuse with ENOBUFS, and that is all. */
    private static final long REST_NANOS = 1_000_000;

    private static final int NONE = -1;

    private final AbstractOurioDatagramChannel channel;

    /** Whose queue is to be looked at when the own buffer has room; else null. */
    private SocketAddress receiver;

    /** The socket that is connected to the receiver. */
    private int probe = NONE;

    PeerRoom(AbstractOurioDatagramChannel channel) {
        this.channel = channel;
    }

    /** Whether a send was refused because something is full. */
    static boolean isFull(int result) {
        return result == -Errno.EAGAIN || result == -Errno.ENOBUFS;
    }

    /** Starts a task that waits; {@code recipient} is null for whom the socket is connected to. */
    void await(int refusal, SocketAddress recipient, Task task) {
        if (refusal == -Errno.ENOBUFS) {
            channel.ring().timer(REST_NANOS, task);
        } else {
            receiver = recipient;
            channel.ring().poll(channel.descriptor(), Ring.POLLOUT, task);
        }
    }

    /**
     * The task has ended. Returns whether the wait has, too; else the task waits again.
     *
     * @param unwanted ends the wait in any case
     */
    boolean isOver(Task task, boolean unwanted) {
        closeProbe();
        SocketAddress next = receiver;
        receiver = null;
        if (next == null || unwanted || task.result() < 0) {
            return true;
        }
        try {
            probe = UnixSockets.datagram();
            UnixSockets.connect(probe, Addresses.path(next));
            channel.ring().poll(probe, Ring.POLLOUT, task);
        } catch (IOException _) {
            // The next send says what is wrong, unless the receiver just takes nobody but us.
            closeProbe();
            channel.ring().timer(REST_NANOS, task);
        }
        return false;
    }

    private void closeProbe() {
        if (probe == NONE) {
            return;
        }
        int fd = probe;
        probe = NONE;
        try {
            Sockets.close(fd);
        } catch (IOException e) {
            channel.pipeline().fireExceptionCaught(e);
        }
    }
}
