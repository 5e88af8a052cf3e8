// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/**
 * What may go wrong with a {@link Task}, for a {@code switch}. The number behind it is {@link
 * Task#errno()}, and {@link Errno#describe} says it in words.
 */
public enum TaskError {
    /** It was canceled, by somebody, its deadline or the close of the ring. */
    CANCELED,
    /** The kernel takes no such request: an argument is wrong, or does not fit the file. */
    INVALID,
    /** Of a cancel: the task had ended. */
    ENTRY_NOT_FOUND,
    /** Of a cancel: the task can no longer be stopped, and will end by itself. */
    NOT_CANCELED,
    /** The file descriptor is not open, or not in the way that the operation needs. */
    BAD_DESCRIPTOR,
    /** It cannot be done now, and waiting was not wished. */
    WOULD_BLOCK,
    /** The peer has cut the connection. */
    CONNECTION_RESET,
    /** Nobody listens there. */
    CONNECTION_REFUSED,
    /** The other end of the pipe or connection does not read any more. */
    BROKEN_PIPE,
    /** The socket has no connection. */
    NOT_CONNECTED,
    /** Somebody else has the address. */
    ADDRESS_IN_USE,
    /** The peer does not answer. */
    TIMED_OUT,
    /** The path leads nowhere. */
    FILE_NOT_FOUND,
    /** Something is there already. */
    ALREADY_EXISTS,
    /** A part of the path, or the end of it, had to be a directory. */
    NOT_A_DIRECTORY,
    /** The path leads to a directory, with which this cannot be done. */
    IS_A_DIRECTORY,
    /** The directory is not empty. */
    DIRECTORY_NOT_EMPTY,
    /** This user may not do that. */
    ACCESS_DENIED,
    /** The device is full, or the user's share of it. */
    NO_SPACE,
    /** The kernel, the file system or the protocol has no such thing. */
    NOT_SUPPORTED,
    /** Anything else. */
    UNEXPECTED;

    /** The error that {@code errno}, which is positive, means for {@code op}. */
    public static TaskError of(Op op, int errno) {
        return switch (errno) {
            case Errno.ECANCELED -> CANCELED;
            case Errno.EINVAL -> INVALID;
            case Errno.ENOENT -> op == Op.CANCEL ? ENTRY_NOT_FOUND : FILE_NOT_FOUND;
            case Errno.EALREADY -> op == Op.CANCEL ? NOT_CANCELED : UNEXPECTED;
            case Errno.EBADF -> BAD_DESCRIPTOR;
            case Errno.EAGAIN -> WOULD_BLOCK;
            case Errno.ECONNRESET -> CONNECTION_RESET;
            case Errno.ECONNREFUSED -> CONNECTION_REFUSED;
            case Errno.EPIPE -> BROKEN_PIPE;
            case Errno.ENOTCONN -> NOT_CONNECTED;
            case Errno.EADDRINUSE -> ADDRESS_IN_USE;
            case Errno.ETIMEDOUT -> TIMED_OUT;
            case Errno.EEXIST -> ALREADY_EXISTS;
            case Errno.ENOTDIR -> NOT_A_DIRECTORY;
            case Errno.EISDIR -> IS_A_DIRECTORY;
            case Errno.ENOTEMPTY -> DIRECTORY_NOT_EMPTY;
            case Errno.EACCES, Errno.EPERM -> ACCESS_DENIED;
            case Errno.ENOSPC, Errno.EDQUOT -> NO_SPACE;
            case Errno.EOPNOTSUPP, Errno.ENOSYS -> NOT_SUPPORTED;
            default -> UNEXPECTED;
        };
    }
}
