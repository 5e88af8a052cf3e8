// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * The options of a channel: what a row of the table names goes to the socket, the rest to Netty.
 * Any thread may call. On a closed channel the options of the socket throw a
 * {@link ChannelException} whose cause is a {@link java.nio.channels.ClosedChannelException}.
 *
 * @param <C> the config's own class, which its setters return
 */
abstract class OurioChannelConfig<C extends ChannelConfig> extends DefaultChannelConfig {
    private final Fd fd;
    private final SocketOption.Table table;
    private final Md5Keys md5Keys = new Md5Keys();
    private volatile int mailboxLimit;

    OurioChannelConfig(Channel channel, Fd fd, SocketOption.Table table) {
        super(channel);
        this.fd = fd;
        this.table = table;
    }

    OurioChannelConfig(
            Channel channel, Fd fd, SocketOption.Table table, RecvByteBufAllocator allocator) {
        super(channel, allocator);
        this.fd = fd;
        this.table = table;
    }

    /** All options with their values; those that this kernel does not have are left out. */
    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Map<ChannelOption<?>, Object> options =
                getOptions(super.getOptions(), OurioChannelOption.MAILBOX_LIMIT);
        if (table.isTcp()) {
            options = getOptions(options, OurioChannelOption.TCP_MD5SIG);
        }
        for (SocketOption<?> row : table.rows()) {
            try {
                options.put(row.option(), row.read(fd));
            } catch (ProtocolException _) {
                continue;
            } catch (IOException e) {
                throw new ChannelException(e);
            }
        }
        return options;
    }

    /** The value, or null if the channel does not have the option. */
    @Override
    @SuppressWarnings("unchecked") // We say ourselves what the option of ours is.
    public <T> T getOption(ChannelOption<T> option) {
        if (option == OurioChannelOption.MAILBOX_LIMIT) {
            return (T) (Integer) mailboxLimit;
        }
        try {
            SocketOption<T> row = table.row(option);
            if (row != null) {
                return row.read(fd);
            }
            T numbered = getNumbered(option);
            return numbered != null ? numbered : super.getOption(option);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /**
     * Sets an option.
     *
     * @return whether the channel has it
     * @throws IllegalArgumentException if the value is of another type, or out of range
     * @throws ChannelException if the kernel refuses; its cause says why
     */
    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        try {
            validate(option, value);
            SocketOption<T> row = table.row(option);
            if (row == null) {
                return setNumbered(option, value) || setOwn(option, value);
            }
            row.write(fd, value);
            changed(row.kernel(), value);
            return true;
        } catch (IOException e) {
            throw new ChannelException(e);
        } catch (ClassCastException e) { // Netty casts the values of its own options unchecked.
            throw new IllegalArgumentException("option " + option
                    + " does not take a value of type "
                    + value.getClass().getSimpleName() + ": " + value, e);
        }
    }

    /** Options that the channel keeps for itself. */
    <T> boolean setOwn(ChannelOption<T> option, T value) throws IOException {
        if (option == OurioChannelOption.TCP_MD5SIG && table.isTcp()) {
            md5Keys.replace(fd, value);
            return true;
        }
        if (option == OurioChannelOption.MAILBOX_LIMIT) {
            mailboxLimit = Mailbox.checkLimit((Integer) value);
            return true;
        }
        return super.setOption(option, value);
    }

    /** An option of the socket was set. */
    void changed(SockOpt option, Object value) {}

    @Override
    protected final void autoReadCleared() {
        fd.autoReadCleared();
    }

    final Fd fd() {
        return fd;
    }

    /** Options that bring the kernel's numbers with them. */
    @SuppressWarnings("unchecked") // The class of such an option says what its value is.
    private <T> T getNumbered(ChannelOption<T> option) throws IOException {
        if (option instanceof IntegerUnixChannelOption plain) {
            return (T) (Integer) Sockets.option(fd.openFd(), plain.level(), plain.optname());
        }
        if (option instanceof RawUnixChannelOption raw) {
            ByteBuffer value = ByteBuffer.allocate(raw.length());
            Sockets.readOption(fd.openFd(), raw.level(), raw.optname(), value);
            return (T) value.flip();
        }
        return null;
    }

    private boolean setNumbered(ChannelOption<?> option, Object value) throws IOException {
        if (option instanceof IntegerUnixChannelOption plain) {
            Sockets.option(fd.openFd(), plain.level(), plain.optname(), (Integer) value);
            return true;
        }
        if (option instanceof RawUnixChannelOption raw) {
            Sockets.writeOption(fd.openFd(), raw.level(), raw.optname(), (ByteBuffer) value);
            return true;
        }
        return false;
    }

    /** See {@link OurioChannelOption#MAILBOX_LIMIT}. */
    public int getMailboxLimit() {
        return mailboxLimit;
    }

    /** See {@link OurioChannelOption#MAILBOX_LIMIT}; takes effect with the next message. */
    public C setMailboxLimit(int messages) {
        return with(OurioChannelOption.MAILBOX_LIMIT, messages);
    }

    /** Bytes of the socket's receive buffer; a listener's is what accepted sockets begin with. */
    public int getReceiveBufferSize() {
        return getOption(ChannelOption.SO_RCVBUF);
    }

    /** Sets the bytes of the socket's receive buffer; the kernel doubles them. */
    public C setReceiveBufferSize(int bytes) {
        return with(ChannelOption.SO_RCVBUF, bytes);
    }

    // Netty asks for these again, to return the narrower type.

    @Override
    public C setConnectTimeoutMillis(int millis) {
        super.setConnectTimeoutMillis(millis);
        return self();
    }

    @Override
    @Deprecated
    public C setMaxMessagesPerRead(int messages) {
        super.setMaxMessagesPerRead(messages);
        return self();
    }

    @Override
    public C setWriteSpinCount(int count) {
        super.setWriteSpinCount(count);
        return self();
    }

    @Override
    public C setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return self();
    }

    @Override
    public C setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return self();
    }

    @Override
    public C setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return self();
    }

    @Override
    public C setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return self();
    }

    @Override
    public C setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return self();
    }

    @Override
    public C setWriteBufferHighWaterMark(int bytes) {
        super.setWriteBufferHighWaterMark(bytes);
        return self();
    }

    @Override
    public C setWriteBufferLowWaterMark(int bytes) {
        super.setWriteBufferLowWaterMark(bytes);
        return self();
    }

    @Override
    public C setWriteBufferWaterMark(WriteBufferWaterMark mark) {
        super.setWriteBufferWaterMark(mark);
        return self();
    }

    final <T> C with(ChannelOption<T> option, T value) {
        setOption(option, value);
        return self();
    }

    @SuppressWarnings("unchecked") // It is what C stands for.
    final C self() {
        return (C) this;
    }
}
