// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * The system calls of macOS and the BSDs: takes Linux's numbers, says them in the system's, and
 * makes up for calls that a system lacks. Threads as {@link Libc}.
 */
public final class BsdLibc extends Libc {
    private static final int NEW_SOCKET = Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;

    private final Platform platform;
    private final Translation translation;
    private final boolean socketFlags;
    private final BsdFiles files;
    private final MemorySegment one;
    private final MemorySegment scratch;
    private final MemorySegment length;

    /** Sockets whose connection is being made, as far as this thread knows. */
    private final BitSet connecting = new BitSet();

    BsdLibc(Arena arena, Platform platform) {
        this(arena, platform, platform.hasSocketFlags());
    }

    /** Says also whether the system takes flags where it makes a socket: for a test elsewhere. */
    public BsdLibc(Arena arena, Platform platform, boolean socketFlags) {
        super(arena);
        this.platform = platform;
        this.socketFlags = socketFlags;
        translation = new Translation(platform);
        files = new BsdFiles(this, arena, platform, translation);
        one = arena.allocateFrom(JAVA_INT, 1);
        scratch = arena.allocate(SockAddr.SIZE, Long.BYTES);
        length = arena.allocate(JAVA_INT);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        int fd = super.socket(translation.family(domain), type(type), protocol);
        return fd < 0 ? fd : prepared(fd, type);
    }

