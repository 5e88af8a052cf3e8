// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import java.util.Map;
import java.util.Set;

/**
 * The systems that we know, and what sets each apart beside its numbers. All of them are 64 bits
 * wide and little endian here.
 *
 * <p>The runtime speaks Linux: its numbers of errors, families, flags and commands are Linux's on
 * every system. {@link Constant} and {@link ErrorNumber} have what the others call them, {@link
 * BsdLibc} translates at the calls, and the structs know their shape on {@link #CURRENT}. Socket
 * options alone are the system's own, since {@code getsockopt(2)} takes ones that we do not name.
 */
public enum Platform {
    LINUX,
    MACOS,
    FREEBSD,
    OPENBSD,
    NETBSD,
    DRAGONFLY;

    /** The one that this process runs on. */
    public static final Platform CURRENT = of(System.getProperty("os.name"));

    private static final boolean X86_64 = Set.of("amd64", "x86_64")
            .contains(System.getProperty("os.arch"));

    /**
     * Functions that its headers rename. The plain name is there too, and has the ABI of an older
     * release: 32 bits of time, or other defaults.
     */
    private static final Map<String, String> NETBSD_SYMBOLS = Map.of(
            "clock_gettime", "__clock_gettime50",
            "fstat", "__fstat50",
            "kevent", "__kevent50",
            "lstat", "__lstat50",
            "nanosleep", "__nanosleep50",
            "socket", "__socket30",
            "stat", "__stat50");

    /** Functions whose plain name means inodes of 32 bits on the older of its processors. */
    private static final Set<String> MACOS_INODE64 =
            Set.of("fstat", "fstatat", "lstat", "stat");

    /**
     * How many arguments of a variadic function are named. Apple's arm64 passes the others on the
     * stack and everybody else in registers, so that a call that does not say it hands over
     * garbage there, and there alone.
     */
    private static final Map<String, Integer> VARIADIC = Map.of(
            "fcntl", 2,
            "ioctl", 2,
            "open", 2,
            "openat", 3,
            "syscall", 1);

    /** The one that {@code os.name} means. One that we do not know is taken for Linux. */
    static Platform of(String osName) {
        return switch (osName) {
            case "Mac OS X", "Darwin" -> MACOS;
            case "FreeBSD" -> FREEBSD;
            case "OpenBSD" -> OPENBSD;
            case "NetBSD" -> NETBSD;
            case "DragonFly", "DragonFlyBSD" -> DRAGONFLY;
            default -> LINUX;
        };
    }

    /** Whether it descends from BSD: kqueue, and socket addresses that begin with their length. */
    public boolean isBsd() {
        return this != LINUX;
    }

    /** Whether a socket can be made, or accepted, not blocking and closed on exec by one call. */
    boolean hasSocketFlags() {
        return this != MACOS;
    }

    /** What the linker knows a function of the C library by. */
    String symbol(String function) {
        return symbol(function, X86_64);
    }

    String symbol(String function, boolean x86) {
        return switch (this) {
            case MACOS -> x86 && MACOS_INODE64.contains(function)
                    ? function + "$INODE64" : function;
            case NETBSD -> NETBSD_SYMBOLS.getOrDefault(function, function);
            default -> function;
        };
    }

    /** How many arguments of a function are named, or -1 if all are. The same on each system. */
    static int namedArguments(String function) {
        return VARIADIC.getOrDefault(function, -1);
    }

    /** How the system is called: {@code "FreeBSD"}. */
    @Override
    public String toString() {
        return switch (this) {
            case LINUX -> "Linux";
            case MACOS -> "macOS";
            case FREEBSD -> "FreeBSD";
            case OPENBSD -> "OpenBSD";
            case NETBSD -> "NetBSD";
            case DRAGONFLY -> "DragonFly";
        };
    }
}
