// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Task;
import io.ourio.TaskError;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;

/**
 * A tagged event of the application's own: a message that was {@linkplain OurioChannel#send sent},
 * or the completion of a ring operation that was started with {@link OurioChannel#context}. It
 * comes as {@code userEventTriggered} in the thread of the channel's loop.
 *
 * <p>It is reference counted as its payload is. Who handles it and does not pass it on releases it,
 * or keeps the payload; one that nobody handles is released at the end of the pipeline. Of a
 * payload that is not counted, none of this matters.
 */
public final class OurioEvent implements ReferenceCounted {
    private final int tag;
    private final Enum<?> constant;
    private final Op op;
    private final int result;
    private final boolean more;
    private final Object payload;

    private OurioEvent(int tag, Enum<?> constant, Op op, int result, boolean more,
            Object payload) {
        this.tag = tag;
        this.constant = constant;
        this.op = op;
        this.result = result;
        this.more = more;
        this.payload = payload;
    }

    /** A message under a number. */
    static OurioEvent message(int tag, Object payload) {
        return new OurioEvent(checkTag(tag), null, Op.USER_PTR, 0, false, payload);
    }

    /** A message under a constant. */
    static OurioEvent message(Enum<?> tag, Object payload) {
        Objects.requireNonNull(tag, "tag");
        return new OurioEvent(tag.ordinal(), tag, Op.USER_PTR, 0, false, payload);
    }

    /** The completion of a task; {@code constant} is null if its tag is a number. */
    static OurioEvent of(Task task, Enum<?> constant, Object payload) {
        return new OurioEvent(
                task.msg(), constant, task.op(), task.result(), task.hasMore(), payload);
    }

    static int checkTag(int tag) {
        if (tag < 0 || tag > Context.MAX_MSG) {
            throw new IllegalArgumentException(
                    "tag " + tag + " is outside 0.." + Context.MAX_MSG);
        }
        return tag;
    }

    /** The tag, 0 to 65535; of a constant its ordinal. */
    public int tag() {
        return tag;
    }

    /** Whether the tag is {@code constant}, and not only a number or another enum's constant. */
    public boolean is(Enum<?> constant) {
        return constant != null && this.constant == constant;
    }

    /** Whether the tag is a constant of {@code type}. Handlers thereby tell theirs from others. */
    public boolean has(Class<? extends Enum<?>> type) {
        return constant != null && constant.getDeclaringClass() == type;
    }

    /**
     * The tag as a constant of {@code type}.
     *
     * @throws IllegalArgumentException if it is a number or a constant of another enum
     */
    public <E extends Enum<E>> E tag(Class<E> type) {
        if (!has(type)) {
            throw new IllegalArgumentException(
                    "tag " + tagText() + " is no constant of " + type.getName());
        }
        return type.cast(constant);
    }

    /** The constant, or null if the tag is a number. */
    Enum<?> constant() {
        return constant;
    }

    /** A word for people. */
    String tagText() {
        return constant == null ? Integer.toString(tag)
                : constant.getDeclaringClass().getName() + "." + constant.name();
    }

    /** What has completed; {@link Op#USER_PTR} for a message. */
    public Op op() {
        return op;
    }

    /** What the operation returned, or {@code -errno} (see {@link Errno}); 0 for a message. */
    public int result() {
        return result;
    }

    /** What went wrong, or null if nothing did. */
    public TaskError error() {
        return result >= 0 ? null : TaskError.of(op, -result);
    }

    /** A new exception that says what went wrong; null if nothing did. */
    public IOException cause() {
        return result >= 0 ? null
                : Errno.toException(op.name().toLowerCase(Locale.ROOT), -result);
    }

    /** Whether more completions of the same operation will follow, which is a multishot then. */
    public boolean hasMore() {
        return more;
    }

    /**
     * What was sent; of an operation on a buffer the buffer; of any other one its {@link Task},
     * which the call that started it has returned.
     */
    public Object payload() {
        return payload;
    }

    /**
     * The payload.
     *
     * @throws ClassCastException if it is of another type
     */
    public <T> T payload(Class<T> type) {
        return type.cast(payload);
    }

    /** The payload's, or 1 if it is not counted. */
    @Override
    public int refCnt() {
        return payload instanceof ReferenceCounted counted ? counted.refCnt() : 1;
    }

    @Override
    public OurioEvent retain() {
        ReferenceCountUtil.retain(payload);
        return this;
    }

    @Override
    public OurioEvent retain(int increment) {
        ReferenceCountUtil.retain(payload, increment);
        return this;
    }

    @Override
    public OurioEvent touch() {
        ReferenceCountUtil.touch(payload);
        return this;
    }

    @Override
    public OurioEvent touch(Object hint) {
        ReferenceCountUtil.touch(payload, hint);
        return this;
    }

    @Override
    public boolean release() {
        return ReferenceCountUtil.release(payload);
    }

    @Override
    public boolean release(int decrement) {
        return ReferenceCountUtil.release(payload, decrement);
    }

    @Override
    public String toString() {
        return "OurioEvent[" + tagText() + ' ' + op + " result=" + result + " payload=" + payload
                + ']';
    }
}
