// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.util.Map;

/**
 * The options that all channels have whose messages keep their bounds. Any thread may call.
 *
 * @param <C> the config's own class
 */
abstract class OurioMessageChannelConfig<C extends ChannelConfig> extends OurioChannelConfig<C> {
    private volatile boolean activeOnRegistration;
    private volatile int maxDatagramPayloadSize;

    OurioMessageChannelConfig(Channel channel, Fd fd, SocketOption.Table table) {
        super(channel, fd, table, new WholeMessageAllocator());
    }

    @Override
    @SuppressWarnings("deprecation") // Netty deprecates the option, and its programs set it.
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(),
                ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION,
                OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE);
    }

    @Override
    @SuppressWarnings({"unchecked", "deprecation"}) // Netty says what the options are; as above.
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            return (T) (Boolean) activeOnRegistration;
        }
        if (option == OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE) {
            return (T) (Integer) maxDatagramPayloadSize;
        }
        return super.getOption(option);
    }

    @Override
    @SuppressWarnings("deprecation") // As above.
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            if (channel.isRegistered()) {
                throw new IllegalStateException(
                        "option " + option + " takes effect with the registration, which has been");
            }
            activeOnRegistration = (Boolean) value;
        } else if (option == OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE) {
            setMaxDatagramPayloadSize((Integer) value);
        } else {
            return super.setOwn(option, value);
        }
        return true;
    }

    final boolean isActiveOnRegistration() {
        return activeOnRegistration;
    }

    /** The most bytes of a message that are read; 0 has no limit. */
    public int getMaxDatagramPayloadSize() {
        return maxDatagramPayloadSize;
    }

    /** Sets the most bytes of a message that are read; 0 has no limit. */
    public C setMaxDatagramPayloadSize(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("option "
                    + OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE + " takes 0 or more, not "
                    + bytes);
        }
        maxDatagramPayloadSize = bytes;
        return self();
    }

    /** Bytes of the socket's send buffer. */
    public int getSendBufferSize() {
        return getOption(ChannelOption.SO_SNDBUF);
    }

    /** Sets the bytes of the socket's send buffer; the kernel doubles them. */
    public C setSendBufferSize(int bytes) {
        return with(ChannelOption.SO_SNDBUF, bytes);
    }

    /** Whether an address may be bound that others have bound with the same wish. */
    public boolean isReuseAddress() {
        return getOption(ChannelOption.SO_REUSEADDR);
    }

    /** Sets whether an address may be bound that others have bound with the same wish. */
    public C setReuseAddress(boolean value) {
        return with(ChannelOption.SO_REUSEADDR, value);
    }
}
