// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.Errno;
import io.ourio.Iovecs;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.OpenHow;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The plain system call of each operation, one arm for one {@link io.ourio.Op}: for backends that
 * have no other way, and for what a kernel's io_uring lacks. None waits for a peer; what would is
 * answered with a word of ours instead of a result. Belongs to one thread.
 */
public final class PlainCalls {
    /** Not a result: to be tried again when the descriptor is ready. */
    public static final int WAIT = Integer.MIN_VALUE;

    /** Not a result: to be tried again when there is something to read from the source. */
    public static final int WAIT_FOR_SOURCE = Integer.MIN_VALUE + 1;

    /** Not a result: it may take long, and no readiness says when it will not. */
    public static final int TAKES_TIME = Integer.MIN_VALUE + 2;

    private final Libc libc;
    private final PollNow poll;
    private final Transfers transfers;
    private final Arena arena;

    /** An option and its length. */
    private final MemorySegment option;

    /** A {@code struct open_how}. */
    private final MemorySegment how;

    /** A {@code struct msghdr} and its pieces; made when first needed. */
    private MemorySegment rest;

    /** Calls for the thread that uses {@code libc}; its memory is of {@code arena}. */
    public PlainCalls(Libc libc, Arena arena) {
        this.libc = libc;
        this.arena = arena;
        poll = new PollNow(libc, arena);
        transfers = new Transfers(libc, arena, poll);
        option = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
        how = arena.allocate(OpenHow.SIZE, Long.BYTES);
    }

    /**
     * Makes the call of {@code task}.
     *
     * @param done the bytes that it has sent or received so far
     * @return what the call returned, {@code -errno}, or one of the words of this class
     */
    public int make(Task task, int done) {
        int fd = task.fd();
        return switch (task.op()) {
            case NOOP -> 0;
            case ACCEPT, ACCEPT_MULTISHOT -> orWait(libc.accept4(
                    fd, MemorySegment.NULL, MemorySegment.NULL, task.flags()), 0);
            case CONNECT -> connect(task);
            case RECV -> orWait(libc.recv(fd, task.address() + done, task.length() - done,
                    task.flags() | Linux.MSG_DONTWAIT), task.flags());
            case SEND, SEND_ZERO_COPY -> orWait(libc.send(fd, task.address() + done,
                    task.length() - done, task.flags() | Linux.MSG_DONTWAIT), task.flags());
            case SENDMSG, SENDMSG_ZERO_COPY -> orWait(libc.sendmsg(fd, from(task.address(), done),
                    task.flags() | Linux.MSG_DONTWAIT), task.flags());
            case RECVMSG -> orWait(libc.recvmsg(fd, from(task.address(), done),
                    task.flags() | Linux.MSG_DONTWAIT), task.flags());
            case READ, READV -> transfers.read(task);
            case WRITE, WRITEV -> transfers.write(task);
            case SPLICE -> transfers.splice(task);
            case POLL, POLL_MULTISHOT -> poll.of(fd, task.flags());
            case SHUTDOWN -> libc.shutdown(fd, task.flags());
            case CLOSE -> libc.close(fd);
            case SOCKET -> libc.socket(fd, task.flags(), task.length());
            case BIND -> libc.bind(fd, MemorySegment.ofAddress(task.address()), task.length());
            case LISTEN -> libc.listen(fd, task.length());
            case OPEN -> libc.syscall(Linux.SYS_OPENAT,
                    Linux.AT_FDCWD, task.address(), task.flags(), task.length());
            case OPEN_AT -> openCached(task);
            case FSTAT -> libc.syscall(Linux.SYS_STATX, fd,
                    task.address(), task.flags(), task.length(), task.offset(), 0);
            case STAT, LSTAT -> libc.syscall(Linux.SYS_STATX, Linux.AT_FDCWD,
                    task.address(), task.flags(), task.length(), task.offset(), 0);
            case FSYNC -> libc.syscall(
                    task.flags() == 0 ? Linux.SYS_FSYNC : Linux.SYS_FDATASYNC, fd, 0);
            case FTRUNCATE -> libc.ftruncate(fd, task.offset());
            case FALLOCATE -> libc.syscall(
                    Linux.SYS_FALLOCATE, fd, task.flags(), task.offset(), task.address());
            case UNLINK -> libc.syscall(
                    Linux.SYS_UNLINKAT, Linux.AT_FDCWD, task.address(), task.flags(), 0);
            case RENAME -> libc.syscall(Linux.SYS_RENAMEAT2, Linux.AT_FDCWD, task.address(),
                    Linux.AT_FDCWD, task.offset(), task.flags(), 0);
            case MKDIR -> libc.mkdir(task.address(), task.length());
            case SYMLINK -> libc.symlink(task.address(), task.offset());
            case LINK -> libc.link(task.address(), task.offset());
            case TIMER, CANCEL, RECV_MULTISHOT, RECVMSG_MULTISHOT, MSG_RING, USER_FD, USER_MSG,
                    USER_PTR, USER_BYTES ->
                    throw new AssertionError("no system call by itself: " + task);
        };
    }

