// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Translation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;

/**
 * The kernel's error numbers. A result below zero (see {@link Task#result()}) is the negative of
 * one of them.
 *
 * <p>Source of the numbers: {@code asm-generic/errno.h} of Linux, the same on x86-64, aarch64 and
 * riscv64. They hold on every system: what macOS and the BSDs call an error is translated where it
 * comes out of a system call. An error of theirs that Linux has nothing like is its number and
 * 1000.
 */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ESPIPE = 29;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ETIME = 62;
    public static final int EBADR = 53;
    public static final int EBADFD = 77;
    public static final int ENOTSOCK = 88;
    public static final int EDESTADDRREQ = 89;
    public static final int EMSGSIZE = 90;
    public static final int ENOPROTOOPT = 92;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETUNREACH = 101;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int EISCONN = 106;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EALREADY = 114;
    public static final int EINPROGRESS = 115;
    public static final int EDQUOT = 122;
    public static final int ECANCELED = 125;
    public static final int EOWNERDEAD = 130;

    private Errno() {}

    /**
     * The name of an error number and what it means, as {@code "ECONNREFUSED (111): ..."}.
     *
     * <p>"Broken pipe", "Connection reset by peer" and the like are spelled as programs search
     * for them.
     */
    public static String describe(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM (1): operation not permitted";
            case ENOENT -> "ENOENT (2): no such file, entry or task";
            case EINTR -> "EINTR (4): interrupted by a signal";
            case EIO -> "EIO (5): input/output error";
            case ENXIO -> "ENXIO (6): no such device, or nobody at the other end";
            case EBADF -> "EBADF (9): bad file descriptor";
            case EAGAIN -> "EAGAIN (11): not ready, or no memory for it now";
            case ENOMEM -> "ENOMEM (12): out of memory, or over the limit of locked memory";
            case EACCES -> "EACCES (13): permission denied";
            case EFAULT -> "EFAULT (14): bad address";
            case EBUSY -> "EBUSY (16): resource busy";
            case EEXIST -> "EEXIST (17): exists already, or called by the wrong thread";
            case EXDEV -> "EXDEV (18): on another file system, or outside of the directory";
            case ENOTDIR -> "ENOTDIR (20): not a directory";
            case EISDIR -> "EISDIR (21): is a directory";
            case EINVAL -> "EINVAL (22): invalid argument";
            case ENFILE -> "ENFILE (23): too many open files in the system";
            case EMFILE -> "EMFILE (24): too many open files in this process";
            case EFBIG -> "EFBIG (27): the file would be too large";
            case ENOSPC -> "ENOSPC (28): no space left on the device";
            case ESPIPE -> "ESPIPE (29): a pipe or socket has no offsets";
            case EPIPE -> "EPIPE (32): Broken pipe, the other end is closed";
            case ENAMETOOLONG -> "ENAMETOOLONG (36): the name or path is too long";
            case ENOSYS -> "ENOSYS (38): the system call does not exist here";
            case ENOTEMPTY -> "ENOTEMPTY (39): the directory is not empty";
            case ELOOP -> "ELOOP (40): a symbolic link, or too many";
            case EBADR -> "EBADR (53): a completion was lost, the kernel was out of memory";
            case ETIME -> "ETIME (62): the time is up";
            case EBADFD -> "EBADFD (77): file descriptor in a bad state";
            case ENOTSOCK -> "ENOTSOCK (88): not a socket";
            case EDESTADDRREQ -> "EDESTADDRREQ (89): the message has no address to go to";
            case EMSGSIZE -> "EMSGSIZE (90): message too long";
            case ENOPROTOOPT -> "ENOPROTOOPT (92): no such socket option";
            case EOPNOTSUPP -> "EOPNOTSUPP (95): operation not supported";
            case EAFNOSUPPORT -> "EAFNOSUPPORT (97): address family not supported";
            case EADDRINUSE -> "EADDRINUSE (98): address already in use";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL (99): cannot assign the address";
            case ENETUNREACH -> "ENETUNREACH (101): network unreachable";
            case ECONNABORTED -> "ECONNABORTED (103): connection aborted";
            case ECONNRESET -> "ECONNRESET (104): Connection reset by peer";
            case ENOBUFS -> "ENOBUFS (105): no buffer space";
            case EISCONN -> "EISCONN (106): connected already";
            case ENOTCONN -> "ENOTCONN (107): not connected";
            case ETIMEDOUT -> "ETIMEDOUT (110): Connection timed out";
            case ECONNREFUSED -> "ECONNREFUSED (111): Connection refused";
            case EHOSTUNREACH -> "EHOSTUNREACH (113): no route to host";
            case EALREADY -> "EALREADY (114): under way already, cannot be stopped";
            case EINPROGRESS -> "EINPROGRESS (115): in progress";
            case EDQUOT -> "EDQUOT (122): the user's share of the disk is used up";
            case ECANCELED -> "ECANCELED (125): canceled";
            case EOWNERDEAD -> "EOWNERDEAD (130): its owner is gone";
            default -> errno < Translation.FOREIGN_ERRNO
                    ? "errno " + errno
                    : "errno " + (errno - Translation.FOREIGN_ERRNO) + " of this system";
        };
    }

    /**
     * The exception of {@code java.net} that fits, as the JDK's own sockets have it:
     * {@link ConnectException} for a connection refused or timed out, {@link BindException} for an
     * address that cannot be had, {@link NoRouteToHostException} for a host or network out of
     * reach, {@link ProtocolException} for an option that the kernel does not have,
     * {@link SocketException} for a connection that broke or is not there,
     * {@link FileNotFoundException} for a path that leads nowhere, else {@link IOException}.
     *
     * @param call the name of the system call, with its values in parentheses where they help
     * @param errno positive, as the constants here
     */
    public static IOException toException(String call, int errno) {
        assert errno > 0 : call + ": " + errno;
        String message = call + ": " + describe(errno) + advice(call, errno);
        return switch (errno) {
            case ECONNREFUSED -> new ConnectException(message);
            case ETIMEDOUT -> isCall(call, "connect")
                    ? new ConnectException(message) : new SocketException(message);
            case EHOSTUNREACH, ENETUNREACH -> new NoRouteToHostException(message);
            case EADDRINUSE, EADDRNOTAVAIL -> new BindException(message);
            case EACCES -> isCall(call, "bind")
                    ? new BindException(message) : new SocketException(message);
            case ENOPROTOOPT -> new ProtocolException(message);
            case EOPNOTSUPP -> isCall(call, "getsockopt") || isCall(call, "setsockopt")
                    ? new ProtocolException(message) : new SocketException(message);
            case ECONNRESET, ECONNABORTED, ENOTCONN, EISCONN, ENOTSOCK, EAFNOSUPPORT ->
                    new SocketException(message);
            case ENOENT -> new FileNotFoundException(message);
            default -> new IOException(message);
        };
    }

    /** What the reader of the message can do about it, or nothing. */
    private static String advice(String call, int errno) {
        return switch (errno) {
            case EADDRINUSE -> isCall(call, "bind") || isCall(call, "listen")
                    ? "; choose another port, stop its user (ss -ltnp shows it), or share the port"
                            + " with SO_REUSEPORT"
                    : "";
            case EADDRNOTAVAIL -> isCall(call, "bind")
                    ? "; no interface of this machine has it: choose one that ip address shows, or"
                            + " set IP_FREEBIND"
                    : "; no local port is free for it: see net.ipv4.ip_local_port_range";
            case EACCES -> isCall(call, "bind")
                    ? "; ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE"
                    : "";
            case EPERM -> isCall(call, "setsockopt") ? "; it needs CAP_NET_ADMIN" : "";
            case EMFILE -> "; raise its limit (ulimit -n)";
            case ENFILE -> "; raise the system's limit (fs.file-max)";
            default -> "";
        };
    }

    private static boolean isCall(String call, String name) {
        return call.startsWith(name) && (call.length() == name.length()
                || call.charAt(name.length()) == '(');
    }
}