    @Override
    public int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        int result = super.socketpair(translation.family(domain), type(type), protocol, pair);
        if (result < 0) {
            return result;
        }
        int first = prepared(pair.get(JAVA_INT, 0), type);
        int second = prepared(pair.get(JAVA_INT, Integer.BYTES), type);
        if (first < 0 && second >= 0) {
            close(second);
        } else if (second < 0 && first >= 0) {
            close(first);
        }
        return Math.min(0, Math.min(first, second));
    }

    @Override
    public int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
        int accepted = socketFlags
                ? super.accept4(fd, address, length, translation.socketFlags(flags))
                : accept(fd, address, length);
        return accepted < 0 ? accepted : prepared(accepted, flags);
    }

    /** {@code -EINVAL} for a flag that the system lacks, as of an option of {@code open}. */
    @Override
    public long send(int fd, long address, long length, int flags) {
        int systems = translation.messageFlags(flags);
        return systems == Translation.UNKNOWN_FLAGS
                ? -Linux.EINVAL : super.send(fd, address, length, systems);
    }

    @Override
    public long sendmsg(int fd, long header, int flags) {
        int systems = translation.messageFlags(flags);
        return systems == Translation.UNKNOWN_FLAGS
                ? -Linux.EINVAL : super.sendmsg(fd, header, systems);
    }

    @Override
    public long recv(int fd, long address, long length, int flags) {
        int systems = translation.messageFlags(flags);
        return systems == Translation.UNKNOWN_FLAGS
                ? -Linux.EINVAL : super.recv(fd, address, length, systems);
    }

    @Override
    public long recvmsg(int fd, long header, int flags) {
        int systems = translation.messageFlags(flags);
        return systems == Translation.UNKNOWN_FLAGS
                ? -Linux.EINVAL : super.recvmsg(fd, header, systems);
    }

    /**
     * The numbers are the system's own, but Linux's level of sockets is understood too. The error
     * that waits on a socket is an error like any other, so it gets Linux's number.
     */
    @Override
    public int getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment length) {
        int systems = translation.level(level);
        int option = translation.option(level, name);
        int result = super.getsockopt(fd, systems, option, value, length);
        if (result >= 0 && translation.isError(systems, option)) {
            value.set(JAVA_INT, 0, translation.errno(value.get(JAVA_INT, 0)));
        }
        return result;
    }

    /** On Linux, to connect again is to learn what came of it; elsewhere it may begin anew. */
    @Override
    public int connect(int fd, MemorySegment address, int length) {
        if (fd >= 0 && connecting.get(fd)) {
            connecting.clear(fd);
            int error = error(fd);
            if (error != 0 || isConnected(fd)) {
                return -error;
            }
        }
        int result = super.connect(fd, address, length);
        if (result == -Linux.EINPROGRESS || result == -Linux.EALREADY || result == -Linux.EINTR) {
            connecting.set(fd);
        }
        return result;
    }

    private int error(int fd) {
        length.set(JAVA_INT, 0, Integer.BYTES);
        int result = getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_ERROR, scratch, length);
        return result < 0 ? -result : scratch.get(JAVA_INT, 0);
    }

    private boolean isConnected(int fd) {
        length.set(JAVA_INT, 0, SockAddr.SIZE);
        return getpeername(fd, scratch, length) >= 0;
    }

    @Override
    public int close(int fd) {
        if (fd >= 0) {
            connecting.clear(fd);
        }
        return super.close(fd);
    }

    /** The flags of a descriptor are Linux's. */
    @Override
    public int fcntl(int fd, int command, int argument) {
        int flags = command == Linux.F_SETFL ? translation.openFlags(argument) : argument;
        if (command == Linux.F_SETFL && flags == Translation.UNKNOWN_FLAGS) {
            return -Linux.EINVAL;
        }
        int result = super.fcntl(fd, command, flags);
        return command == Linux.F_GETFL && result >= 0
                ? translation.linuxOpenFlags(result) : result;
    }

    /** Of the end of a stream that still can be written, only FreeBSD tells in the same way. */
    @Override
    public int poll(long fds, long count, int timeoutMillis) {
        MemorySegment list = mapped(fds, count * PollFd.SIZE);
        int ours = Linux.POLLRDHUP;
        int systems = translation.readHangup();
        for (int i = 0; i < count; i++) {
            PollFd.events(list, i, exchanged(PollFd.events(list, i), ours, systems));
        }
        int result = super.poll(fds, count, timeoutMillis);
        for (int i = 0; i < count; i++) {
            PollFd.told(list, i, exchanged(PollFd.told(list, i), systems, ours));
        }
        return result;
    }

    private static int exchanged(int events, int from, int to) {
        return (events & from) != 0 ? events & ~from | to : events;
    }

    @Override
    public int syscall(long number, long a, long b) {
        return files.call(number, a, b, 0, 0, 0, 0);
    }

    @Override
    public int syscall(long number, long a, long b, long c, long d) {
        return files.call(number, a, b, c, d, 0, 0);
    }

    @Override
    public int syscall(long number, long a, long b, long c, long d, long e, long f) {
        return files.call(number, a, b, c, d, e, f);
    }

    private int type(int linux) {
        int plain = linux & ~NEW_SOCKET;
        return socketFlags ? plain | translation.socketFlags(linux & NEW_SOCKET) : plain;
    }

    /**
     * Gives a new socket what its call could not: the descriptor, or {@code -errno} and it is
     * closed. An accepted one inherits whether it blocks from its listener, so that is said too.
     */
    private int prepared(int fd, int flags) {
        int result = 0;
        if (!socketFlags) {
            result = blocking(fd, (flags & Linux.SOCK_NONBLOCK) == 0);
            if (result >= 0 && (flags & Linux.SOCK_CLOEXEC) != 0) {
                result = fcntl(fd, Linux.F_SETFD, Linux.FD_CLOEXEC);
            }
        }
        if (result >= 0 && Constant.SO_NOSIGPIPE.existsOn(platform)) {
            // A plain write to it has no flag against the signal.
            result = setsockopt(fd, Constant.SOL_SOCKET.on(platform),
                    Constant.SO_NOSIGPIPE.on(platform), one, Integer.BYTES);
        }
        if (result < 0 && result != -Linux.EINVAL) {
            close(fd);
            return result;
        }
        return fd; // EINVAL: macOS says so of a connection that was reset before it was accepted.
    }

    private int blocking(int fd, boolean on) {
        int now = fcntl(fd, Linux.F_GETFL, 0);
        return now < 0 ? now : fcntl(fd, Linux.F_SETFL,
                on ? now & ~Linux.O_NONBLOCK : now | Linux.O_NONBLOCK);
    }
}
