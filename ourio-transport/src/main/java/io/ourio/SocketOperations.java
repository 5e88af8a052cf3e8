// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Linux;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** What can be asked of a {@link Ring} about sockets. The rules of {@link Operations} hold. */
public abstract sealed class SocketOperations extends FileOperations permits Ring {
    /** A flag of send and recv: goes on until all of the memory is sent or filled. */
    public static final int MSG_WAITALL = Linux.MSG_WAITALL;

    /** A flag of send and recv: fails with {@link Errno#EAGAIN} instead of waiting. */
    public static final int MSG_DONTWAIT = Linux.MSG_DONTWAIT;

    /** An event of poll: something can be written. */
    public static final int POLLOUT = Linux.POLLOUT;

    /** An event of poll: the peer has ended its output, or the connection is broken. */
    public static final int POLLRDHUP = Linux.POLLRDHUP;

    /** A flag of recvmsg: the result is the length that the message had, also if it was cut. */
    public static final int MSG_TRUNC = Linux.MSG_TRUNC;

    private static final int ACCEPT_FLAGS = Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK;

    SocketOperations() {}

    /** Whether the kernel knows the group by its number on this ring. */
    abstract boolean has(BufferGroup group);

    /** Makes a socket, as {@code socket(2)} does: its file descriptor. */
    public final Task socket(int family, int type, int protocol, Context context) {
        return enqueue(task(context), Op.SOCKET, family, type, 0, protocol, 0, null);
    }

    /**
     * Gives {@code fd} the socket address in {@code address}, as {@code bind(2)} does. Before Linux
     * 6.11 that is a system call of the ring's thread, which does not wait.
     */
    public final Task bind(int fd, MemorySegment address, Context context) {
        int length = checkNative(address);
        return enqueue(task(context), Op.BIND, checkFd(fd), 0, address.address(), length, 0,
                address);
    }

    /**
     * Has the bound socket {@code fd} take connections. Before Linux 6.11 that is a system call of
     * the ring's thread, which does not wait.
     *
     * @param backlog how many may wait for an accept; the kernel cuts it to its own limit
     */
    public final Task listen(int fd, int backlog, Context context) {
        return enqueue(task(context), Op.LISTEN, checkFd(fd), 0, 0, backlog, 0, null);
    }

    /**
     * Takes one connection from the listening socket {@code fd}: the new file descriptor, which is
     * closed on exec. If the task was canceled first, the descriptor is closed.
     */
    public final Task accept(int fd, Context context) {
        return accept(fd, task(context));
    }

    /** The same with a task that is started again. */
    public final Task accept(int fd, Task task) {
        return enqueue(task, Op.ACCEPT, checkFd(fd), ACCEPT_FLAGS, 0, 0, 0, null);
    }

    /**
     * Takes connections from {@code fd} until the task is canceled or fails. Where the kernel has
     * no multishot accept ({@link Ring#capabilities()}), the task ends after each.
     */
    public final Task acceptMultishot(int fd, Task task) {
        return enqueue(task, Op.ACCEPT_MULTISHOT, checkFd(fd), ACCEPT_FLAGS, 0, 0, 0, null);
    }

    /** Connects {@code fd} to the socket address in {@code address}. */
    public final Task connect(int fd, MemorySegment address, Context context) {
        int length = checkNative(address);
        return enqueue(task(context), Op.CONNECT, checkFd(fd), 0, address.address(), length, 0,
                address);
    }

    /**
     * Receives into {@code buffer}: the count of bytes, or 0 at the end of the stream.
     *
     * @param flags {@code MSG_*} of {@code recv(2)}
     */
    public final Task recv(int fd, MemorySegment buffer, int flags, Context context) {
        int length = checkWritable(buffer);
        return enqueue(task(context), Op.RECV, checkFd(fd), flags, buffer.address(), length, 0,
                buffer);
    }

    /** The same for memory that is taken on trust. */
    public final Task recv(int fd, long address, int length, int flags, Task task) {
        return enqueue(task, Op.RECV, checkFd(fd), flags, address, checkLength(length), 0, null);
    }

    /**
     * Receives into the buffers of {@code group}, whenever data arrives, until the end of the
     * stream (0), a failure, or a cancel. {@code -}{@link Errno#ENOBUFS} ends it too when no buffer
     * was free; nothing is lost then, and it can be started again.
     *
     * <p>On io_uring a reset may never be told that comes while the task still takes the data
     * before it (seen on Linux 6.18: after 32 buffers in a row the kernel lets others have their
     * turn, and may then wait without another look). Who must know has a {@link #poll(int, int,
     * Task) poll} for {@link #POLLRDHUP} in flight as well: when that completes and this task does
     * not end, it is canceled and started again, and the new one looks for itself.
     *
     * @throws UnsupportedOperationException where the kernel cannot ({@link Ring#capabilities()})
     */
    public final Task recvMultishot(int fd, BufferGroup group, Task task) {
        checkGroup(group);
        return enqueue(task, Op.RECV_MULTISHOT, checkFd(fd), 0, 0, 0, 0, group);
    }

