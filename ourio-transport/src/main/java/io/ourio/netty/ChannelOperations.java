// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.concurrent.ScheduledFuture;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskGroup;
import java.util.concurrent.TimeUnit;

/**
 * The ring operations that the handlers of a channel have started: one group of tasks, whose
 * completions become events of the pipeline.
 */
final class ChannelOperations {
    /** An operation may go on after its cancel, if it had got rid of a part by then. */
    private static final long CANCEL_AGAIN_MILLIS = 100;

    private static final Callback COMPLETED =
            (ring, task) -> of(task).completed(task, task.target(Enum.class), task);
    private static final Callback READ =
            (ring, task) -> of(task).buffer(task, task.target(Held.class), true);
    private static final Callback WRITTEN =
            (ring, task) -> of(task).buffer(task, task.target(Held.class), false);

    /** The buffer of an operation, and its tag if that is a constant. */
    private record Held(Enum<?> tag, ByteBuf buffer) {}

    private final AbstractOurioChannel channel;
    private final TaskGroup tasks = new TaskGroup(this);
    private ScheduledFuture<?> again;
    private boolean telling;

    ChannelOperations(AbstractOurioChannel channel) {
        this.channel = channel;
    }

    private static ChannelOperations of(Task task) {
        return task.context().group().owner(ChannelOperations.class);
    }

    /** Operations may be started, on the ring of the channel's loop. */
    void open() {
        tasks.open();
    }

    /** Whether the kernel holds one. */
    boolean isBusy() {
        return tasks.size() > 0;
    }

    /** Whether the pipeline is being told of one that has completed. */
    boolean isTelling() {
        return telling;
    }

    /** Cancels all, and lets no further one start. */
    void close(String reason) {
        tasks.close(reason);
        cancel();
    }

    private void cancel() {
        if (!isBusy() || channel.ring().isClosed()) {
            return;
        }
        tasks.cancel();
        if (again == null && !channel.eventLoop().isShuttingDown()) {
            again = channel.eventLoop().scheduleAtFixedRate(tasks::cancel,
                    CANCEL_AGAIN_MILLIS, CANCEL_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** A context whose completions are events; {@code constant} is null for a number. */
    Context context(int tag, Enum<?> constant) {
        return new Context(constant, OurioEvent.checkTag(tag), COMPLETED, tasks);
    }

    Task readInto(int fd, ByteBuf buffer, long offset, int tag, Enum<?> constant) {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("the buffer to read into is read-only: " + buffer);
        }
        int length = buffer.writableBytes();
        long address = address(buffer, buffer.writerIndex(), length);
        Ring ring = channel.ring();
        return ring.read(fd, address, length, offset,
                ring.task(context(tag, constant, buffer, READ)));
    }

    Task writeFrom(int fd, ByteBuf buffer, long offset, int tag, Enum<?> constant) {
        int length = buffer.readableBytes();
        long address = address(buffer, buffer.readerIndex(), length);
        Ring ring = channel.ring();
        return ring.write(fd, address, length, offset,
                ring.task(context(tag, constant, buffer, WRITTEN)));
    }

    private Context context(int tag, Enum<?> constant, ByteBuf buffer, Callback callback) {
        return new Context(
                new Held(constant, buffer), OurioEvent.checkTag(tag), callback, tasks);
    }

    private static long address(ByteBuf buffer, int index, int length) {
        if (buffer.refCnt() == 0) {
            throw new IllegalReferenceCountException(0);
        }
        if (!buffer.isDirect() || buffer.nioBufferCount() != 1) {
            throw new IllegalArgumentException("the kernel needs a buffer that is direct and in"
                    + " one piece, not " + buffer);
        }
        return Memory.address(buffer, index, length);
    }

    private void buffer(Task task, Held held, boolean read) {
        ByteBuf buffer = held.buffer;
        int bytes = Math.max(task.result(), 0);
        if (read) {
            buffer.writerIndex(buffer.writerIndex() + bytes);
        } else {
            buffer.skipBytes(bytes);
        }
        completed(task, held.tag, buffer);
    }

    private void completed(Task task, Enum<?> constant, Object payload) {
        boolean last = !task.hasMore();
        telling = true;
        try {
            channel.pipeline().fireUserEventTriggered(OurioEvent.of(task, constant, payload));
        } finally {
            telling = false;
        }
        if (last && again != null && !isBusy()) {
            again.cancel(false); // Before the channel leaves this loop.
            again = null;
        }
        if (last) {
            channel.checkQuiet();
        }
    }
}
