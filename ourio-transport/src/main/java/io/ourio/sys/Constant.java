// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

/**
 * What each system calls a family, a flag, a command or a socket option, in the spelling of C.
 * Socket options are here by the names that {@code io.ourio.SockOpt} has for them, and only where
 * they mean the same; a name that is not here is an option of Linux alone.
 */
public enum Constant {
    // Linux, macOS, FreeBSD, OpenBSD, NetBSD, DragonFly; NONE where there is no such thing.
    AF_INET6(Linux.AF_INET6, 30, 28, 24, 24, 28),

    SOCK_NONBLOCK(Linux.SOCK_NONBLOCK, none(), 0x2000_0000, 0x4000, 0x2000_0000, 0x2000_0000),
    SOCK_CLOEXEC(Linux.SOCK_CLOEXEC, none(), 0x1000_0000, 0x8000, 0x1000_0000, 0x1000_0000),

    MSG_OOB(1, 1),
    MSG_PEEK(2, 2),
    MSG_DONTROUTE(4, 4),
    MSG_CTRUNC(Linux.MSG_CTRUNC, 0x20),
    MSG_TRUNC(Linux.MSG_TRUNC, 0x10),
    MSG_DONTWAIT(Linux.MSG_DONTWAIT, 0x80),
    MSG_EOR(0x80, 8),
    MSG_WAITALL(Linux.MSG_WAITALL, 0x40),
    /** Older macOS lacks it, so that its sockets have SO_NOSIGPIPE instead. */
    MSG_NOSIGNAL(Linux.MSG_NOSIGNAL, 0, 0x2_0000, 0x400, 0x400, 0x400),
    MSG_CMSG_CLOEXEC(0x4000_0000, none(), 0x4_0000, 0x800, 0x800, 0x1000),

    O_WRONLY(Linux.O_WRONLY, 1),
    O_RDWR(Linux.O_RDWR, 2),
    O_CREAT(Linux.O_CREAT, 0x200),
    O_EXCL(Linux.O_EXCL, 0x800),
    O_NOCTTY(0x100, 0x2_0000, 0x8000, 0x8000, 0x8000, 0x8000),
    O_TRUNC(Linux.O_TRUNC, 0x400),
    O_APPEND(Linux.O_APPEND, 8),
    O_NONBLOCK(Linux.O_NONBLOCK, 4),
    /** Before O_DSYNC, whose bit it has too on Linux. */
    O_SYNC(Linux.O_SYNC, 0x80),
    /** Where it is missing, O_SYNC does what it asks for and more. */
    O_DSYNC(Linux.O_DSYNC, 0x40_0000, 0x80, 0x80, 0x1_0000, 0x80),
    O_DIRECT(Linux.O_DIRECT, none(), 0x1_0000, none(), 0x8_0000, 0x1_0000),
    O_DIRECTORY(Linux.O_DIRECTORY, 0x10_0000, 0x2_0000, 0x2_0000, 0x20_0000, 0x800_0000),
    O_NOFOLLOW(Linux.O_NOFOLLOW, 0x100),
    O_CLOEXEC(Linux.O_CLOEXEC, 0x100_0000, 0x10_0000, 0x1_0000, 0x40_0000, 0x2_0000),

    AT_FDCWD(Linux.AT_FDCWD, -2, -100, -100, -100, 0xfffa_fdcd),
    AT_SYMLINK_NOFOLLOW(Linux.AT_SYMLINK_NOFOLLOW, 0x20, 0x200, 2, 0x200, 1),
    AT_REMOVEDIR(Linux.AT_REMOVEDIR, 0x80, 0x800, 8, 0x800, 2),

    SOL_SOCKET(Linux.SOL_SOCKET, 0xffff),
    SO_REUSEADDR(2, 4),
    SO_TYPE(3, 0x1008),
    SO_ERROR(Linux.SO_ERROR, 0x1007),
    SO_BROADCAST(6, 0x20),
    SO_SNDBUF(7, 0x1001),
    SO_RCVBUF(8, 0x1002),
    SO_KEEPALIVE(9, 8),
    SO_OOBINLINE(10, 0x100),
    SO_ACCEPTCONN(30, 2),
    /** On macOS it is SO_LINGER_SEC: SO_LINGER counts in ticks there. */
    SO_LINGER(13, 0x1080, 0x80, 0x80, 0x80, 0x80),
    /** On FreeBSD it is SO_REUSEPORT_LB, since SO_REUSEPORT does not spread the connections. */
    SO_REUSEPORT(15, 0x200, 0x1_0000, 0x200, 0x200, 0x200),
    SO_NOSIGPIPE(none(), 0x1022, 0x800, none(), 0x800, 0x800),

    IP_TOS(1, 3),
    IPV6_V6ONLY(26, 27),
    IPV6_TCLASS(67, 36, 61, 61, 61, 61),

    TCP_NODELAY(1, 1),
    TCP_MAXSEG(2, 2),
    /** Outside of Linux it is TCP_NOPUSH. */
    TCP_CORK(3, 4, 4, 0x10, none(), 4),
    /** On macOS it is TCP_KEEPALIVE. */
    TCP_KEEPIDLE(4, 0x10, 0x100, none(), 3, 0x100),
    TCP_KEEPINTVL(5, 0x101, 0x200, none(), 5, 0x200),
    TCP_KEEPCNT(6, 0x102, 0x400, none(), 6, 0x400),
    TCP_FASTOPEN(23, 0x105, 0x401, none(), none(), none());

    /** The number of what a system does not have. */
    public static final int NONE = none();

    private final int[] numbers;

    /** The same on all systems but Linux. */
    Constant(int linux, int bsd) {
        this(linux, bsd, bsd, bsd, bsd, bsd);
    }

    Constant(int linux, int macos, int freebsd, int openbsd, int netbsd, int dragonfly) {
        numbers = new int[] {linux, macos, freebsd, openbsd, netbsd, dragonfly};
    }

    private static int none() {
        return Integer.MIN_VALUE;
    }

    /** The number of the socket option called so, or {@link #NONE}: for one that is not here. */
    public static int option(String name, int linux, Platform platform) {
        if (platform == Platform.LINUX) {
            return linux;
        }
        for (Constant constant : values()) {
            if (constant.name().equals(name)) {
                return constant.on(platform);
            }
        }
        return NONE;
    }

    /** Its number on a system, or {@link #NONE}. */
    public int on(Platform platform) {
        return numbers[platform.ordinal()];
    }

    boolean existsOn(Platform platform) {
        return on(platform) != NONE;
    }
}
