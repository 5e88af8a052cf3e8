// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static io.ourio.sys.Downcalls.ints;
import static io.ourio.sys.Downcalls.longs;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls of Linux that the runtime makes by number, by functions that every system has. What no
 * system but Linux can do is refused with {@code -EOPNOTSUPP}. Threads as {@link Libc}.
 */
final class BsdFiles {
    // Not final, see Libc.
    private static MethodHandle fstat = ints("fstat", JAVA_INT, JAVA_LONG);
    private static MethodHandle fstatat =
            ints("fstatat", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static MethodHandle fsync = ints("fsync", JAVA_INT);
    private static MethodHandle openat =
            ints("openat", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static MethodHandle posixFallocate =
            ints("posix_fallocate", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static MethodHandle preadv =
            longs("preadv", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static MethodHandle pwritev =
            longs("pwritev", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static MethodHandle readv = longs("readv", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static MethodHandle renameat =
            ints("renameat", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static MethodHandle unlinkat = ints("unlinkat", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static MethodHandle writev = longs("writev", JAVA_INT, JAVA_LONG, JAVA_INT);

    private final BsdLibc libc;
    private final Platform platform;
    private final Translation translation;
    private final MemorySegment stat;
    private final MemorySegment polled;
    private final CopySplice splice;

    BsdFiles(BsdLibc libc, Arena arena, Platform platform, Translation translation) {
        this.libc = libc;
        this.platform = platform;
        this.translation = translation;
        stat = arena.allocate(BsdStat.layout(platform));
        polled = arena.allocate(PollFd.SIZE, Long.BYTES);
        splice = new CopySplice(libc, arena);
    }

    /** {@code syscall(number, a, b, c, d, e, f)} of Linux. */
    int call(long number, long a, long b, long c, long d, long e, long f) {
        try {
            return (int) made(number, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw Downcalls.unexpected(t);
        }
    }

    private long made(long number, long a, long b, long c, long d, long e, long f)
            throws Throwable {
        if (number == Linux.SYS_PREADV2) {
            return transfer(preadv, readv, (int) a, b, (int) c, d, (int) f);
        } else if (number == Linux.SYS_PWRITEV2) {
            return transfer(pwritev, writev, (int) a, b, (int) c, d, (int) f);
        } else if (number == Linux.SYS_SPLICE) {
            return splice.make((int) a, b, (int) c, d, e);
        } else if (number == Linux.SYS_OPENAT) {
            return open((int) a, b, (int) c, (int) d);
        } else if (number == Linux.SYS_OPENAT2) {
            return openAt((int) a, b, c);
        } else if (number == Linux.SYS_STATX) {
            return (c & Linux.AT_EMPTY_PATH) != 0 ? stat((int) a, e) : stat((int) a, b, (int) c, e);
        } else if (number == Linux.SYS_FSYNC || number == Linux.SYS_FDATASYNC) {
            return libc.result((int) fsync.invokeExact(libc.captured(), (int) a));
        } else if (number == Linux.SYS_FALLOCATE) {
            return allocate((int) a, (int) b, c, d);
        } else if (number == Linux.SYS_UNLINKAT) {
            return unlink((int) a, b, (int) c);
        } else if (number == Linux.SYS_RENAMEAT2) {
            return e == 0 ? rename((int) a, b, (int) c, d) : -Linux.EOPNOTSUPP;
        }
        return -Linux.ENOSYS;
    }

    private int open(int directory, long path, int flags, int mode) throws Throwable {
        int systems = translation.openFlags(flags);
        return systems == Translation.UNKNOWN_FLAGS ? -Linux.EOPNOTSUPP
                : libc.result((int) openat.invokeExact(libc.captured(),
                        translation.directory(directory), path, systems, mode));
    }

    /** No other system says what memory has of a path, and few keep one from leading elsewhere. */
    private int openAt(int directory, long path, long how) throws Throwable {
        int resolve = OpenHow.resolve(how);
        if (resolve == 0) {
            return open(directory, path, OpenHow.flags(how), OpenHow.mode(how));
        }
        return (resolve & OpenHow.RESOLVE_CACHED) != 0 ? -Linux.EAGAIN : -Linux.EOPNOTSUPP;
    }

    private int stat(int fd, long statx) throws Throwable {
        int result = libc.result((int) fstat.invokeExact(libc.captured(), fd, stat.address()));
        return result < 0 ? result : toStatx(statx);
    }

    private int stat(int directory, long path, int flags, long statx) throws Throwable {
        int result = libc.result((int) fstatat.invokeExact(libc.captured(),
                translation.directory(directory), path, stat.address(),
                translation.atFlags(flags)));
        return result < 0 ? result : toStatx(statx);
    }

    private int toStatx(long statx) {
        BsdStat.toStatx(platform, stat, Libc.mapped(statx, Statx.LAYOUT.byteSize()));
        return 0;
    }

    private int unlink(int directory, long path, int flags) throws Throwable {
        return libc.result((int) unlinkat.invokeExact(libc.captured(),
                translation.directory(directory), path, translation.atFlags(flags)));
    }

    private int rename(int from, long path, int to, long newPath) throws Throwable {
        return libc.result((int) renameat.invokeExact(libc.captured(),
                translation.directory(from), path, translation.directory(to), newPath));
    }

    /** It returns its error, or -1 where it is missing. */
    private int allocate(int fd, int mode, long offset, long length) throws Throwable {
        if (mode != 0) {
            return -Linux.EOPNOTSUPP;
        }
        int error = (int) posixFallocate.invokeExact(libc.captured(), fd, offset, length);
        return error < 0 ? -Linux.EOPNOTSUPP : -translation.errno(error);
    }

    private long transfer(MethodHandle at, MethodHandle here, int fd, long pieces, int count,
            long offset, int flags) throws Throwable {
        if ((flags & Linux.RWF_NOWAIT) != 0) {
            if (offset >= 0) {
                long position = libc.lseek(fd, 0, Linux.SEEK_CUR);
                // What has one is a file, and nobody knows what memory has of it.
                return position < 0 ? position : -Linux.EOPNOTSUPP;
            }
            if (!neverWaits(fd)) {
                return here == writev ? writeReady(fd, pieces, count) : !isReady(fd, Linux.POLLIN)
                        ? -Linux.EAGAIN : transfer(at, here, fd, pieces, count, offset, 0);
            }
        }
        return offset < 0
                ? libc.result((long) here.invokeExact(libc.captured(), fd, pieces, count))
                : libc.result((long) at.invokeExact(libc.captured(), fd, pieces, count, offset));
    }

    private boolean neverWaits(int fd) {
        int flags = libc.fcntl(fd, Linux.F_GETFL, 0);
        return flags < 0 || (flags & Linux.O_NONBLOCK) != 0; // The call says what is wrong.
    }

    /** Writes as long as there is room for a part that is written as a whole. */
    private long writeReady(int fd, long pieces, int count) {
        long done = 0;
        for (int i = 0; i < count; i++) {
            MemorySegment piece = MsgHdr.piece(MsgHdr.pieces(pieces, count), i);
            for (long from = 0; from < piece.byteSize();) {
                long part = Math.min(piece.byteSize() - from, CopySplice.PART);
                long result = isReady(fd, Linux.POLLOUT)
                        ? libc.write(fd, piece.address() + from, part) : -Linux.EAGAIN;
                if (result < 0) {
                    return done > 0 ? done : result;
                }
                from += result;
                done += result;
            }
        }
        return done;
    }

    private boolean isReady(int fd, int events) {
        PollFd.set(polled, 0, fd, events);
        return libc.poll(polled.address(), 1, 0) != 0;
    }
}
