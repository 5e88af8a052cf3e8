// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.unix.FileDescriptor;

/**
 * The descriptor of a channel's socket, which stays the channel's: a descriptor that is closed
 * while the kernel works on it would soon be somebody else's. Any thread may call.
 */
final class ChannelDescriptor extends FileDescriptor {
    private final Channel channel;

    ChannelDescriptor(Channel channel, int fd) {
        super(fd);
        this.channel = channel;
    }

    /** Begins to close the channel. */
    @Override
    public void close() {
        channel.close();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }
}
