// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.ourio.Message;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The receiving life of a Unix domain connection whose peer sends file descriptors. Each comes with
 * a byte, and one byte is received at a time: what follows the last descriptor is data again.
 */
final class DescriptorLoop extends MessageLoop<FileDescriptor> {
    /** So many descriptors the kernel sends with one message at most: {@code SCM_MAX_FD}. */
    private static final int MAX_DESCRIPTORS = 253;

    private static final InternalLogger LOGGER =
            InternalLoggerFactory.getInstance(DescriptorLoop.class);

    private final OurioDomainSocketChannel channel;
    private final MemorySegment data = Arena.ofAuto().allocate(1);
    private final Message message =
            new Message(Message.DESCRIPTOR_SPACE + MAX_DESCRIPTORS * Integer.BYTES).data(data);

    private boolean endReached;
    private boolean endTold;

    DescriptorLoop(OurioDomainSocketChannel channel) {
        super(channel, BuiltInTag.RECV, 1);
        this.channel = channel;
    }

    @Override
    boolean canStart() {
        return channel.mayReceiveDescriptors() && !endReached;
    }

    @Override
    void start(Task task) {
        channel.ring().recvmsg(channel.descriptor(), message, 0, task);
    }

    @Override
    void take(Task completed) {
        if (completed.result() == 0) {
            endReached = true;
            return;
        }
        int[] descriptors = message.descriptors();
        for (int fd : descriptors) {
            FileDescriptor descriptor = new OurioFileDescriptor(fd);
            if (isEnded()) {
                drop(descriptor);
            } else {
                park(descriptor);
            }
        }
        if (descriptors.length == 0) {
            channel.byteWithoutDescriptor(data.get(ValueLayout.JAVA_BYTE, 0));
        }
    }

    @Override
    void drained() {
        if (endReached && !endTold) {
            endTold = true;
            channel.inputEnded(null);
        }
    }

    @Override
    void count(ExtendedHandle handle, FileDescriptor descriptor) {
        handle.attemptedBytesRead(1);
        handle.lastBytesRead(1);
        handle.incMessagesRead(1);
    }

    @Override
    void drop(FileDescriptor descriptor) {
        try {
            descriptor.close();
        } catch (IOException e) {
            LOGGER.warn("Failed to close a descriptor that was received", e);
        }
    }

    @Override
    Throwable failure(int result) {
        return Errors.io("recvmsg", result);
    }

    @Override
    long restMillis(int result) {
        return 0; // The next attempt finds the end of the stream.
    }
}
