// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.ourio.Ring;
import java.util.function.Consumer;

/**
 * A loop of an {@link OurioEventLoopGroup}: it takes messages of its own, beside those of its
 * channels.
 *
 * <pre>{@code
 * loop.receive(Tag.JOIN, event -> rooms.join(event.payload(Member.class)));
 * loop.send(Tag.JOIN, member);   // from any thread
 * }</pre>
 */
public interface OurioEventLoop extends IoEventLoop {
    /**
     * The loop's ring.
     *
     * @throws WrongThreadException from another thread than the loop's
     */
    Ring ring();

    /** What the loop has done so far. Any thread may ask, also after the shutdown. */
    OurioLoopMetrics metrics();

    /**
     * Sends a message to this loop, from any thread; a loop that has not started, or is suspended,
     * starts. The receiver of the tag is called in the loop's thread; the messages of one thread
     * arrive in their order.
     *
     * <p>The future succeeds once the receiver has returned. It fails with what the receiver
     * throws, with an {@link IllegalStateException} if the tag has none, with a {@link
     * java.util.concurrent.RejectedExecutionException} if the loop has ended, and with a {@link
     * MailboxFullException} if {@link #mailboxLimit(int)} messages wait already. All else is as
     * for {@link OurioChannel#send(int, Object)}.
     *
     * @param tag 0 to 65535
     * @param payload anything, or null
     * @throws IllegalArgumentException if the tag is outside of that
     */
    Future<Void> send(int tag, Object payload);

    /** The same with a constant. */
    Future<Void> send(Enum<?> tag, Object payload);

    /**
     * Says who is told of messages with {@code tag}, from any thread, for those that are delivered
     * from now on. The receiver owns what it is told of: it releases the event, or keeps the
     * payload. There is one for each tag of a loop; two libraries that use one loop do not meet if
     * each has an enum.
     *
     * @param tag 0 to 65535
     * @param receiver null for nobody any more
     * @return who was told before, or null
     * @throws IllegalArgumentException if the tag is outside of that
     */
    Consumer<? super OurioEvent> receive(int tag, Consumer<? super OurioEvent> receiver);

    /** The same with a constant. */
    Consumer<? super OurioEvent> receive(Enum<?> tag, Consumer<? super OurioEvent> receiver);

    /**
     * Bounds how many messages to this loop (not to its channels, which have {@link
     * OurioChannelOption#MAILBOX_LIMIT}) may wait to be delivered, of those that are sent from now
     * on. From any thread.
     *
     * @param messages 0, the default, for any number
     * @throws IllegalArgumentException if it is negative
     */
    OurioEventLoop mailboxLimit(int messages);
}
