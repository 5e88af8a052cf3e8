// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;

/** Messages to the pipeline of a channel. */
final class ChannelMailbox extends Mailbox {
    private final AbstractOurioChannel channel;

    ChannelMailbox(AbstractOurioChannel channel) {
        this.channel = channel;
    }

    @Override
    int limit() {
        return channel.config().getMailboxLimit();
    }

    /** What a handler throws is the pipeline's. */
    @Override
    Throwable tell(OurioEvent event) {
        channel.pipeline().fireUserEventTriggered(event);
        return null;
    }

    @Override
    Throwable closedCause() {
        return channel.isOpen()
                ? new RejectedExecutionException("the event loop of " + channel + " has ended")
                : new ClosedChannelException();
    }
}
