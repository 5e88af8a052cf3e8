// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FileRegion;
import io.netty.channel.unix.FileDescriptor;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Message;
import io.ourio.Op;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;

/**
 * The sending life of a stream channel. A flush hands the socket what it takes by a plain call, at
 * once or, from a handler that is told of received data, at the end of the loop's turn. If many
 * channels flush in a turn, or when the socket is full, a task sends; only one is in flight, since
 * a second could overtake it, and all that is flushed meanwhile goes into the next.
 *
 * <p>The buffers of a task are held by {@link Pieces} from its start to its completion, whatever
 * becomes of the messages meanwhile: a close or a shutdown of the output fails and releases
 * messages that the kernel may still read. For sends without a copy see {@link ZeroCopySends}.
 */
final class WriteLoop {
    /** Bytes of files that a channel sends in a row: then others of the loop have their turn. */
    private static final int FILE_BYTES_IN_TURN = 1 << 20;

    private final AbstractOurioStreamChannel channel;

    /** The one whose task is in flight, or whose pieces are being gathered; else null. */
    private SendSlots.Slot slot;

    /** Null as long as this loop has sent nothing without a copy. */
    private ZeroCopySends zeroCopySends;

    /** The one of these that is in flight, or null. */
    private ZeroCopySends.Send zeroCopySend;

    /** Everything is copied: nothing else is possible, or the kernel has copied all the same. */
    private boolean copies;

    /** Whose messages a task sends; null if none is in flight. */
    private ChannelOutboundBuffer outbound;

    /** The part of a file that is being sent. */
    private FilePart filePart;

    /** Bytes of files that this turn has sent. */
    private long fileBytes;

    /** The message of the task is a file descriptor. */
    private boolean sendingDescriptor;

    /** No further send is started: the one in flight was told to end. */
    private boolean stopped;

    /** The one in flight was told to end, and the next loop goes on. */
    private boolean pausing;

    /** The flush at hand is one of many, which the ring sends together. */
    private boolean together;

    /** Messages are being removed, and their listeners may flush. */
    private boolean removing;

    WriteLoop(AbstractOurioStreamChannel channel) {
        this.channel = channel;
    }

    void attach(OurioIoHandler loop) {
        assert !isBusy();
        copies |= channel.socketFamily() == Sockets.UNIX
                || !loop.ring().capabilities().zeroCopySend();
    }

    /** Whether a send is in flight, or what stands for one. */
    boolean isSending() {
        return outbound != null;
    }

    /** Whether the kernel may still need buffers of the channel. */
    boolean isBusy() {
        return isSending() || zeroCopySends != null && zeroCopySends.isBusy();
    }

    /** Ends the send in flight, for a close that does not wait. */
    void stop() {
        stopped = true;
        pause();
    }

    /**
     * Ends the send in flight, for the next loop to go on. What was sent without a copy is on its
     * way, and its buffers are the old loop's affair from now on.
     */
    void pause() {
        pausing = isSending();
        if (zeroCopySends != null) {
            zeroCopySends.leave();
            zeroCopySends = null;
        }
        if (zeroCopySend != null) {
            zeroCopySend.cancel();
        } else if (isSending()) {
            slot.task().cancel(Context.NONE);
        }
    }

    /** Whether the next {@link #write} leaves the first send to a task, for the ring to submit. */
    void together(boolean value) {
        together = value;
    }

    /** Sends what is flushed, unless a task is in flight: then its completion goes on. */
    void write(ChannelOutboundBuffer in) throws Exception {
        if (isSending() || removing || stopped || !channel.isAttached()) {
            return;
        }
        fileBytes = 0;
        int spins = channel.config().getWriteSpinCount();
        while (spins > 0) {
            Object message = in.current();
            boolean goesOn;
            if (message instanceof ByteBuf) {
                goesOn = writeBuffers(in);
            } else if (message instanceof FileRegion region) {
                goesOn = writeRegion(in, region);
            } else if (message instanceof FileDescriptor descriptor) {
                goesOn = writeDescriptor(in, descriptor);
            } else {
                assert message == null : message;
                return;
            }
            if (!goesOn) {
                return;
            }
            spins--;
        }
        if (in.current() != null) {
            giveWay(in);
        }
    }

    /**
     * Other channels of the loop come first. Meanwhile this is busy, so that a close or a shutdown
     * of the output waits for what is left.
     */
    private void giveWay(ChannelOutboundBuffer in) {
        channel.ring().noop(takeSlot().task());
        outbound = in;
    }

    private SendSlots.Slot takeSlot() {
        slot = channel.loop().sendSlots().take(this);
        return slot;
    }

    private void freeSlot() {
        SendSlots.Slot used = slot;
        slot = null;
        used.free();
    }

    /** Returns false if a task goes on with it. */
    private boolean writeBuffers(ChannelOutboundBuffer in) throws Exception {
        Pieces pieces = takeSlot().pieces();
        int sent;
        try {
            pieces.gather(in, channel.ring(), channel.config().maxBytesPerGatheringWrite());
            if (pieces.bytes() == 0) {
                remove(in, 0); // An empty message.
                return true;
            }
            if (isForZeroCopy(pieces)) {
                sendZeroCopy(pieces);
                outbound = in;
                return false;
            }
            sent = together ? 0 : pieces.trySend(channel.ring(), channel.descriptor());
            if (sent == -Errno.EAGAIN || sent == 0) {
                pieces.send(channel.ring(), channel.descriptor(), slot.task());
                outbound = in;
                return false;
            }
        } finally {
            if (!isSending()) { // Nor has a start that was refused left anything to the kernel.
                pieces.clear();
                freeSlot();
            }
        }
        check(sent);
        remove(in, sent);
        return true;
    }

