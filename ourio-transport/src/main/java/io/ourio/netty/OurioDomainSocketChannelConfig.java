// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketChannelConfig;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;

/**
 * The options of a connection of a Unix domain socket. {@code SO_KEEPALIVE} and {@code
 * SO_REUSEADDR}, which programs set on any connection, are kept by the kernel and mean nothing.
 * Any thread may call.
 */
@SuppressWarnings("deprecation") // Netty deprecates two setters here that it has everywhere.
public final class OurioDomainSocketChannelConfig
        extends OurioStreamChannelConfig<OurioDomainSocketChannelConfig>
        implements DomainSocketChannelConfig {
    private final OurioDomainSocketChannel channel;
    private volatile DomainSocketReadMode readMode = DomainSocketReadMode.BYTES;

    OurioDomainSocketChannelConfig(OurioDomainSocketChannel channel, Fd fd) {
        super(channel, fd, SocketOption.DOMAIN_STREAM);
        this.channel = channel;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), UnixChannelOption.DOMAIN_SOCKET_READ_MODE);
    }

    @Override
    @SuppressWarnings("unchecked") // Netty says what this option is.
    public <T> T getOption(ChannelOption<T> option) {
        return option == UnixChannelOption.DOMAIN_SOCKET_READ_MODE
                ? (T) readMode : super.getOption(option);
    }

    @Override
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option != UnixChannelOption.DOMAIN_SOCKET_READ_MODE) {
            return super.setOwn(option, value);
        }
        setReadMode((DomainSocketReadMode) value);
        return true;
    }

    @Override
    public OurioDomainSocketChannelConfig setReadMode(DomainSocketReadMode mode) {
        readMode = Objects.requireNonNull(mode, "mode");
        channel.readModeChanged();
        return this;
    }

    @Override
    public DomainSocketReadMode getReadMode() {
        return readMode;
    }
}