    /**
     * Sends {@code data}: the count of bytes, which may be less than asked for.
     *
     * @param flags {@code MSG_*} of {@code send(2)}; no signal is ever raised
     */
    public final Task send(int fd, MemorySegment data, int flags, Context context) {
        int length = checkNative(data);
        return enqueue(task(context), Op.SEND, checkFd(fd), flags | Linux.MSG_NOSIGNAL,
                data.address(), length, 0, data);
    }

    /** The same for memory that is taken on trust. */
    public final Task send(int fd, long address, int length, int flags, Task task) {
        return enqueue(task, Op.SEND, checkFd(fd), flags | Linux.MSG_NOSIGNAL, address,
                checkLength(length), 0, null);
    }

    /** Sends all pieces of {@code data} in one message, as {@code sendmsg(2)} does. */
    public final Task sendmsg(int fd, Iovecs data, int flags, Task task) {
        return enqueue(task, Op.SENDMSG, checkFd(fd), flags | Linux.MSG_NOSIGNAL, data.header(),
                data.count(), 0, data);
    }

    /** Sends {@code message}, with its address and control data: the count of bytes. */
    public final Task sendmsg(int fd, Message message, int flags, Task task) {
        return enqueue(task, Op.SENDMSG, checkFd(fd), flags | Linux.MSG_NOSIGNAL,
                message.outgoing(), 1, 0, message);
    }

    /**
     * Receives one message into {@code message}, which says then whom it came from: the count of
     * bytes. An address and control data that were to be sent are gone. Descriptors that come are
     * closed on exec.
     *
     * @param flags {@code MSG_*} of {@code recvmsg(2)}
     */
    public final Task recvmsg(int fd, Message message, int flags, Task task) {
        return enqueue(task, Op.RECVMSG, checkFd(fd), flags | Linux.MSG_CMSG_CLOEXEC,
                message.incoming(), 1, 0, message);
    }

    /**
     * Receives messages, each into a buffer of the reader's group, until a failure or a cancel. In
     * the callback the {@code reader} reads the message; {@link Task#result()} is more than its
     * length. {@code -}{@link Errno#ENOBUFS} ends it when no buffer was free, as with {@link
     * #recvMultishot}, and a message of no bytes ends it too: look at {@link Task#hasMore()}.
     *
     * @throws UnsupportedOperationException where the kernel cannot ({@link Ring#capabilities()})
     */
    public final Task recvmsgMultishot(int fd, MessageReader reader, Task task) {
        checkGroup(reader.group());
        return enqueue(task, Op.RECVMSG_MULTISHOT, checkFd(fd),
                Linux.MSG_CMSG_CLOEXEC | Linux.MSG_TRUNC, // It tells the length of what is cut.
                reader.header(), 1, 0, reader);
    }

    /**
     * Sends {@code data} from where it is, without a copy in the kernel, if the way to the card
     * allows it ({@link Task#wasCopied()}). Worth it from some ten thousand bytes on.
     *
     * <p>The task completes twice, with the same result: first when the bytes are sent, with {@link
     * Task#hasMore()}, and then when the kernel has no more use for the memory, which for TCP is
     * when the peer has taken the bytes. The memory must not change before. Where nothing was
     * begun, and before Linux 6.0, which copies, there is the last completion alone.
     *
     * <p>A cancel does not bring the memory back: to end it where a peer takes nothing, close the
     * connection, before the ring.
     *
     * @param flags {@code MSG_*} of {@code send(2)}; no signal is ever raised
     */
    public final Task sendZeroCopy(int fd, MemorySegment data, int flags, Context context) {
        int length = checkNative(data);
        return enqueue(task(context), Op.SEND_ZERO_COPY, checkFd(fd), flags | Linux.MSG_NOSIGNAL,
                data.address(), length, 0, data);
    }

    /** The same for memory that is taken on trust. */
    public final Task sendZeroCopy(int fd, long address, int length, int flags, Task task) {
        return enqueue(task, Op.SEND_ZERO_COPY, checkFd(fd), flags | Linux.MSG_NOSIGNAL, address,
                checkLength(length), 0, null);
    }

    /**
     * The same for all pieces of {@code data}, in one message. The pieces, and {@code data} itself,
     * are in use until the last completion. Before Linux 6.1 the kernel copies.
     */
    public final Task sendmsgZeroCopy(int fd, Iovecs data, int flags, Task task) {
        return enqueue(task, Op.SENDMSG_ZERO_COPY, checkFd(fd), flags | Linux.MSG_NOSIGNAL,
                data.header(), data.count(), 0, data);
    }

    /**
     * Shuts down the receiving (0), sending (1) or both (2) halves of a connection.
     *
     * @param how {@code SHUT_*} of {@code shutdown(2)}
     */
    public final Task shutdown(int fd, int how, Context context) {
        if (how < 0 || how > 2) {
            throw new IllegalArgumentException("how " + how + " is outside 0..2");
        }
        return enqueue(task(context), Op.SHUTDOWN, checkFd(fd), how, 0, 0, 0, null);
    }

    private void checkGroup(BufferGroup group) {
        if (!capabilities().multishotRecv()) {
            throw new UnsupportedOperationException("this ring has no multishot receive");
        }
        Objects.requireNonNull(group, "group");
        if (!has(group)) {
            throw new IllegalArgumentException(
                    "the buffer group belongs to another ring, or to this one before adopt()");
        }
    }
}