    private boolean isForZeroCopy(Pieces pieces) {
        int threshold = channel.config().getZeroCopyThreshold();
        return threshold >= 0 && pieces.bytes() >= threshold && !copies
                && (zeroCopySends == null || zeroCopySends.hasRoom());
    }

    /** The send has a task of its own, and keeps the pieces. */
    private void sendZeroCopy(Pieces pieces) {
        if (zeroCopySends == null) {
            zeroCopySends = new ZeroCopySends(channel, this);
        }
        zeroCopySend = zeroCopySends.start(pieces);
        slot.replacePieces(zeroCopySend.spare());
        freeSlot();
    }

    /** What comes next is copied: the kernel does so anyway, and it costs more this way. */
    void stopZeroCopy() {
        copies = true;
    }

    /** The bytes are on their way, or are not; the kernel may still need their memory. */
    void sentZeroCopy(Task completed, int result) {
        zeroCopySend = null;
        boolean refused = switch (result) {
            case -Errno.EOPNOTSUPP, -Errno.EINVAL, -Errno.ENOMEM, -Errno.ENOBUFS -> true;
            default -> false;
        };
        copies |= refused; // If it was something else, the next send says so.
        sent(completed.op(), refused ? -Errno.EAGAIN : result, true);
    }

    private static void check(int sent) throws IOException {
        if (sent < 0) {
            if (Errors.io("send", sent) instanceof IOException refused) {
                throw refused;
            }
            throw new ClosedChannelException();
        }
    }

    private void remove(ChannelOutboundBuffer in, long bytes) {
        removing = true;
        try {
            if (bytes == 0) {
                in.remove();
            } else {
                in.removeBytes(bytes);
            }
        } finally {
            removing = false;
        }
    }

    /** Sends the next part of a file. Returns false if it has to wait. */
    private boolean writeRegion(ChannelOutboundBuffer in, FileRegion region) throws IOException {
        if (filePart == null) {
            if (region.transferred() >= region.count()) {
                remove(in, 0);
                return true;
            }
            filePart = FileParts.next(channel, region);
            if (filePart == null) {
                giveWay(in); // The region has nothing to give at the moment.
                return false;
            }
        }
        int sent = filePart.trySend(channel.ring(), channel.descriptor());
        if (sent == FilePart.NOT_NOW) {
            filePart.send(channel.ring(), channel.descriptor(), takeSlot().task());
            outbound = in;
            return false;
        }
        check(sent);
        sentFilePart(in, sent);
        fileBytes += sent;
        if (fileBytes >= FILE_BYTES_IN_TURN && region.transferred() < region.count()) {
            giveWay(in);
            return false;
        }
        return true;
    }

    /** It travels with a byte of its own, as everywhere. Returns false: a task goes on. */
    private boolean writeDescriptor(ChannelOutboundBuffer in, FileDescriptor descriptor) {
        sendingDescriptor = true;
        Message message = new Message(Message.DESCRIPTOR_SPACE)
                .data(Arena.ofAuto().allocate(1))
                .descriptor(descriptor.intValue());
        channel.ring().sendmsg(channel.descriptor(), message, 0, takeSlot().task());
        outbound = in;
        return false;
    }

    /** The task of the slot has ended. */
    void sent(Task completed) {
        Op op = completed.op();
        int result = completed.result();
        Pieces pieces = slot.pieces();
        boolean buffers = pieces.bytes() > 0;
        // Before the promises: who sees one succeed may rely on the buffer being released.
        pieces.clear();
        freeSlot();
        sent(op, result, buffers);
    }

    private void sent(Op op, int result, boolean buffers) {
        ChannelOutboundBuffer in = outbound;
        outbound = null;
        boolean paused = pausing && !stopped;
        pausing = false;
        try {
            if (sendingDescriptor) {
                sendingDescriptor = false;
                if (result > 0) {
                    remove(in, 0);
                }
            } else if (result > 0 && buffers) {
                remove(in, result);
            } else if (result >= 0 && !buffers && op != Op.NOOP) {
                sentFilePart(in, filePart.taken(result));
            }
            if (result >= 0 || mayGoOn(result, paused)) {
                goOn(in);
            } else {
                channel.writeFailed(Errors.io(callOf(op), result));
            }
        } catch (IOException ended) {
            channel.writeFailed(ended);
        } finally {
            if (stopped) {
                releaseFilePart();
            }
            channel.checkWritten();
            channel.checkQuiet();
        }
    }

    private static String callOf(Op op) {
        return switch (op) {
            case READ -> "read";
            case SPLICE -> "splice";
            default -> "send";
        };
    }

    private static boolean mayGoOn(int result, boolean paused) {
        return switch (result) {
            case -Errno.EAGAIN, -Errno.EINTR -> true;
            case -Errno.ECANCELED -> paused; // Else a close or the end of the loop was the cause.
            default -> false;
        };
    }

    private void sentFilePart(ChannelOutboundBuffer in, int bytes) {
        if (bytes == 0) {
            return; // The task has only fetched it, or waited.
        }
        if (filePart.sent(bytes)) {
            releaseFilePart();
        }
        removing = true;
        try {
            in.progress(bytes);
        } finally {
            removing = false;
        }
    }

    /** Nothing more will be sent. */
    void releaseFilePart() {
        if (filePart != null) {
            filePart.release();
            filePart = null;
        }
    }

    private void goOn(ChannelOutboundBuffer in) {
        try {
            write(in);
        } catch (Throwable failure) {
            channel.writeFailed(failure);
        }
    }
}
