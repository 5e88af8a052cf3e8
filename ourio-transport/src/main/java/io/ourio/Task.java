// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.Objects;

/**
 * One operation on a {@link Ring}: the request while it is queued or in flight, the result once it
 * is complete.
 *
 * <pre>{@code
 * FREE -> QUEUED -> IN_FLIGHT -> COMPLETE -> callback -> FREE
 * }</pre>
 *
 * <p>A task belongs to whoever started it, and not to a pool: a reference to a task that ended long
 * ago can therefore never cancel somebody else's operation. A task that is {@link #isFree() free}
 * may be started again, which is how the hot path does without allocation. The ring's thread makes
 * every call.
 *
 * <p>A <em>message</em> is a task without a ring: {@link #userFd}, {@link #userMsg}, {@link
 * #userPtr} and {@link #userBytes} make one on any thread. {@link Ring#msgRing} or {@link
 * Ring#post} gives it to a ring, whose thread calls its callback, with 0 or with {@code
 * -}{@link Errno#ECANCELED} if the ring is closed before. It belongs to its sender until then, to
 * the receiver from its callback on, and whoever has it may send it again. It keeps what it
 * carries.
 */
public final class Task {
    /** Where a task is in its life. */
    public enum State {
        /** Not started yet, or ended: its result is there and it may be started again. */
        FREE,
        /** Accepted by the ring; the kernel has not seen it. */
        QUEUED,
        /** The kernel has it, and with it all memory that it names. */
        IN_FLIGHT,
        /** The result is there, the callback is next. */
        COMPLETE
    }

    private static final VarHandle STATE = stateHandle();
    private static final String SENT = " was sent and is not delivered yet";

    /** Null for a message. */
    final Ring ring;

    private final Context context;

    /** Of the context, which the hot path need not read then. */
    final Callback callback;

    private final Object target;
    final TaskGroup group;

    /** Neighbours in the one list that the task is on: submissions, or completions. */
    Task next;

    Task previous;

    /** Neighbours in the group of the context. */
    Task groupNext;

    Task groupPrevious;

    /** What the backend knows the task by while it is in flight. */
    long token;

    TimerHeap.Entry timer;
    TimerHeap.Entry deadline;

    private State state = State.FREE;
    private Op op;
    private int fd;
    private int flags;
    private long address;
    private int length;
    private long offset;
    private Object resource;
    private int result;
    private boolean more;
    private long bufferOffset;
    private int bufferId = -1;

    /** Somebody asked for the end of it. */
    boolean canceled;

    /** Of a zero-copy send, whether it was none. */
    boolean copied;

    /** Set right after the start of an operation that has two. */
    int sourceFd;

    Task(Ring ring, Context context) {
        this.ring = ring;
        this.context = Objects.requireNonNull(context, "context");
        callback = context.callback();
        target = context.target();
        group = context.group();
    }

