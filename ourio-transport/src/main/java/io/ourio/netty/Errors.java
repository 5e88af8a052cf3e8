// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Errno;
import java.io.IOException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;

/**
 * Where a result below zero becomes the exception that a pipeline sees. What is the same without
 * Netty is in {@link Errno#toException}; here is what depends on the life of a channel.
 */
final class Errors {
    private Errors() {}

    /** A connect to {@code remote} that failed with {@code result}, a negative errno. */
    static Exception connect(SocketAddress remote, int result) {
        return switch (-result) {
            case Errno.EISCONN -> new AlreadyConnectedException();
            case Errno.EALREADY, Errno.EINPROGRESS -> new ConnectionPendingException();
            default -> closedOr("connect(" + Addresses.text(remote) + ")", result);
        };
    }

    /**
     * Any other call on a stream or a listener that failed with {@code result}: recv, send,
     * accept, shutdown.
     */
    static Exception io(String call, int result) {
        return result == -Errno.ENOTCONN
                ? new NotYetConnectedException() : closedOr(call, result);
    }

    /** As {@link #io}, on a datagram socket, to which a refusal means that nobody listens there. */
    static Exception datagram(String call, int result) {
        return switch (-result) {
            case Errno.ECONNREFUSED ->
                    new PortUnreachableException(call + ": " + Errno.describe(-result));
            case Errno.EDESTADDRREQ -> new NotYetConnectedException();
            default -> io(call, result);
        };
    }

    /** The channel cancels its operations and frees its descriptor only when it closes. */
    private static IOException closedOr(String call, int result) {
        IOException refused = Errno.toException(call, -result);
        if (result != -Errno.EBADF && result != -Errno.ECANCELED) {
            return refused;
        }
        var closed = new ClosedChannelException();
        closed.initCause(refused);
        return closed;
    }
}
