// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.Message;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The sending life of a datagram channel: a task for each datagram, all of which leave with the one
 * enter of the loop's turn. The tasks in flight are those of the first messages in the channel's
 * outbound buffer, in the same order, and what has been sent is removed from there in that order.
 */
final class DatagramWriteLoop implements ChannelOutboundBuffer.MessageProcessor {
    private static final Callback SENT = (_, task) -> task.target(Sending.class).sent(task);

    private final AbstractOurioDatagramChannel channel;
    private final int maxInFlight;

    /** Where senders wait for room: null for UDP, where what does not fit is dropped. */
    private final PeerRoom room;

    private final ArrayDeque<Sending> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Sending> free = new ArrayDeque<>();

    /** Messages of the outbound buffer that are in flight, and so passed over. */
    private int toSkip;

    private ChannelOutboundBuffer outbound;
    private boolean removing;
    private boolean stopped;

    /** Sends up to {@code maxInFlight} datagrams at a time, which may overtake each other. */
    DatagramWriteLoop(AbstractOurioDatagramChannel channel, int maxInFlight) {
        this.channel = channel;
        this.maxInFlight = maxInFlight;
        room = channel.socketFamily() == Sockets.UNIX ? new PeerRoom(channel) : null;
        assert room == null || maxInFlight == 1 : "one waits, and the others would overtake it";
    }

    void attach() {
        assert !isBusy();
        free.clear(); // Their tasks belong to another ring.
    }

    boolean isBusy() {
        return !inFlight.isEmpty();
    }

    /** Ends the sends in flight, for a close that does not wait. */
    void stop() {
        stopped = true;
        inFlight.forEach(Sending::cancel);
    }

    /**
     * Ends a send that may wait for its receiver, for the next loop to go on. Those of UDP wait for
     * the network at most.
     */
    void pause() {
        if (maxInFlight == 1) {
            inFlight.forEach(Sending::cancel);
        }
    }

    /** Starts sends of what is flushed, as far as not too many are in flight. */
    void write(ChannelOutboundBuffer in) throws Exception {
        if (removing || stopped || !channel.isAttached()) {
            return;
        }
        outbound = in;
        do {
            toSkip = inFlight.size();
            if (toSkip >= maxInFlight) {
                return;
            }
            in.forEachFlushedMessage(this);
        } while (removeSent()); // Those that ended at once made room for others.
    }

    @Override
    public boolean processMessage(Object message) {
        if (toSkip > 0) {
            toSkip--;
            return true;
        }
        Sending sending = free.isEmpty() ? new Sending() : free.pop();
        inFlight.add(sending);
        sending.start(message);
        return inFlight.size() < maxInFlight;
    }

    /** Removes the messages at the head that have left, or failed. Returns whether there were. */
    private boolean removeSent() {
        boolean any = false;
        removing = true;
        try {
            while (isBusy() && inFlight.peek().done) {
                Sending sending = inFlight.poll();
                Object message = sending.message;
                Throwable failure = sending.failure;
                sending.clear();
                free.push(sending);
                remove(message, failure);
                any = true;
            }
        } finally {
            removing = false;
        }
        return any;
    }

    private void remove(Object message, Throwable failure) {
        // In front of it there may be messages that were canceled before the flush.
        while (outbound.current() != null && outbound.current() != message) {
            outbound.remove();
        }
        if (failure == null) {
            outbound.remove();
        } else {
            outbound.remove(failure);
        }
    }

    private void goOn() {
        removeSent();
        try {
            write(outbound);
        } catch (Throwable failure) {
            channel.pipeline().fireExceptionCaught(failure);
        }
        channel.checkQuiet();
    }

    /** One datagram on its way. Its bytes are retained from the start to the completion. */
    private final class Sending {
        private final Message header = new Message(Message.SEGMENT_SPACE);
        private final Task task = channel.ring().task(new Context(this, BuiltInTag.SEND, SENT));
        private Object message;
        private ByteBuf content;
        private Iovecs pieces;
        private boolean done;
        private Throwable failure;

        void start(Object toSend) {
            message = toSend;
            done = false;
            try {
                boolean addressed = toSend instanceof AddressedEnvelope;
                ByteBuf bytes = (ByteBuf)
                        (addressed ? ((AddressedEnvelope<?, ?>) toSend).content() : toSend);
                if (!addressed && !bytes.isReadable()) {
                    done = true; // Written for its promise.
                    return;
                }
                Addresses.to(recipient(), channel.socketFamily(), header);
                header.noControl();
                if (toSend instanceof SegmentedDatagramPacket packet
                        && bytes.readableBytes() > packet.segmentSize()) {
                    header.segmentSize(packet.segmentSize());
                }
                gather(bytes);
                send();
                content = bytes.retain();
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        /** Null is whom the socket is connected to. */
        private SocketAddress recipient() {
            return message instanceof AddressedEnvelope<?, ?> envelope
                    ? envelope.recipient() : null;
        }

        /** A task that waited in the kernel would not know for what, see {@link PeerRoom}. */
        private void send() {
            channel.ring().sendmsg(channel.descriptor(), header,
                    room == null ? 0 : Ring.MSG_DONTWAIT, task);
        }

        private void gather(ByteBuf bytes) {
            int length = bytes.readableBytes();
            if (bytes.nioBufferCount() == 1) {
                header.data(Memory.address(bytes, bytes.readerIndex(), length), length);
                return;
            }
            pieces = channel.ring().iovecs();
            for (ByteBuffer part : bytes.nioBuffers()) {
                pieces.add(MemorySegment.ofBuffer(part).address(), part.remaining());
            }
            header.data(pieces);
        }

        void sent(Task completed) {
            int result = completed.result();
            boolean waited = completed.op() != Op.SENDMSG;
            if (waited && !room.isOver(task, stopped || !channel.isAttached())) {
                return;
            }
            boolean goesOn = result >= 0 ? waited : isPassing(result);
            if (goesOn && !stopped && (room == null || channel.isAttached())) {
                goOnSending(result);
                return;
            }
            if (!stopped && (goesOn || result == -Errno.ECANCELED)) {
                inFlight.remove(this); // The only one: it is sent from the next loop.
                clear();
                free.push(this);
            } else if (result < 0 || goesOn) {
                // If it goes on, the request to end came between two tasks.
                result = goesOn ? -Errno.ECANCELED : result;
                failed(Errors.datagram("sendmsg", result));
            } else {
                done = true;
            }
            goOn();
        }

        private void goOnSending(int result) {
            if (room != null && PeerRoom.isFull(result)) {
                room.await(result, recipient(), task);
            } else {
                send();
            }
        }

        /** Whether a refusal is none for good. */
        private boolean isPassing(int result) {
            return result == -Errno.EINTR || result == -Errno.EAGAIN
                    || room != null && PeerRoom.isFull(result);
        }

        private void failed(Throwable cause) {
            failure = cause;
            done = true;
        }

        void cancel() {
            if (!done) {
                task.cancel(Context.NONE);
            }
        }

        /** Before the promise: who sees it succeed may rely on the buffer being released. */
        void clear() {
            message = null;
            failure = null;
            if (content != null) {
                content.release();
                content = null;
            }
            if (pieces != null) {
                pieces.release();
                pieces = null;
            }
        }
    }
}