    /**
     * Makes the call of {@code task} for as long as it takes, if {@link #make} has said that it
     * takes time; else as that does.
     */
    public int makeWaiting(Task task) {
        return switch (task.op()) {
            case READ, READV -> transfers.readWaiting(task);
            case WRITE, WRITEV -> transfers.writeWaiting(task);
            case SPLICE -> transfers.spliceWaiting(task);
            case OPEN_AT -> openat2(task, task.offset());
            default -> make(task, 0);
        };
    }

    /**
     * Prepares a task that waits, so that no try of it blocks.
     *
     * @return {@code -errno} if the descriptor is none or of the wrong kind; else, for a multishot
     *     receive, the protocol of the socket
     */
    public int begin(Task task) {
        return switch (task.op()) {
            // These calls alone have no flag that says so.
            case ACCEPT, ACCEPT_MULTISHOT, CONNECT -> dontBlock(task.fd());
            case RECV_MULTISHOT, RECVMSG_MULTISHOT -> protocol(task.fd());
            case POLL_MULTISHOT -> Math.min(libc.fcntl(task.fd(), Linux.F_GETFL, 0), 0);
            default -> 0;
        };
    }

    private int dontBlock(int fd) {
        int flags = libc.fcntl(fd, Linux.F_GETFL, 0);
        if (flags < 0 || (flags & Linux.O_NONBLOCK) != 0) {
            return Math.min(flags, 0);
        }
        return libc.fcntl(fd, Linux.F_SETFL, flags | Linux.O_NONBLOCK);
    }

    /** The {@code IPPROTO_*} of a socket, or {@code -errno}. */
    private int protocol(int fd) {
        return option(fd, Linux.SO_PROTOCOL);
    }

    private int option(int fd, int name) {
        MemorySegment length = option.asSlice(Integer.BYTES);
        length.set(JAVA_INT, 0, Integer.BYTES);
        int result = libc.getsockopt(fd, Linux.SOL_SOCKET, name, option, length);
        return result < 0 ? result : option.get(JAVA_INT, 0);
    }

    /**
     * Opens what memory has all of. Kernels before 5.12 cannot say so, and what may wait for the
     * other end of a pipe is not tried.
     */
    private int openCached(Task task) {
        if ((task.flags() & Linux.O_NONBLOCK) == 0) {
            return TAKES_TIME;
        }
        OpenHow.set(how, task.flags(), task.length(),
                OpenHow.resolve(task.offset()) | OpenHow.RESOLVE_CACHED);
        int result = openat2(task, how.address());
        return result == -Errno.EAGAIN || result == -Errno.EINVAL ? TAKES_TIME : result;
    }

    private int openat2(Task task, long openHow) {
        return libc.syscall(Linux.SYS_OPENAT2, task.fd(), task.address(), openHow, OpenHow.SIZE);
    }

    private static int orWait(long result, int flags) {
        return result == -Errno.EAGAIN && (flags & Linux.MSG_DONTWAIT) == 0 ? WAIT : (int) result;
    }

    /** To ask again is to learn what came of it. */
    private int connect(Task task) {
        int result = libc.connect(
                task.fd(), MemorySegment.ofAddress(task.address()), task.length());
        return switch (result) {
            case -Errno.EINPROGRESS, -Errno.EALREADY, -Errno.EINTR -> WAIT;
            default -> result;
        };
    }

    /** How many bytes the task wants all of before it is told, or 0 if any number will do. */
    public long insistsOn(Task task) {
        if ((task.flags() & Linux.MSG_WAITALL) == 0) {
            return 0;
        }
        return switch (task.op()) {
            case RECV, SEND, SEND_ZERO_COPY -> task.length();
            case RECVMSG, SENDMSG, SENDMSG_ZERO_COPY -> MsgHdr.bytes(task.address());
            default -> 0; // The flag means something else.
        };
    }

    /** Whether the descriptor is a socket without borders of messages. */
    public boolean isStream(int fd) {
        return option(fd, Linux.SO_TYPE) == Linux.SOCK_STREAM;
    }

    /** Whether a read would not have to wait. */
    public boolean isReadable(int fd) {
        return poll.of(fd, Linux.POLLIN) != WAIT;
    }

    /** Receives for a multishot task: the count, {@code -errno} or {@link #WAIT}. */
    public int recv(int fd, long address, int length) {
        return orWait(libc.recv(fd, address, length, Linux.MSG_DONTWAIT), 0);
    }

    /** The same with a header. */
    public int recvmsg(int fd, long header, int flags) {
        return orWait(libc.recvmsg(fd, header, flags | Linux.MSG_DONTWAIT), 0);
    }

    /** The header at {@code address} without its first {@code done} bytes. */
    private long from(long address, int done) {
        if (done == 0) {
            return address;
        }
        if (rest == null) {
            rest = arena.allocate(MsgHdr.size(Iovecs.CAPACITY), Long.BYTES);
        }
        MsgHdr.rest(address, done, rest);
        return rest.address();
    }
}
