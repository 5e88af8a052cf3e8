// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.util.Map;

/**
 * The options that all listeners have. Any thread may call.
 *
 * @param <C> the config's own class
 */
abstract class OurioServerChannelConfig<C extends ChannelConfig> extends OurioChannelConfig<C> {
    private volatile int backlog = NetUtil.SOMAXCONN;
    private volatile HandOver handOver = HandOver.NONE;

    OurioServerChannelConfig(Channel channel, Fd fd, SocketOption.Table table) {
        super(channel, fd, table, new ServerChannelRecvByteBufAllocator());
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(),
                ChannelOption.SO_BACKLOG, OurioChannelOption.HAND_OVER);
    }

    @Override
    @SuppressWarnings("unchecked") // The options say what their values are.
    public <T> T getOption(ChannelOption<T> option) {
        if (option == OurioChannelOption.HAND_OVER) {
            return (T) handOver;
        }
        return option == ChannelOption.SO_BACKLOG
                ? (T) (Integer) backlog : super.getOption(option);
    }

    @Override
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option == OurioChannelOption.HAND_OVER) {
            handOver = (HandOver) value;
            return true;
        }
        if (option != ChannelOption.SO_BACKLOG) {
            return super.setOwn(option, value);
        }
        int connections = (Integer) value;
        if (connections < 0) {
            throw new IllegalArgumentException(
                    "option SO_BACKLOG takes 0 or more, not " + connections);
        }
        backlog = connections;
        return true;
    }

    final HandOver handOver() {
        return handOver;
    }

    /** How many connections may wait for accept; the kernel cuts it to its own limit. */
    public int getBacklog() {
        return backlog;
    }

    /** Takes effect when the channel is bound. */
    public C setBacklog(int value) {
        return with(ChannelOption.SO_BACKLOG, value);
    }
}
