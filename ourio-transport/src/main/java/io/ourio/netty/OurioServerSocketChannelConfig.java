// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ServerSocketChannelConfig;

/**
 * The options of a TCP listener. Those of Netty's core and of {@link OurioChannelOption} are
 * known, and those of Netty's other transports that mean the same. {@code SO_REUSEADDR} is on at
 * first, as with NIO. Any thread may call.
 */
public final class OurioServerSocketChannelConfig
        extends OurioServerChannelConfig<OurioServerSocketChannelConfig>
        implements ServerSocketChannelConfig {
    OurioServerSocketChannelConfig(Channel channel, Fd fd) {
        super(channel, fd, SocketOption.LISTENER);
        with(ChannelOption.SO_REUSEADDR, true);
    }

    /** Nothing: the kernel has no such preferences. */
    @Override
    public OurioServerSocketChannelConfig setPerformancePreferences(
            int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return getOption(ChannelOption.SO_REUSEADDR);
    }

    @Override
    public OurioServerSocketChannelConfig setReuseAddress(boolean value) {
        return with(ChannelOption.SO_REUSEADDR, value);
    }
}
