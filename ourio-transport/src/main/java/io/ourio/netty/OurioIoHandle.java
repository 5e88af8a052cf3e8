// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;

/**
 * What can be registered with an event loop that runs on an {@link OurioIoHandler}. Completions
 * reach it through the tasks that it starts on the loop's ring, and not as {@link IoEvent}s.
 */
@SuppressWarnings("try") // Netty declares that a handle's close throws any exception.
public interface OurioIoHandle extends IoHandle {
    @Override
    default void handle(IoRegistration registration, IoEvent event) {
        throw new UnsupportedOperationException("completions come through the ring's tasks");
    }
}
