// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;

/**
 * What every channel of Ourio's has beside what Netty asks for: messages from any thread, and
 * operations of its loop's ring, which both end as {@link OurioEvent}s in its pipeline.
 *
 * <pre>{@code
 * // In a handler: read a file; the completion arrives in this pipeline.
 * channel.ring().read(file, memory, offset, channel.context(Tag.FILE_READ));
 *
 * // From another loop or any thread: the message arrives in that channel's pipeline.
 * other.send(Tag.PRICE_CHANGED, price);
 * }</pre>
 *
 * <p>A tag is a number from 0 to 65535 or a constant of an enum of the application's. They are
 * apart from one another: {@link OurioEvent#is} and {@link OurioEvent#has} know which enum it was.
 */
public interface OurioChannel extends Channel {
    /**
     * The ring of the channel's loop. What is started there with a {@link #context} of this channel
     * belongs to the channel: it is canceled, and told to the pipeline, before a close tells {@code
     * channelInactive} and before a deregistration ends, and both wait for it, since the kernel may
     * use its memory until then. What is to outlive the channel, as the close of a file, gets
     * another context, for instance {@link Context#NONE}.
     *
     * <p>Used by the loop's thread alone: all others get a {@link WrongThreadException} from it.
     *
     * @throws IllegalStateException if the channel was never registered
     */
    Ring ring();

    /**
     * For an operation on the {@link #ring()}: its completions become events of this channel with
     * {@code tag}, with the {@link Task} as their payload. It may be kept and used again, also when
     * the channel has moved to another loop.
     *
     * <p>Once a close or a deregistration has begun, and until the next registration, an operation
     * with it is refused with an {@link IllegalStateException} that says so.
     *
     * @param tag 0 to 65535
     * @throws IllegalArgumentException if it is outside of that
     */
    Context context(int tag);

    /** The same with a constant, whose ordinal is the context's message. */
    Context context(Enum<?> tag);

    /**
     * Reads from a file, pipe or socket into {@code buffer}, from its writer index on and as much
     * as it has room for. The event has the count of bytes as its result, 0 at the end of the file,
     * and the buffer as its payload, whose writer index is behind what was read.
     *
     * <p>The buffer goes with the operation and comes back with the event, also after a failure, a
     * cancel or a close: from this call on the caller must not touch it, and one that nobody takes
     * out of the event is released with that. If the call throws, it stays the caller's.
     *
     * @param fd a descriptor, which stays the caller's
     * @param buffer direct, in one piece
     * @param offset where in the file, in bytes, or {@link Ring#CURRENT_POSITION}
     * @param tag see {@link #context(int)}
     * @return the task, to be canceled or given a deadline
     * @throws IllegalArgumentException if the buffer is on the heap or in pieces, or {@code fd} or
     *     {@code offset} negative
     * @throws WrongThreadException from another thread than the loop's
     * @throws IllegalStateException see {@link #context(int)}
     */
    Task readInto(int fd, ByteBuf buffer, long offset, int tag);

    /** The same with a constant. */
    Task readInto(int fd, ByteBuf buffer, long offset, Enum<?> tag);

    /**
     * Writes the readable bytes of {@code buffer} to a file, pipe or socket. The event has the
     * count of bytes as its result, which may be less than there were, and the buffer as its
     * payload, whose reader index is behind what was written. All else as for {@link
     * #readInto(int, ByteBuf, long, int)}.
     */
    Task writeFrom(int fd, ByteBuf buffer, long offset, int tag);

    /** The same with a constant. */
    Task writeFrom(int fd, ByteBuf buffer, long offset, Enum<?> tag);

    /**
     * Sends a message to this channel, from any thread: its pipeline is told of an {@link
     * OurioEvent} by the channel's own loop. The messages of one thread arrive in their order, also
     * while the channel moves to another loop; those sent between two loops, or before the first,
     * wait.
     *
     * <p>The future succeeds once the pipeline was told. It fails, and the pipeline is not told,
     * with a {@link java.nio.channels.ClosedChannelException} if the channel is closed before, with
     * a {@link java.util.concurrent.RejectedExecutionException} if its loop has ended, and with a
     * {@link MailboxFullException} if {@link OurioChannelOption#MAILBOX_LIMIT} wait already. A
     * cancel of the future takes the message back, unless it was delivered. Listeners are called by
     * whichever thread ends it: mostly the channel's loop.
     *
     * <p>The payload goes with the call: whoever gets the event releases it if it is reference
     * counted, and it is released if the future fails or is canceled. If the call throws, it stays
     * the caller's.
     *
     * @param tag 0 to 65535
     * @param payload anything, or null
     * @throws IllegalArgumentException if the tag is outside of that
     */
    Future<Void> send(int tag, Object payload);

    /** The same with a constant. */
    Future<Void> send(Enum<?> tag, Object payload);
}
