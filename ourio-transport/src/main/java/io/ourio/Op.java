// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** What a {@link Task} asks for, and what its file descriptor must be ready for first. */
public enum Op {
    /** Completes at once with 0. */
    NOOP(Interest.NONE),
    /** Completes with 0 when its time is up. */
    TIMER(Interest.NONE),
    /** Asks for the cancelation of another task. */
    CANCEL(Interest.NONE),
    /** Takes one connection from a listening socket: the new file descriptor. */
    ACCEPT(Interest.READ),
    /** Takes connections until it is canceled or fails. */
    ACCEPT_MULTISHOT(Interest.READ),
    /** Connects a socket. */
    CONNECT(Interest.WRITE),
    /** Receives into the task's own memory: the count of bytes, 0 at the end of the stream. */
    RECV(Interest.READ),
    /** Receives into the buffers of a {@link BufferGroup} until the end, a failure or a cancel. */
    RECV_MULTISHOT(Interest.READ),
    /** Sends the task's memory: the count of bytes. */
    SEND(Interest.WRITE),
    /** Sends what a {@code msghdr} describes: the count of bytes. */
    SENDMSG(Interest.WRITE),
    /** Reads from a file, pipe or socket. */
    READ(Interest.READ),
    /** Writes to a file, pipe or socket. */
    WRITE(Interest.WRITE),
    /** Writes several pieces of memory in one call. */
    WRITEV(Interest.WRITE),
    /** Waits for readiness once: the mask of events. */
    POLL(Interest.NONE),
    /** Tells of each change of readiness. */
    POLL_MULTISHOT(Interest.NONE),
    /** Shuts a connection down, in part or whole. */
    SHUTDOWN(Interest.NONE),
    /** Closes a file descriptor. */
    CLOSE(Interest.NONE),
    /** Makes a socket: its file descriptor. */
    SOCKET(Interest.NONE),
    /** Reads from a file, pipe or socket into several pieces of memory. */
    READV(Interest.READ),
    /**
     * Moves bytes from {@link Task#sourceFd()}, at the offset in {@link Task#address()}, to {@link
     * Task#fd()} at {@link Task#offset()}, one of which is a pipe: their count.
     */
    SPLICE(Interest.NONE),
    /** Opens a file: its file descriptor. */
    OPEN(Interest.NONE),
    /** Opens a file by a path from a directory, {@link Task#fd()}: its file descriptor. */
    OPEN_AT(Interest.NONE),
    /** Asks for the status of a file. */
    STAT(Interest.NONE),
    /** Asks for the status of a file, which may be a symbolic link. */
    LSTAT(Interest.NONE),
    /** Asks for the status of a file that is open. */
    FSTAT(Interest.NONE),
    /** Writes what a file has in memory to its disk. */
    FSYNC(Interest.NONE),
    /** Sets the size of a file. */
    FTRUNCATE(Interest.NONE),
    /** Takes or frees the disk space of {@link Task#address()} bytes of a file. */
    FALLOCATE(Interest.NONE),
    /** Removes the name of a file, or an empty directory. */
    UNLINK(Interest.NONE),
    /** Gives a file another name. */
    RENAME(Interest.NONE),
    /** Makes a directory. */
    MKDIR(Interest.NONE),
    /** Makes a symbolic link. */
    SYMLINK(Interest.NONE),
    /** Gives a file a further name. */
    LINK(Interest.NONE),
    /** Receives one message with its address and control data: the count of bytes. */
    RECVMSG(Interest.READ),
    /** Receives messages into the buffers of a {@link BufferGroup}. */
    RECVMSG_MULTISHOT(Interest.READ),
    /** Sends the task's memory without a copy of it: the count of bytes. */
    SEND_ZERO_COPY(Interest.WRITE),
    /** Sends several pieces of memory without a copy of them: the count of bytes. */
    SENDMSG_ZERO_COPY(Interest.WRITE),
    /** Gives a socket its address. */
    BIND(Interest.NONE),
    /** Has a socket take connections. */
    LISTEN(Interest.NONE),
    /** Puts a message before another ring: 0 once it is there. */
    MSG_RING(Interest.NONE),
    /** A message: a file descriptor. */
    USER_FD(Interest.NONE),
    /** A message: a number. */
    USER_MSG(Interest.NONE),
    /** A message: an object. */
    USER_PTR(Interest.NONE),
    /** A message: bytes. */
    USER_BYTES(Interest.NONE);

    /** What a file descriptor can be ready for. */
    public enum Interest {
        /** The call needs no readiness. */
        NONE,
        /** Ready to read or accept. */
        READ,
        /** Ready to write, or connected. */
        WRITE
    }

    private final Interest interest;

    Op(Interest interest) {
        this.interest = interest;
    }

    /** What the file descriptor must be ready for before the call can succeed. */
    public Interest interest() {
        return interest;
    }

    /**
     * Whether the result is a file descriptor that somebody must close. If such a task was canceled
     * before it ended, nobody expects one, and the ring closes it.
     */
    boolean ownsResult() {
        return this == ACCEPT || this == SOCKET || this == OPEN || this == OPEN_AT;
    }

    /** Whether a task of this kind may complete more than once. */
    public boolean isMultishot() {
        return switch (this) {
            case ACCEPT_MULTISHOT, RECV_MULTISHOT, RECVMSG_MULTISHOT, POLL_MULTISHOT,
                    SEND_ZERO_COPY, SENDMSG_ZERO_COPY -> true;
            default -> false;
        };
    }
}
