// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;

/**
 * The accepting life of a listener. Connections that are not wanted stay in the kernel's queue once
 * the cancelation has reached it; those that came before are parked, as their descriptors.
 */
final class AcceptLoop extends MessageLoop<Integer> {
    /** How long a listener rests that has run out of descriptors or memory. */
    private static final long REST_MILLIS = 1000;

    private static final InternalLogger LOGGER =
            InternalLoggerFactory.getInstance(AcceptLoop.class);

    private final AbstractOurioServerChannel channel;

    AcceptLoop(AbstractOurioServerChannel channel) {
        super(channel, BuiltInTag.ACCEPT, 0);
        this.channel = channel;
    }

    @Override
    boolean canStart() {
        return channel.isActive() && !channel.isClosing();
    }

    @Override
    void start(Task task) {
        channel.ring().acceptMultishot(channel.descriptor(), task);
    }

    @Override
    void take(Task completed) {
        int fd = completed.result();
        if (isEnded()) {
            close(fd);
        } else {
            park(fd);
        }
    }

    @Override
    void tell(ChannelPipeline pipeline, Integer fd) {
        HandOver handOver = channel.config().handOver();
        if (handOver == HandOver.NONE) {
            AbstractOurioStreamChannel child = child(fd);
            if (child != null) {
                pipeline.fireChannelRead(child);
            }
            return;
        }
        HandOver.Target target = handOver.choose();
        if (target != null) {
            Passage.begin(channel, target, fd);
        } else {
            close(fd); // There is no loop any more that would serve it.
        }
    }

    private AbstractOurioStreamChannel child(int fd) {
        try {
            return channel.child(fd);
        } catch (Throwable failure) {
            close(fd);
            LOGGER.warn("Failed to make a channel of an accepted connection", failure);
            return null;
        }
    }

    static void close(int fd) {
        try {
            Sockets.close(fd);
        } catch (IOException e) {
            LOGGER.warn("Failed to close an accepted connection", e);
        }
    }

    @Override
    void count(ExtendedHandle handle, Integer fd) {
        handle.incMessagesRead(1);
    }

    @Override
    void drop(Integer fd) {
        close(fd);
    }

    @Override
    Throwable failure(int result) {
        return Errors.io("accept", result);
    }

    @Override
    long restMillis(int result) {
        return REST_MILLIS;
    }
}
