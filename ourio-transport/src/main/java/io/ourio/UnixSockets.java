// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Linux;
import io.ourio.sys.UnixAddr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * What Unix domain sockets have for addresses: paths. A path that begins with a NUL is a name of
 * the abstract namespace, where there is no file; the empty path is no name. Else the rules of
 * {@link Sockets} hold.
 */
public final class UnixSockets {
    private static final int CREDENTIALS_SIZE = 3 * Integer.BYTES;

    private UnixSockets() {}

    /** A new stream socket. The caller owns and closes it. */
    public static int stream() throws IOException {
        return Sockets.socket(Sockets.UNIX, Linux.SOCK_STREAM, 0);
    }

    /** A new datagram socket. The caller owns and closes it. */
    public static int datagram() throws IOException {
        return Sockets.socket(Sockets.UNIX, Linux.SOCK_DGRAM, 0);
    }

    /** Binds to a path, and makes the file of it; the empty path lets the kernel choose a name. */
    public static void bind(int fd, String path) throws IOException {
        Scratch scratch = Scratch.get();
        int length = UnixAddr.encode(path, scratch.value);
        int result = scratch.libc.bind(fd, scratch.value, length);
        if (result < 0) {
            throw Errno.toException("bind(" + text(path) + ")", -result);
        }
    }

    /**
     * Connects a datagram socket, so that it sends to {@code path} and receives from there alone.
     * That does not wait; to connect a stream is {@link Ring#connect}.
     */
    public static void connect(int fd, String path) throws IOException {
        Scratch scratch = Scratch.get();
        int length = UnixAddr.encode(path, scratch.value);
        int result = scratch.libc.connect(fd, scratch.value, length);
        if (result < 0) {
            throw Errno.toException("connect(" + text(path) + ")", -result);
        }
    }

    /** The path that the socket is bound to, empty if it is not. */
    public static String localPath(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        int result = scratch.libc.getsockname(
                fd, scratch.value, scratch.length(Sockets.ADDRESS_SIZE));
        if (result < 0) {
            throw Errno.toException("getsockname", -result);
        }
        return UnixAddr.decode(scratch.value, scratch.length());
    }

    /** The path of the peer, empty if it has none; null if the socket is not connected. */
    public static String remotePath(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        int result = scratch.libc.getpeername(
                fd, scratch.value, scratch.length(Sockets.ADDRESS_SIZE));
        if (result == -Errno.ENOTCONN) {
            return null;
        }
        if (result < 0) {
            throw Errno.toException("getpeername", -result);
        }
        return UnixAddr.decode(scratch.value, scratch.length());
    }

    /** Who is at the other end of a connection. */
    public static PeerCredentials peerCredentials(int fd) throws IOException {
        Scratch scratch = Scratch.get();
        SockOpt option = SockOpt.SO_PEERCRED;
        int result = scratch.libc.getsockopt(fd, option.level(), option.number(), scratch.value,
                scratch.length(CREDENTIALS_SIZE));
        if (result < 0) {
            throw Errno.toException("getsockopt(" + option + ")", -result);
        }
        return new PeerCredentials(scratch.value.getAtIndex(JAVA_INT, 0),
                scratch.value.getAtIndex(JAVA_INT, 1), scratch.value.getAtIndex(JAVA_INT, 2));
    }

    /**
     * Writes the address of a path as the kernel wants it, for an operation of a ring.
     *
     * @param into {@link Sockets#ADDRESS_SIZE} bytes, aligned to 4
     * @return the length in bytes
     * @throws IllegalArgumentException if the path is longer than 107 bytes in UTF-8
     */
    public static int encode(String path, MemorySegment into) {
        return UnixAddr.encode(path, into);
    }

    /** How messages show a path: {@code @name} is an abstract one. */
    private static String text(String path) {
        return path.startsWith("\0") ? "@" + path.substring(1) : path;
    }
}
