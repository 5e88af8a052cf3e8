// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Op;

/** The way in which an operation is done. */
enum Way {
    /** Its call is tried, and tried again when the descriptor is ready. */
    CALL,
    /** The same many times, beginning when the descriptor is ready. */
    SHOTS,
    /** A worker makes its call. */
    WORK,
    /** Ends another task. */
    CANCEL,
    /** Ends those that wait for the descriptor, before the call. */
    CLOSE;

    static Way of(Op op) {
        return switch (op) {
            case NOOP, ACCEPT, CONNECT, RECV, RECVMSG, SEND, SENDMSG, SEND_ZERO_COPY,
                    SENDMSG_ZERO_COPY, READ, READV, WRITE, WRITEV, SPLICE, POLL, SHUTDOWN, SOCKET,
                    OPEN_AT, FSTAT, BIND, LISTEN -> CALL;
            case ACCEPT_MULTISHOT, RECV_MULTISHOT, RECVMSG_MULTISHOT, POLL_MULTISHOT -> SHOTS;
            case OPEN, STAT, LSTAT, FSYNC, FTRUNCATE, FALLOCATE, UNLINK, RENAME, MKDIR, SYMLINK,
                    LINK -> WORK;
            case CANCEL -> CANCEL;
            case CLOSE -> CLOSE;
            case TIMER, MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES ->
                    throw new AssertionError("the ring's own: " + op);
        };
    }
}
