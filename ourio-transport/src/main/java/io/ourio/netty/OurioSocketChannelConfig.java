// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.util.internal.PlatformDependent;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import io.ourio.TcpInfo;
import java.io.IOException;
import java.util.Map;

/**
 * The options of a TCP connection. Those of Netty's core and of {@link OurioChannelOption} are
 * known, and those of Netty's other transports that mean the same. {@code TCP_NODELAY} is on at
 * first, as with NIO. Any thread may call.
 */
public final class OurioSocketChannelConfig
        extends OurioStreamChannelConfig<OurioSocketChannelConfig>
        implements SocketChannelConfig {
    private volatile boolean fastOpenConnect;

    OurioSocketChannelConfig(Channel channel, Fd fd) {
        super(channel, fd, SocketOption.STREAM);
        if (PlatformDependent.canEnableTcpNoDelayByDefault()) {
            enableTcpNoDelay();
        }
    }

    private void enableTcpNoDelay() {
        try {
            Sockets.option(fd().openFd(), SockOpt.TCP_NODELAY, 1);
        } catch (IOException _) {
            return; // A default of ours; the user did not ask for it.
        }
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.TCP_FASTOPEN_CONNECT);
    }

    @Override
    @SuppressWarnings("unchecked") // Netty says what this option is.
    public <T> T getOption(ChannelOption<T> option) {
        return option == ChannelOption.TCP_FASTOPEN_CONNECT
                ? (T) (Boolean) fastOpenConnect : super.getOption(option);
    }

    @Override
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option != ChannelOption.TCP_FASTOPEN_CONNECT) {
            return super.setOwn(option, value);
        }
        fastOpenConnect = (Boolean) value;
        return true;
    }

    /** A snapshot of what the kernel knows of the connection ({@code TCP_INFO}). */
    public TcpInfo tcpInfo() {
        try {
            return Sockets.tcpInfo(fd().openFd());
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /**
     * Whether data that is written before connect may go with the first packet. The channel sets
     * the socket's option only when it has such data: without, the kernel would hold the first
     * packet back until there is some.
     */
    public boolean isTcpFastOpenConnect() {
        return fastOpenConnect;
    }

    /** Nothing: the kernel has no such preferences. */
    @Override
    public OurioSocketChannelConfig setPerformancePreferences(
            int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public boolean isTcpNoDelay() {
        return getOption(ChannelOption.TCP_NODELAY);
    }

    @Override
    public OurioSocketChannelConfig setTcpNoDelay(boolean value) {
        return with(ChannelOption.TCP_NODELAY, value);
    }

    @Override
    public int getSoLinger() {
        return getOption(ChannelOption.SO_LINGER);
    }

    @Override
    public OurioSocketChannelConfig setSoLinger(int value) {
        return with(ChannelOption.SO_LINGER, value);
    }

    @Override
    public boolean isKeepAlive() {
        return getOption(ChannelOption.SO_KEEPALIVE);
    }

    @Override
    public OurioSocketChannelConfig setKeepAlive(boolean value) {
        return with(ChannelOption.SO_KEEPALIVE, value);
    }

    @Override
    public int getTrafficClass() {
        return getOption(ChannelOption.IP_TOS);
    }

    @Override
    public OurioSocketChannelConfig setTrafficClass(int value) {
        return with(ChannelOption.IP_TOS, value);
    }

    @Override
    public boolean isReuseAddress() {
        return getOption(ChannelOption.SO_REUSEADDR);
    }

    @Override
    public OurioSocketChannelConfig setReuseAddress(boolean value) {
        return with(ChannelOption.SO_REUSEADDR, value);
    }
}
