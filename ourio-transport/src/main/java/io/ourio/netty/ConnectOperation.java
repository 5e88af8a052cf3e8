// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.ScheduledFuture;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Sockets;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;

/** The connecting life of a channel: from the call to its promise. Used once. */
final class ConnectOperation {
    private static final Callback CONNECTED =
            (ring, task) -> task.target(ConnectOperation.class).completed(task.result());

    private final AbstractOurioStreamChannel channel;
    private final SocketAddress remote;
    private final ChannelPromise promise;
    private final MemorySegment address;
    private Task task;
    private ScheduledFuture<?> timeout;

    /** Refuses an address that the socket cannot reach by its kind. */
    ConnectOperation(
            AbstractOurioStreamChannel channel, SocketAddress remote, ChannelPromise promise) {
        this.channel = channel;
        this.remote = remote;
        this.promise = promise;
        // Automatic: the task keeps the address reachable as long as the kernel may read it.
        MemorySegment room = Arena.ofAuto().allocate(Sockets.ADDRESS_SIZE, Long.BYTES);
        address = room.asSlice(0, Addresses.encode(remote, channel.socketFamily(), room));
    }

    void start() {
        task = channel.ring().connect(channel.descriptor(), address,
                new Context(this, BuiltInTag.CONNECT, CONNECTED));
        int millis = channel.config().getConnectTimeoutMillis();
        if (millis > 0) {
            timeout = channel.eventLoop().schedule(
                    () -> fail(new ConnectTimeoutException(
                            "connection timed out after " + millis + " ms: " + remote)),
                    millis, TimeUnit.MILLISECONDS);
        }
        promise.addListener(done -> {
            if (done.isCancelled()) {
                cancelTimeout();
                channel.unsafe().close(channel.voidPromise());
            }
        });
    }

    SocketAddress remote() {
        return remote;
    }

    boolean isBusy() {
        return !task.isFree();
    }

    /** The channel is closing. */
    void stop() {
        cancelTimeout();
        promise.tryFailure(new ClosedChannelException());
        task.cancel(Context.NONE);
    }

    private void fail(Throwable cause) {
        if (promise.tryFailure(cause)) {
            channel.unsafe().close(channel.voidPromise());
        }
    }

    private void cancelTimeout() {
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    private void completed(int result) {
        cancelTimeout();
        try {
            if (channel.isClosing()) {
                return; // The promise was failed when the close began.
            }
            channel.connected(promise, result < 0 ? Errors.connect(remote, result) : null);
        } finally {
            channel.checkQuiet();
        }
    }
}