    private static VarHandle stateHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(Task.class, "state", State.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * A message that carries a file descriptor: {@link #fd()}. It is the receiver's once its
     * callback is called with 0, and the sender's if the sending fails. If the receiver's ring is
     * closed first, that closes the descriptor, and the callback is told of -1.
     *
     * @throws IllegalArgumentException if {@code fd} is negative
     */
    public static Task userFd(int fd, Context context) {
        return userFd(fd, new Task(null, context));
    }

    /** The same with a message that is free, see {@link #userMsg(long, Task)}. */
    public static Task userFd(int fd, Task message) {
        return message.carry(Op.USER_FD, Operations.checkFd(fd), 0, null);
    }

    /** A message that carries a number: {@link #number()}. */
    public static Task userMsg(long number, Context context) {
        return userMsg(number, new Task(null, context));
    }

    /**
     * The same with a message that is {@linkplain #isFree() free}, whatever it carried before: its
     * receiver has got it, and may use it again, as may whoever the receiver leaves it to.
     *
     * @throws IllegalArgumentException if {@code message} is no message
     * @throws IllegalStateException if it was sent and is not delivered yet
     */
    public static Task userMsg(long number, Task message) {
        return message.carry(Op.USER_MSG, Operations.NO_FD, number, null);
    }

    /** A message that carries an object, which may be null: {@link #object}. */
    public static Task userPtr(Object object, Context context) {
        return userPtr(object, new Task(null, context));
    }

    /** The same with a message that is free, see {@link #userMsg(long, Task)}. */
    public static Task userPtr(Object object, Task message) {
        return message.carry(Op.USER_PTR, Operations.NO_FD, 0, object);
    }

    /**
     * A message that carries bytes: {@link #bytes()}. They are not copied; the sender must not
     * change them any more.
     */
    public static Task userBytes(byte[] bytes, Context context) {
        return userBytes(bytes, new Task(null, context));
    }

    /** The same with a message that is free, see {@link #userMsg(long, Task)}. */
    public static Task userBytes(byte[] bytes, Task message) {
        Objects.requireNonNull(bytes, "bytes");
        return message.carry(Op.USER_BYTES, Operations.NO_FD, 0, bytes);
    }

    private Task carry(Op kind, int descriptor, long number, Object object) {
        checkMessage();
        if (!isFree()) {
            throw new IllegalStateException(this + SENT);
        }
        prepare(kind, descriptor, 0, 0, 0, number, object);
        return this;
    }

    private void checkMessage() {
        if (ring != null) {
            throw new IllegalArgumentException(this + " is no message; Task.userFd, userMsg,"
                    + " userPtr and userBytes make one");
        }
    }

    /**
     * Takes a message for one sending. Two threads that send the same one would otherwise break
     * the receiver's queue.
     */
    void claim() {
        checkMessage();
        if (op == Op.USER_FD && fd < 0) {
            throw new IllegalStateException(this + " has lost its descriptor to a ring that was"
                    + " closed; give it another one");
        }
        if (!STATE.compareAndSet(this, State.FREE, State.IN_FLIGHT)) {
            throw new IllegalStateException(this + SENT);
        }
    }

    void prepare(
            Op op, int fd, int flags, long address, int length, long offset, Object resource) {
        this.op = op;
        this.fd = fd;
        this.flags = flags;
        this.address = address;
        this.length = length;
        this.offset = offset;
        this.resource = resource;
        more = false;
        canceled = false;
        bufferId = -1;
        sourceFd = -1;
        copied = true;
    }

    void move(State from, State to) {
        assert state == from : this + " cannot become " + to;
        // A message that is free may be claimed by another thread at once.
        STATE.setRelease(this, to);
    }

    /** Reads some of each line of its memory, and the header of its target. */
    int prefetch() {
        return fd + (canceled ? 1 : 0)
                + (target != null && target.getClass() == Object.class ? 1 : 0);
    }

    void result(int result, boolean more) {
        this.result = result;
        this.more = more;
    }

    void buffer(int id, long offset) {
        bufferId = id;
        bufferOffset = offset;
    }

    /** Drops what the task kept alive for the kernel. */
    void release() {
        if (resource instanceof Iovecs pieces) {
            pieces.end();
        } else if (resource instanceof PathName name) {
            name.release();
        }
        resource = null;
    }

    /** Takes the descriptor out of a message that will not be delivered; -1 if it has none. */
    int takeFd() {
        int taken = fd;
        fd = Operations.NO_FD;
        return taken;
    }

    /** The ring that the task was made for; null for a message, which any ring may get. */
    public Ring ring() {
        return ring;
    }

    /** Who is told of the result. */
    public Context context() {
        return context;
    }

    /** The target of the context. */
    public <T> T target(Class<T> type) {
        return type.cast(target);
    }

    /** The message of the context, 0 to 65535. */
    public int msg() {
        return context.msg();
    }

    /**
     * The message of the context, as a constant of {@code type}.
     *
     * @throws IllegalArgumentException if the enum has no such ordinal
     */
    public <E extends Enum<E>> E msg(Class<E> type) {
        E[] constants = type.getEnumConstants();
        if (msg() >= constants.length) {
            throw new IllegalArgumentException("msg " + msg() + " is not an ordinal of "
                    + type.getName() + ", which has " + constants.length + " constants");
        }
        return constants[msg()];
    }

    /** Where the task is in its life. */
    public State state() {
        return state;
    }

    /** Whether the task may be started: it never was, or its last completion was delivered. */
    public boolean isFree() {
        return state == State.FREE;
    }

    /** What the task asks for; null before it was first started. */
    public Op op() {
        return op;
    }

    /** The file descriptor it works on, or -1. */
    public int fd() {
        return fd;
    }

    /** The second file descriptor of an operation that has two: where it reads; else -1. */
    public int sourceFd() {
        return sourceFd;
    }

    /** The flags of the call: {@code MSG_*}, {@code SOCK_*}, a poll mask or a way to shut down. */
    public int flags() {
        return flags;
    }

    /** The address of the memory it reads or writes, or 0. */
    public long address() {
        return address;
    }

    /** The length of that memory in bytes, or a count where the operation has one. */
    public int length() {
        return length;
    }

    /** The file offset in bytes, or the second number of an operation that has two. */
    public long offset() {
        return offset;
    }

    /**
     * The number that a message carries.
     *
     * @throws IllegalStateException if it is not one of {@link #userMsg}
     */
    public long number() {
        checkKind(Op.USER_MSG);
        return offset;
    }

    /**
     * The object that a message carries.
     *
     * @throws IllegalStateException if it is not one of {@link #userPtr}
     * @throws ClassCastException if the object is not of that type
     */
    public <T> T object(Class<T> type) {
        checkKind(Op.USER_PTR);
        return type.cast(resource);
    }

    /**
     * The bytes that a message carries.
     *
     * @throws IllegalStateException if it is not one of {@link #userBytes}
     */
    public byte[] bytes() {
        checkKind(Op.USER_BYTES);
        return (byte[]) resource;
    }

    private void checkKind(Op kind) {
        if (op != kind) {
            throw new IllegalStateException("the task is " + op + " and not " + kind);
        }
    }

    /** What the task keeps reachable until its last completion: memory, buffers, another task. */
    public Object resource() {
        return resource;
    }

    /**
     * What the call returned, or {@code -errno} (see {@link Errno}). Valid from the callback until
     * the task is started again.
     */
    public int result() {
        return result;
    }

    /** What went wrong, or null if nothing did. Valid as long as {@link #result()}. */
    public TaskError error() {
        return result >= 0 ? null : TaskError.of(op, -result);
    }

    /** The error number, or 0 if nothing went wrong. Valid as long as {@link #result()}. */
    public int errno() {
        return result >= 0 ? 0 : -result;
    }

    /**
     * Whether the kernel made a copy of what {@link Ring#sendZeroCopy} or {@link
     * Ring#sendmsgZeroCopy} sent: always on the loopback, and where the card or the protocol
     * cannot do without. Valid with the last completion.
     */
    public boolean wasCopied() {
        return copied;
    }

    /** Whether more completions of this task (a multishot, or a zero-copy send) will follow. */
    public boolean hasMore() {
        return more;
    }

    /** The provided buffer that this completion filled, or -1. */
    public int bufferId() {
        return bufferId;
    }

    /** Where in {@link BufferGroup#memory()} the received bytes begin. */
    public long bufferOffset() {
        return bufferOffset;
    }

    /**
     * Asks for the end of the task. It still completes exactly once: with
     * {@code -}{@link Errno#ECANCELED}, or with its result if that came first.
     *
     * @param result who is told how the request went: 0, {@code -ENOENT} if the task had ended, or
     *     {@code -EALREADY} if it can no longer be stopped and will end by itself; {@link
     *     Context#NONE} if nobody
     * @return the task of the request
     * @throws WrongThreadException from another thread than the ring's
     * @throws IllegalStateException if it is a message, which its receiver has at once
     */
    public Task cancel(Context result) {
        checkHasRing();
        return ring.cancel(this, result);
    }

    /**
     * Cancels the task when the wall clock passes {@code instant}, unless it has completed. The
     * deadline itself calls nobody. One that has passed already cancels at once; a second one
     * replaces the first; {@code null} removes it.
     *
     * @throws IllegalStateException if the task is neither queued nor in flight, or a message
     * @throws WrongThreadException from another thread than the ring's
     */
    public void deadline(Instant instant) {
        checkHasRing();
        ring.deadline(this, instant);
    }

    private void checkHasRing() {
        if (ring == null) {
            throw new IllegalStateException(this + " is a message, which cannot be canceled");
        }
    }

    @Override
    public String toString() {
        return "Task[" + op + " fd=" + fd + ' ' + state + " result=" + result + ']';
    }
}
