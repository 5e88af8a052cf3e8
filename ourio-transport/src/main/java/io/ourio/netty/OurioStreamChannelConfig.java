// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannelConfig;
import io.ourio.SockOpt;
import java.io.IOException;
import java.util.Map;

/**
 * The options that all connections have which carry a stream of bytes. Any thread may call.
 *
 * @param <C> the config's own class
 */
abstract class OurioStreamChannelConfig<C extends DuplexChannelConfig>
        extends OurioChannelConfig<C> implements DuplexChannelConfig {
    /** Until it is asked for; then twice the send buffer, and what the writes have shown since. */
    private static final int UNKNOWN = 0;

    private static final ChannelOption<Integer> NETTYS_THRESHOLD = ChannelOption.valueOf(
            SocketOption.URING + "IO_URING_WRITE_ZERO_COPY_THRESHOLD");

    private volatile boolean allowHalfClosure;
    private volatile int zeroCopyThreshold = -1;
    private volatile int maxBytesPerGatheringWrite = UNKNOWN;

    OurioStreamChannelConfig(Channel channel, Fd fd, SocketOption.Table table) {
        super(channel, fd, table);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.ALLOW_HALF_CLOSURE,
                OurioChannelOption.ZERO_COPY_THRESHOLD);
    }

    @Override
    @SuppressWarnings("unchecked") // Netty says what this option is.
    public <T> T getOption(ChannelOption<T> option) {
        if (isZeroCopyThreshold(option)) {
            return (T) (Integer) zeroCopyThreshold;
        }
        return option == ChannelOption.ALLOW_HALF_CLOSURE
                ? (T) (Boolean) allowHalfClosure : super.getOption(option);
    }

    private static boolean isZeroCopyThreshold(ChannelOption<?> option) {
        return option == OurioChannelOption.ZERO_COPY_THRESHOLD || option == NETTYS_THRESHOLD;
    }

    @Override
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (isZeroCopyThreshold(option)) {
            zeroCopyThreshold = (Integer) value;
            return true;
        }
        if (option != ChannelOption.ALLOW_HALF_CLOSURE) {
            return super.setOwn(option, value);
        }
        allowHalfClosure = (Boolean) value;
        return true;
    }

    @Override
    void changed(SockOpt option, Object value) {
        if (option == SockOpt.SO_SNDBUF) {
            maxBytesPerGatheringWrite = UNKNOWN;
        }
    }

    /**
     * The most bytes to gather into one write: twice the send buffer at first, since the kernel may
     * send while we hand over. Asked for late, since most connections never gather so much.
     */
    final int maxBytesPerGatheringWrite() {
        int bytes = maxBytesPerGatheringWrite;
        if (bytes == UNKNOWN) {
            int doubled = getSendBufferSize() << 1;
            bytes = doubled > 0 ? doubled : Integer.MAX_VALUE;
            maxBytesPerGatheringWrite = bytes;
        }
        return bytes;
    }

    /** The channel saw the kernel take more or less at once. */
    final void maxBytesPerGatheringWrite(int bytes) {
        maxBytesPerGatheringWrite = bytes;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public C setAllowHalfClosure(boolean value) {
        return with(ChannelOption.ALLOW_HALF_CLOSURE, value);
    }

    /** See {@link OurioChannelOption#ZERO_COPY_THRESHOLD}. */
    public int getZeroCopyThreshold() {
        return zeroCopyThreshold;
    }

    /** See {@link OurioChannelOption#ZERO_COPY_THRESHOLD}; takes effect with the next write. */
    public C setZeroCopyThreshold(int bytes) {
        return with(OurioChannelOption.ZERO_COPY_THRESHOLD, bytes);
    }

    /** Bytes of the socket's send buffer. */
    public int getSendBufferSize() {
        return getOption(ChannelOption.SO_SNDBUF);
    }

    /** Sets the bytes of the socket's send buffer; the kernel doubles them. */
    public C setSendBufferSize(int bytes) {
        return with(ChannelOption.SO_SNDBUF, bytes);
    }
}
