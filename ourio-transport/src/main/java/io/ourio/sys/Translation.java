// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import java.util.EnumSet;

/**
 * From Linux's numbers to those of another system, and back. Immutable: one serves all threads.
 */
public final class Translation {
    /** What is added to an error number that Linux has nothing like. */
    public static final int FOREIGN_ERRNO = 1000;

    /** What stands for flags of which the system lacks one. */
    static final int UNKNOWN_FLAGS = -1;

    /** More than any system has. */
    private static final int ERRNOS = 160;

    private static final Constant[] MESSAGE_FLAGS =
            range(Constant.MSG_OOB, Constant.MSG_CMSG_CLOEXEC);
    private static final Constant[] SOCKET_FLAGS =
            range(Constant.SOCK_NONBLOCK, Constant.SOCK_CLOEXEC);
    private static final Constant[] OPEN_FLAGS = range(Constant.O_WRONLY, Constant.O_CLOEXEC);
    private static final Constant[] AT_FLAGS =
            range(Constant.AT_SYMLINK_NOFOLLOW, Constant.AT_REMOVEDIR);

    private static final Constant[] SOCKET_OPTIONS =
            range(Constant.SO_REUSEADDR, Constant.SO_NOSIGPIPE);

    private final Platform platform;

    /** By the system's number. */
    private final int[] errnos = new int[ERRNOS];

    /** To and from the numbers of {@code platform}. */
    public Translation(Platform platform) {
        this.platform = platform;
        for (int errno = 0; errno < ERRNOS; errno++) {
            errnos[errno] = errno <= ErrorNumber.COMMON || platform == Platform.LINUX
                    ? errno : FOREIGN_ERRNO + errno;
        }
        for (ErrorNumber error : ErrorNumber.values()) {
            errnos[error.on(platform)] = error.on(Platform.LINUX);
        }
        errnos[0] = 0; // The rows that a system lacks were written here.
    }

    /** What Linux calls an error of the system's; one it knows nothing like comes out of range. */
    public int errno(int systems) {
        return systems >= 0 && systems < ERRNOS ? errnos[systems] : FOREIGN_ERRNO + systems;
    }

    /** What the system calls one of Linux's errors, for whoever acts as the system. */
    public int systemErrno(int linux) {
        for (int errno = 0; errno < ERRNOS; errno++) {
            if (errnos[errno] == linux) {
                return errno;
            }
        }
        throw new IllegalArgumentException(platform + " has nothing like errno " + linux);
    }

    /** The system's address family. */
    int family(int linux) {
        return linux == Linux.AF_INET6 ? Constant.AF_INET6.on(platform) : linux;
    }

    /** Linux's address family. */
    int linuxFamily(int systems) {
        return systems == Constant.AF_INET6.on(platform) ? Linux.AF_INET6 : systems;
    }

    /** The system's {@code SOCK_NONBLOCK} and the like, or {@link #UNKNOWN_FLAGS}. */
    int socketFlags(int linux) {
        return flags(SOCKET_FLAGS, linux);
    }

    /** The system's {@code MSG_*}, or {@link #UNKNOWN_FLAGS} if it lacks one. */
    int messageFlags(int linux) {
        return flags(MESSAGE_FLAGS, linux);
    }

    /** Linux's {@code MSG_*}, without those that it lacks. */
    public int linuxMessageFlags(int systems) {
        return linux(MESSAGE_FLAGS, systems);
    }

    /** The system's {@code O_*}, or {@link #UNKNOWN_FLAGS} if it lacks one. */
    int openFlags(int linux) {
        return flags(OPEN_FLAGS, linux);
    }

    /** Linux's {@code O_*}, without those that it lacks. */
    int linuxOpenFlags(int systems) {
        return linux(OPEN_FLAGS, systems);
    }

    /** The system's {@code AT_*}, or {@link #UNKNOWN_FLAGS} if it lacks one. */
    int atFlags(int linux) {
        return flags(AT_FLAGS, linux);
    }

    /** The system's word for "here" in place of a directory; any other descriptor stays. */
    int directory(int linux) {
        return linux == Linux.AT_FDCWD ? Constant.AT_FDCWD.on(platform) : linux;
    }

    /** The system's {@code POLLRDHUP}, or 0. */
    int readHangup() {
        return switch (platform) {
            case LINUX -> Linux.POLLRDHUP;
            case FREEBSD -> 0x4000;
            default -> 0;
        };
    }

    /** The system's level of socket options. */
    int level(int linux) {
        return linux == Linux.SOL_SOCKET ? Constant.SOL_SOCKET.on(platform) : linux;
    }

    /** The system's option of Linux's level of sockets, which no system has another use for. */
    int option(int level, int linux) {
        if (level == Linux.SOL_SOCKET) {
            for (Constant option : SOCKET_OPTIONS) {
                if (option.on(Platform.LINUX) == linux) {
                    return option.on(platform);
                }
            }
        }
        return linux;
    }

    /** Whether an option's value is an error number. */
    boolean isError(int level, int option) {
        return level == Constant.SOL_SOCKET.on(platform)
                && option == Constant.SO_ERROR.on(platform);
    }

    private int flags(Constant[] group, int linux) {
        if (platform == Platform.LINUX) {
            return linux;
        }
        int rest = linux;
        int flags = 0;
        for (Constant flag : group) {
            int bits = flag.on(Platform.LINUX);
            if ((rest & bits) == bits) {
                if (!flag.existsOn(platform)) {
                    return UNKNOWN_FLAGS;
                }
                rest &= ~bits;
                flags |= flag.on(platform);
            }
        }
        return rest == 0 ? flags : UNKNOWN_FLAGS;
    }

    private int linux(Constant[] group, int systems) {
        if (platform == Platform.LINUX) {
            return systems;
        }
        int linux = 0;
        for (Constant flag : group) {
            int bits = flag.existsOn(platform) ? flag.on(platform) : 0;
            if (bits != 0 && (systems & bits) == bits) {
                linux |= flag.on(Platform.LINUX);
            }
        }
        return linux;
    }

    private static Constant[] range(Constant first, Constant last) {
        return EnumSet.range(first, last).toArray(Constant[]::new);
    }
}
