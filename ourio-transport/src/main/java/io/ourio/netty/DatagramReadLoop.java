// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.ReferenceCountUtil;
import io.ourio.Errno;
import io.ourio.Message;
import io.ourio.MessageReader;
import io.ourio.ReceivedMessage;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;

/**
 * The receiving life of a datagram channel. The kernel puts datagrams into the loop's provided
 * buffers, from where they are copied; without these, or for a channel that asks for larger
 * messages, each is received into a buffer of the channel's own.
 */
final class DatagramReadLoop extends MessageLoop<Object> {
    /** Room for what travels beside a datagram: the size of segments, the first destination. */
    private static final int CONTROL_BYTES = 128;

    /** A provided buffer: the largest datagram, and less than 512 bytes of what comes before it. */
    static final int BUFFER_SIZE = WholeMessageAllocator.MAX_BYTES + 1 + 512;

    /** Datagrams that may come unwanted before the kernel is told to stop. */
    private static final int MAX_UNWANTED = 16;

    private static final long REST_MILLIS = 1000;

    private final AbstractOurioDatagramChannel channel;

    /** None in the Unix domain: descriptors, which nobody asks for, are closed by the kernel. */
    private final int controlBytes;

    private MessageReader reader;
    private Message message;

    /** Where a single receive goes to, owned by the task in flight; else null. */
    private ByteBuf target;

    DatagramReadLoop(AbstractOurioDatagramChannel channel) {
        super(channel, BuiltInTag.RECV, MAX_UNWANTED);
        this.channel = channel;
        controlBytes = channel.socketFamily() == Sockets.UNIX ? 0 : CONTROL_BYTES;
    }

    @Override
    boolean canStart() {
        return channel.isActive() && !channel.isClosing();
    }

    @Override
    void start(Task task) {
        ReceiveBuffers buffers = channel.loop().datagramBuffers();
        int room = room();
        if (buffers != null && room <= WholeMessageAllocator.MAX_BYTES) {
            if (reader == null || reader.group() != buffers.group()) {
                reader = new MessageReader(buffers.group(), controlBytes);
            }
            channel.ring().recvmsgMultishot(channel.descriptor(), reader, task);
            return;
        }
        if (message == null) {
            message = new Message(controlBytes);
        }
        target = channel.alloc().directBuffer(room, room);
        message.data(Memory.address(target, 0, room), room);
        // The flag has the kernel tell the length of a message that it cuts.
        channel.ring().recvmsg(channel.descriptor(), message, Ring.MSG_TRUNC, task);
    }

    /** The most bytes of a datagram that the application takes. */
    private int room() {
        int guess = Math.max(handle().guess(), 1);
        int limit = channel.config().getMaxDatagramPayloadSize();
        return limit > 0 ? Math.min(guess, limit) : guess;
    }

    @Override
    void take(Task completed) {
        ByteBuf own = target;
        target = null;
        try {
            if (isEnded()) {
                return;
            }
            if (own == null) {
                reader.read(completed);
                arrived(reader, reader.payloadLength(), reader.messageLength(), null);
            } else {
                arrived(message, Math.min(completed.result(), own.capacity()),
                        completed.result(), own);
            }
        } catch (Throwable failure) { // No memory for it: the datagram is lost, as any may be.
            channel.pipeline().fireExceptionCaught(failure);
        } finally {
            ReferenceCountUtil.release(own);
        }
    }

    @Override
    void nothingCame() {
        ReferenceCountUtil.release(target);
        target = null;
    }

    /**
     * Copies what has arrived.
     *
     * @param there how many bytes of it are in memory
     * @param length how many bytes it had
     * @param from the memory, or null for the reader's
     */
    private void arrived(ReceivedMessage beside, int there, int length, ByteBuf from) {
        ByteBuf content = content(Math.min(there, room()));
        int taken = Math.min(there, content.writableBytes());
        if (from != null) {
            content.writeBytes(from.setIndex(0, taken));
        } else {
            channel.loop().datagramBuffers().copy(reader.payloadOffset(), taken, content);
        }
        if (taken < length) {
            park(new TruncatedDatagramEvent(channel.senderOf(beside), length));
        }
        channel.parkPackets(content, beside, this);
    }

    private ByteBuf content(int length) {
        ByteBufAllocator allocator = channel.alloc();
        return channel.config().getRecvByteBufAllocator() instanceof WholeMessageAllocator
                || channel.config().getMaxDatagramPayloadSize() > 0
                ? allocator.ioBuffer(length) : handle().allocate(allocator);
    }

    @Override
    boolean isEvent(Object message) {
        return message instanceof TruncatedDatagramEvent;
    }

    @Override
    void count(ExtendedHandle handle, Object packet) {
        ByteBuf content = ((ByteBufHolder) packet).content();
        handle.attemptedBytesRead(content.capacity());
        handle.lastBytesRead(Math.max(content.readableBytes(), 1)); // 0 is the end of a stream.
        handle.incMessagesRead(1);
    }

    @Override
    void drop(Object packet) {
        ReferenceCountUtil.release(packet);
    }

    @Override
    Throwable failure(int result) {
        return Errors.datagram("recvmsg", result);
    }

    /** Most failures tell what became of a datagram that was sent, each once. */
    @Override
    long restMillis(int result) {
        return switch (-result) {
            case Errno.ENOMEM, Errno.EFAULT, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EBADF,
                    Errno.ENOTSOCK -> REST_MILLIS;
            default -> 0;
        };
    }
}
