// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static io.ourio.sys.Downcalls.ints;
import static io.ourio.sys.Downcalls.longs;
import static io.ourio.sys.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The system calls we make. Each returns what the kernel would: the result, or {@code -errno};
 * nothing here throws for an error of the kernel's. One that the system does not have returns
 * {@code -ENOSYS}. Errors have Linux's numbers on every system.
 *
 * <p>One thread uses an instance, since the linker leaves {@code errno} in memory that belongs to
 * it. A ring has its own; a thread without one takes {@link #current()}.
 */
public sealed class Libc permits BsdLibc {
    /** The offset that {@code mmap} and {@code splice} take for "none". */
    public static final long NO_OFFSET = -1;

    /** The same number on every system. */
    private static final int CLOCK_REALTIME = 0;

    /*
     * None is final, so that none is a constant to the compiler: it compiles each call by itself,
     * and the slice of the captured state that the linker makes for a call is never an object.
     * Inlined into a large method it often is one, of 40 bytes. A call costs the same either way.
     */

    /** {@code syscall(2)} is variadic after its number, which is the part that must be said. */
    private static MethodHandle syscall2 = Downcalls.syscall(2);
    private static MethodHandle syscall4 = Downcalls.syscall(4);
    private static MethodHandle syscall6 = Downcalls.syscall(6);

    private static MethodHandle epollWait =
            ints("epoll_wait", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static MethodHandle recvmsg = longs("recvmsg", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static MethodHandle recv = longs("recv", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static MethodHandle send = longs("send", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static MethodHandle sendmsg = longs("sendmsg", JAVA_INT, JAVA_LONG, JAVA_INT);

    private static MethodHandle accept = ints("accept", JAVA_INT, ADDRESS, ADDRESS);
    private static MethodHandle accept4 =
            ints("accept4", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static MethodHandle bind = ints("bind", JAVA_INT, ADDRESS, JAVA_INT);
    private static MethodHandle clockGettime = ints("clock_gettime", JAVA_INT, JAVA_LONG);
    private static MethodHandle close = ints("close", JAVA_INT);
    private static MethodHandle connect = ints("connect", JAVA_INT, ADDRESS, JAVA_INT);
    private static MethodHandle epollCreate1 = ints("epoll_create1", JAVA_INT);
    private static MethodHandle epollCtl =
            ints("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static MethodHandle eventfd = ints("eventfd", JAVA_INT, JAVA_INT);
    private static MethodHandle fcntl = ints("fcntl", JAVA_INT, JAVA_INT, JAVA_INT);
    private static MethodHandle ftruncate = ints("ftruncate", JAVA_INT, JAVA_LONG);
    private static MethodHandle getpagesize = ints("getpagesize");
    private static MethodHandle getpeername = ints("getpeername", JAVA_INT, ADDRESS, ADDRESS);
    private static MethodHandle getsockname = ints("getsockname", JAVA_INT, ADDRESS, ADDRESS);
    private static MethodHandle getsockopt =
            ints("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static MethodHandle ifNametoindex = ints("if_nametoindex", ADDRESS);
    private static MethodHandle link = ints("link", JAVA_LONG, JAVA_LONG);
    private static MethodHandle listen = ints("listen", JAVA_INT, JAVA_INT);
    private static MethodHandle lseek = longs("lseek", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static MethodHandle memfdCreate = ints("memfd_create", JAVA_LONG, JAVA_INT);
    private static MethodHandle mkdir = ints("mkdir", JAVA_LONG, JAVA_INT);
    private static MethodHandle mmap =
            longs("mmap", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static MethodHandle munmap = ints("munmap", JAVA_LONG, JAVA_LONG);
    private static MethodHandle pipe2 = ints("pipe2", ADDRESS, JAVA_INT);
    private static MethodHandle poll = ints("poll", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static MethodHandle pread =
            longs("pread", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static MethodHandle pthreadKill = ints("pthread_kill", JAVA_LONG, JAVA_INT);
    private static MethodHandle pthreadSelf = longs("pthread_self");
    private static MethodHandle pwrite =
            longs("pwrite", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static MethodHandle read = longs("read", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static MethodHandle sendfile =
            longs("sendfile", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static MethodHandle setsockopt =
            ints("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static MethodHandle shutdown = ints("shutdown", JAVA_INT, JAVA_INT);
    private static MethodHandle siginterrupt = ints("siginterrupt", JAVA_INT, JAVA_INT);
    private static MethodHandle signal = longs("signal", JAVA_INT, JAVA_LONG);
    private static MethodHandle socket = ints("socket", JAVA_INT, JAVA_INT, JAVA_INT);
    private static MethodHandle socketpair =
            ints("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static MethodHandle symlink = ints("symlink", JAVA_LONG, JAVA_LONG);
    private static MethodHandle timerfdCreate = ints("timerfd_create", JAVA_INT, JAVA_INT);
    private static MethodHandle timerfdSettime =
            ints("timerfd_settime", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static MethodHandle write = longs("write", JAVA_INT, JAVA_LONG, JAVA_LONG);

    private static final ThreadLocal<Libc> CURRENT =
            ThreadLocal.withInitial(() -> of(Arena.ofAuto()));

    private static final boolean LINUX = Platform.CURRENT == Platform.LINUX;
    private static final Translation TRANSLATION = new Translation(Platform.CURRENT);

    private final MemorySegment captured;

    /** A {@code struct timespec}. */
    private final MemorySegment time;

    /** As {@link #of}, on Linux. */
    public Libc(Arena arena) {
        captured = arena.allocate(Downcalls.CAPTURE);
        time = arena.allocate(2 * Long.BYTES, Long.BYTES);
    }

    /** Calls for the one thread that will use this instance, for as long as {@code arena} lives. */
    public static Libc of(Arena arena) {
        return LINUX ? new Libc(arena) : new BsdLibc(arena, Platform.CURRENT);
    }

    /** The calling thread's own instance, for calls off the hot path. */
    public static Libc current() {
        return CURRENT.get();
    }

    /** {@code syscall(number, a, b)}. */
    public int syscall(long number, long a, long b) {
        try {
            return (int) result((long) syscall2.invokeExact(captured, number, a, b));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code syscall(number, a, b, c, d)}. */
    public int syscall(long number, long a, long b, long c, long d) {
        try {
            return (int) result((long) syscall4.invokeExact(captured, number, a, b, c, d));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code syscall(number, a, b, c, d, e, f)}. */
    public int syscall(long number, long a, long b, long c, long d, long e, long f) {
        try {
            return (int) result((long) syscall6.invokeExact(captured, number, a, b, c, d, e, f));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code accept(2)}, else as {@link #accept4}. */
    public int accept(int fd, MemorySegment address, MemorySegment length) {
        try {
            return result((int) accept.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code accept4(2)}; {@code address} and {@code length} may be {@link MemorySegment#NULL}. */
    public int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
        try {
            return result((int) accept4.invokeExact(captured, fd, address, length, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code bind(2)}. */
    public int bind(int fd, MemorySegment address, int length) {
        try {
            return result((int) bind.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Nanoseconds since 1970: {@code clock_gettime(2)} of the wall clock. */
    public long wallNanos() {
        try {
            int result = result((int) clockGettime.invokeExact(
                    captured, CLOCK_REALTIME, time.address()));
            assert result == 0 : result; // It has no way to fail.
            return time.get(JAVA_LONG, 0) * 1_000_000_000 + time.get(JAVA_LONG, Long.BYTES);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code close(2)}. */
    public int close(int fd) {
        try {
            return result((int) close.invokeExact(captured, fd));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code connect(2)}. */
    public int connect(int fd, MemorySegment address, int length) {
        try {
            return result((int) connect.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code epoll_create1(2)}. */
    public int epollCreate1(int flags) {
        try {
            return result((int) epollCreate1.invokeExact(captured, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code epoll_ctl(2)}; {@code event} is the address of a {@code struct epoll_event}, or 0. */
    public int epollCtl(int epoll, int operation, int fd, long event) {
        try {
            return result((int) epollCtl.invokeExact(captured, epoll, operation, fd, event));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code epoll_wait(2)}; {@code events} is the address of an array of {@code count}. */
    public int epollWait(int epoll, long events, int count, int timeoutMillis) {
        try {
            return result((int) epollWait.invokeExact(
                    captured, epoll, events, count, timeoutMillis));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code eventfd(2)}. */
    public int eventfd(int initial, int flags) {
        try {
            return result((int) eventfd.invokeExact(captured, initial, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code fcntl(2)} with an int for its argument. */
    public int fcntl(int fd, int command, int argument) {
        try {
            return result((int) fcntl.invokeExact(captured, fd, command, argument));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code ftruncate(2)}. */
    public int ftruncate(int fd, long size) {
        try {
            return result((int) ftruncate.invokeExact(captured, fd, size));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** The size of a page in bytes: 4096 on x86-64, up to 65536 on aarch64. */
    public int pageSize() {
        try {
            return result((int) getpagesize.invokeExact(captured));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code getpeername(2)}; {@code length} is a {@code socklen_t}, in and out. */
    public int getpeername(int fd, MemorySegment address, MemorySegment length) {
        try {
            return result((int) getpeername.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code getsockname(2)}; {@code length} is a {@code socklen_t}, in and out. */
    public int getsockname(int fd, MemorySegment address, MemorySegment length) {
        try {
            return result((int) getsockname.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code getsockopt(2)}; {@code length} is a {@code socklen_t}, in and out. */
    public int getsockopt(int fd, int level, int name, MemorySegment value, MemorySegment length) {
        try {
            return result((int) getsockopt.invokeExact(captured, fd, level, name, value, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code if_nametoindex(3)}, which has 0 for "no such interface". */
    public int ifNametoindex(MemorySegment name) {
        try {
            return result((int) ifNametoindex.invokeExact(captured, name));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code link(2)}, of two C strings. */
    public int link(long target, long path) {
        try {
            return result((int) link.invokeExact(captured, target, path));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code listen(2)}. */
    public int listen(int fd, int backlog) {
        try {
            return result((int) listen.invokeExact(captured, fd, backlog));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code lseek(2)}. */
    public long lseek(int fd, long offset, int whence) {
        try {
            return result((long) lseek.invokeExact(captured, fd, offset, whence));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code memfd_create(2)}, of a C string. */
    public int memfdCreate(long name, int flags) {
        try {
            return result((int) memfdCreate.invokeExact(captured, name, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code mkdir(2)}, of a C string. */
    public int mkdir(long path, int mode) {
        try {
            return result((int) mkdir.invokeExact(captured, path, mode));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code mmap(2)}: the address, or {@code -errno}. */
    public long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        try {
            return result((long) mmap.invokeExact(
                    captured, address, length, protection, flags, fd, offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code munmap(2)}. */
    public int munmap(long address, long length) {
        try {
            return result((int) munmap.invokeExact(captured, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code pipe2(2)}; {@code pair} takes two ints, first the end that is read. */
    public int pipe2(MemorySegment pair, int flags) {
        try {
            return result((int) pipe2.invokeExact(captured, pair, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code poll(2)}; {@code fds} is the address of the {@code struct pollfd}s. */
    public int poll(long fds, long count, int timeoutMillis) {
        try {
            return result((int) poll.invokeExact(captured, fds, count, timeoutMillis));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code pthread_kill(3)}: 0, or the number of an error. */
    public int pthreadKill(long thread, int signal) {
        try {
            return (int) pthreadKill.invokeExact(captured, thread, signal);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code pthread_self(3)}. */
    public long pthreadSelf() {
        try {
            return (long) pthreadSelf.invokeExact(captured);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code pread(2)}. */
    public long pread(int fd, long address, long length, long offset) {
        try {
            return result((long) pread.invokeExact(captured, fd, address, length, offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code pwrite(2)}. */
    public long pwrite(int fd, long address, long length, long offset) {
        try {
            return result((long) pwrite.invokeExact(captured, fd, address, length, offset));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code read(2)}. */
    public long read(int fd, long address, long length) {
        try {
            return result((long) read.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code recv(2)}. */
    public long recv(int fd, long address, long length, int flags) {
        try {
            return result((long) recv.invokeExact(captured, fd, address, length, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code recvmsg(2)}; {@code header} is the address of a {@code struct msghdr}. */
    public long recvmsg(int fd, long header, int flags) {
        try {
            return result((long) recvmsg.invokeExact(captured, fd, header, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code send(2)}. */
    public long send(int fd, long address, long length, int flags) {
        try {
            return result((long) send.invokeExact(captured, fd, address, length, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Linux's {@code sendfile(2)}; {@code offset} is the address of a long, or 0. */
    public long sendfile(int to, int from, long offset, long count) {
        try {
            return result((long) sendfile.invokeExact(captured, to, from, offset, count));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code sendmsg(2)}; {@code header} is the address of a {@code struct msghdr}. */
    public long sendmsg(int fd, long header, int flags) {
        try {
            return result((long) sendmsg.invokeExact(captured, fd, header, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code setsockopt(2)}. */
    public int setsockopt(int fd, int level, int name, MemorySegment value, int length) {
        try {
            return result((int) setsockopt.invokeExact(captured, fd, level, name, value, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code shutdown(2)}. */
    public int shutdown(int fd, int how) {
        try {
            return result((int) shutdown.invokeExact(captured, fd, how));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code siginterrupt(3)}. */
    public int siginterrupt(int signal, int flag) {
        try {
            return result((int) siginterrupt.invokeExact(captured, signal, flag));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code signal(2)}: the handler before, 0 for none, or {@code -errno}. */
    public long signal(int number, long handler) {
        try {
            return result((long) signal.invokeExact(captured, number, handler));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code socket(2)}. */
    public int socket(int domain, int type, int protocol) {
        try {
            return result((int) socket.invokeExact(captured, domain, type, protocol));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code socketpair(2)}; {@code pair} takes two ints. */
    public int socketpair(int domain, int type, int protocol, MemorySegment pair) {
        try {
            return result((int) socketpair.invokeExact(captured, domain, type, protocol, pair));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code symlink(2)}, of two C strings. */
    public int symlink(long target, long path) {
        try {
            return result((int) symlink.invokeExact(captured, target, path));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code timerfd_create(2)}. */
    public int timerfdCreate(int clock, int flags) {
        try {
            return result((int) timerfdCreate.invokeExact(captured, clock, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code timerfd_settime(2)}; {@code time} is the address of a {@code struct itimerspec}. */
    public int timerfdSettime(int fd, int flags, long time) {
        try {
            return result((int) timerfdSettime.invokeExact(captured, fd, flags, time, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** {@code write(2)}. */
    public long write(int fd, long address, long length) {
        try {
            return result((long) write.invokeExact(captured, fd, address, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Memory that the kernel mapped, as a segment that lives until the process ends. */
    @SuppressWarnings("restricted") // Whoever mapped it knows its size, and unmaps it.
    public static MemorySegment mapped(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** Where a call that this thread makes leaves its error. */
    final MemorySegment captured() {
        return captured;
    }

    /** What a call returned, or {@code -errno} of one that this thread made just now. */
    final int result(int returned) {
        return returned != -1 ? returned : -errno();
    }

    /** The same of a call that returns 64 bits. */
    final long result(long returned) {
        return returned != -1 ? returned : -errno();
    }

    private int errno() {
        int errno = Downcalls.errno(captured);
        return LINUX ? errno : TRANSLATION.errno(errno);
    }
}
