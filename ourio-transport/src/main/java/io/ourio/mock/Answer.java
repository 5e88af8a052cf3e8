// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import io.ourio.ControlMessage;
import io.ourio.Errno;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What becomes of one task of a mock: its result, when it comes, and for a multishot task what
 * comes {@linkplain #then then}. Never changes, so that one answer may serve many tasks.
 *
 * <pre>{@code
 * Answer.text("hello")                                    // five bytes into the task's memory
 * Answer.error(Errno.ECONNRESET).after(ofSeconds(3))      // three (virtual) seconds later
 * Answer.fd().then(Answer.fd()).then(Answer.never())      // two connections, then silence
 * }</pre>
 */
public final class Answer {
    enum Kind { RESULT, BYTES, MESSAGE, ALL, FD, NEVER, AGAIN }

    private static final Answer OK = new Answer(Kind.RESULT, 0, null);
    private static final Answer ALL = new Answer(Kind.ALL, 0, null);
    private static final Answer FD = new Answer(Kind.FD, 0, null);
    private static final Answer NEVER = new Answer(Kind.NEVER, 0, null);
    private static final Answer AGAIN = new Answer(Kind.AGAIN, 0, null);

    final Kind kind;
    final int result;
    final byte[] bytes;

    /** What travels beside the bytes. */
    final Envelope envelope;

    final int turns;
    final long delayNanos;
    final boolean stubborn;

    /** What a zero-copy send is told of itself with its last completion. */
    final boolean copied;

    /** What the same task hears after this, or null if this is its last completion. */
    final Answer next;

    private Answer(Kind kind, int result, byte[] bytes) {
        this(kind, result, bytes, Envelope.NONE);
    }

    private Answer(Kind kind, int result, byte[] bytes, Envelope envelope) {
        this.kind = kind;
        this.result = result;
        this.bytes = bytes;
        this.envelope = envelope;
        turns = 0;
        delayNanos = 0;
        stubborn = false;
        copied = true;
        next = null;
    }

    /** The same that comes otherwise. */
    private Answer(Answer same, int turns, long delayNanos, boolean stubborn, Answer next) {
        this(same, turns, delayNanos, stubborn, same.copied, next);
    }

    private Answer(Answer same, int turns, long delayNanos, boolean stubborn, boolean copied,
            Answer next) {
        kind = same.kind;
        result = same.result;
        bytes = same.bytes;
        envelope = same.envelope;
        this.turns = turns;
        this.delayNanos = delayNanos;
        this.stubborn = stubborn;
        this.copied = copied;
        this.next = next;
    }

    /** The result 0: success, or the end of a stream. */
    public static Answer ok() {
        return OK;
    }

    /** This very result: a count, a mask, a file descriptor, or {@code -errno}. */
    public static Answer result(int result) {
        return new Answer(Kind.RESULT, result, null);
    }

    /**
     * A failure.
     *
     * @param errno above zero, see {@link Errno}
     * @throws IllegalArgumentException if it is not
     */
    public static Answer error(int errno) {
        if (errno <= 0) {
            throw new IllegalArgumentException("errno " + errno + " is not above 0");
        }
        return new Answer(Kind.RESULT, -errno, null);
    }

    /**
     * Puts bytes into the task's memory, or into a provided buffer where the task has a group; the
     * result is their count. More than one buffer holds goes on in the next. No buffer that is free
     * ends the task with {@code -ENOBUFS}, as the kernel does, and what is left is for the next
     * task of that kind and file descriptor. To a task that receives messages they are one, which
     * nobody is said to have sent.
     */
    public static Answer bytes(byte... bytes) {
        return new Answer(Kind.BYTES, 0, bytes.clone());
    }

    /** The same with a text in UTF-8. */
    public static Answer text(String text) {
        return new Answer(Kind.BYTES, 0, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A message for a {@code recvmsg}, of one shot or many, with the address of its sender. What
     * the task has no room for is lost, and the message says so, as with a kernel.
     *
     * @param from null if that is not said
     */
    public static Answer message(InetSocketAddress from, byte... bytes) {
        return message(from, List.of(), bytes);
    }

    /** The same with control data, which is copied here. */
    public static Answer message(
            InetSocketAddress from, List<ControlMessage> controls, byte... bytes) {
        return new Answer(Kind.MESSAGE, 0, bytes.clone(), Envelope.of(from, controls));
    }

    /** As many bytes as the task asks for: a send or write that takes all, a read of zeros. */
    public static Answer all() {
        return ALL;
    }

    /** A new file descriptor, which must be closed before the mock is. */
    public static Answer fd() {
        return FD;
    }

    /** Nothing, until the task is canceled. */
    public static Answer never() {
        return NEVER;
    }

    /** Nothing yet: the script is asked again with the next turn of the ring. */
    public static Answer again() {
        return AGAIN;
    }

    /**
     * The same, {@code count} turns of the ring later. Of several parts, the last is meant.
     *
     * @throws IllegalArgumentException if {@code count} is negative
     */
    public Answer afterTurns(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count " + count + " is negative");
        }
        return last(part -> new Answer(part, count, part.delayNanos, part.stubborn, null));
    }

    /**
     * The same, later by the mock's clock. Of several parts, the last is meant, and the time counts
     * from the part before.
     *
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public Answer after(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay " + delay + " is negative");
        }
        return last(part ->
                new Answer(part, part.turns, delay.toNanos(), part.stubborn, null));
    }

    /**
     * The same, and a cancel comes too late: it is told {@code -EALREADY} and the answer comes as
     * it was said. Of several parts, the last is meant.
     *
     * @throws IllegalStateException if the answer never comes, and the task would never end
     */
    public Answer despiteCancel() {
        return last(part -> {
            if (part.kind == Kind.NEVER || part.kind == Kind.AGAIN) {
                throw new IllegalStateException("a task without a result must be cancelable");
            }
            return new Answer(part, part.turns, part.delayNanos, true, null);
        });
    }

    /**
     * The same, and a zero-copy send is told that nothing was copied ({@link
     * io.ourio.Task#wasCopied()}); else a mock copies. Of several parts, the last is meant.
     */
    public Answer withoutCopy() {
        return last(part ->
                new Answer(part, part.turns, part.delayNanos, part.stubborn, false, null));
    }

    /**
     * This, and another completion of the same (multishot) task: {@link io.ourio.Task#hasMore()} is
     * true for all but the last.
     *
     * @throws IllegalStateException if this never comes
     */
    public Answer then(Answer another) {
        return last(part -> {
            if (part.kind == Kind.NEVER || part.kind == Kind.AGAIN) {
                throw new IllegalStateException("nothing follows an answer that does not come");
            }
            return part.before(another);
        });
    }

    private Answer last(UnaryOperator<Answer> change) {
        return next == null ? change.apply(this) : before(next.last(change));
    }

    private Answer before(Answer following) {
        return new Answer(this, turns, delayNanos, stubborn, following);
    }

    /** This part, and nothing after it. */
    Answer alone() {
        return before(null);
    }

    /** This part without its first {@code count} bytes, and at once. */
    Answer without(int count) {
        byte[] rest = Arrays.copyOfRange(bytes, count, bytes.length);
        return new Answer(new Answer(kind, result, rest, envelope), 0, 0, stubborn, next);
    }

    @Override
    public String toString() {
        String what = switch (kind) {
            case RESULT -> result >= 0 ? "result " + result : Errno.describe(-result);
            case BYTES -> bytes.length + " bytes";
            case MESSAGE -> "a message of " + bytes.length + " bytes from " + envelope.from();
            case ALL -> "all";
            case FD -> "a new descriptor";
            case NEVER -> "nothing until it is canceled";
            case AGAIN -> "not yet";
        };
        return what + (turns > 0 ? " after " + turns + " turns" : "")
                + (delayNanos > 0 ? " after " + Duration.ofNanos(delayNanos) : "")
                + (next == null ? "" : ", then " + next);
    }
}
