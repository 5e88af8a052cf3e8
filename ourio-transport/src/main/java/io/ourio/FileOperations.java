// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Linux;
import io.ourio.sys.OpenHow;
import io.ourio.sys.Statx;
import io.ourio.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * What can be asked of a {@link Ring} about files and their names. The rules of {@link Operations}
 * hold.
 *
 * <p>A path is taken from the working directory of the process, and goes to the kernel in UTF-8,
 * whatever the locale says; a NUL or half of a surrogate pair in it is refused with {@link
 * IllegalArgumentException}. The task keeps the memory of it.
 *
 * <p>What the kernel does in a thread of its own (most of what is done with paths, and reads of a
 * disk) may take long, and cannot always be canceled: see {@link Task#cancel}.
 */
public abstract sealed class FileOperations extends Operations permits SocketOperations {
    /** For {@link #rename}: fails if there is a file of the new name. */
    public static final int RENAME_NO_REPLACE = Linux.RENAME_NOREPLACE;

    /** For {@link #rename}: both files are there, and exchange their names. */
    public static final int RENAME_EXCHANGE = Linux.RENAME_EXCHANGE;

    /** For {@link #fallocate}: the size of the file stays. */
    public static final int FALLOCATE_KEEP_SIZE = Linux.FALLOC_FL_KEEP_SIZE;

    /** For {@link #fallocate}: frees the space, which reads as zeroes then. The size stays. */
    public static final int FALLOCATE_PUNCH_HOLE =
            Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE;

    /** For {@link #fallocate}: the bytes become zeroes. */
    public static final int FALLOCATE_ZERO_RANGE = Linux.FALLOC_FL_ZERO_RANGE;

    /** For {@link #openAt}: the path must not lead out of the directory, at no point of it. */
    public static final int RESOLVE_BENEATH = OpenHow.RESOLVE_BENEATH;

    /** For {@link #openAt}: the directory is the root, where {@code ..} ends and links begin. */
    public static final int RESOLVE_IN_ROOT = OpenHow.RESOLVE_IN_ROOT;

    /** For {@link #openAt}: no part of the path may be a symbolic link. */
    public static final int RESOLVE_NO_LINKS = OpenHow.RESOLVE_NO_SYMLINKS;

    /** For {@link #openAt}: the path must not lead to what is mounted. */
    public static final int RESOLVE_NO_MOUNTS = OpenHow.RESOLVE_NO_XDEV;

    private static final int RESOLVE_ALL =
            RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_LINKS | RESOLVE_NO_MOUNTS;

    /** Of the file that a descriptor names by itself. */
    private static final MemorySegment NO_PATH = Arena.global().allocate(1);

    private final PathName.Pool names = new PathName.Pool();

    FileOperations() {}

    /**
     * Reads from a file, pipe or socket into {@code buffer}: the count of bytes, 0 at the end.
     *
     * @param offset where in the file, in bytes, or {@link Ring#CURRENT_POSITION}
     */
    public final Task read(int fd, MemorySegment buffer, long offset, Context context) {
        int length = checkWritable(buffer);
        return enqueue(task(context), Op.READ, checkFd(fd), 0, buffer.address(), length,
                checkOffset(offset), buffer);
    }

    /** The same for memory that is taken on trust. */
    public final Task read(int fd, long address, int length, long offset, Task task) {
        return enqueue(task, Op.READ, checkFd(fd), 0, address, checkLength(length),
                checkOffset(offset), null);
    }

    /**
     * Writes {@code data} to a file, pipe or socket: the count of bytes, which may be less than
     * asked for; {@code offset} as for {@link #read}.
     */
    public final Task write(int fd, MemorySegment data, long offset, Context context) {
        int length = checkNative(data);
        return enqueue(task(context), Op.WRITE, checkFd(fd), 0, data.address(), length,
                checkOffset(offset), data);
    }

    /** The same for memory that is taken on trust. */
    public final Task write(int fd, long address, int length, long offset, Task task) {
        return enqueue(task, Op.WRITE, checkFd(fd), 0, address, checkLength(length),
                checkOffset(offset), null);
    }

    /** Writes all pieces of {@code data}; {@code offset} as for {@link #read}. */
    public final Task writev(int fd, Iovecs data, long offset, Context context) {
        return writev(fd, data, offset, task(context));
    }

    /** The same with a task that is started again. */
    public final Task writev(int fd, Iovecs data, long offset, Task task) {
        return enqueue(task, Op.WRITEV, checkFd(fd), 0, data.address(), data.count(),
                checkOffset(offset), data);
    }

    /** Reads into all pieces of {@code into}, one after the other; else as {@link #read}. */
    public final Task readv(int fd, Iovecs into, long offset, Context context) {
        return readv(fd, into, offset, task(context));
    }

    /** The same with a task that is started again. */
    public final Task readv(int fd, Iovecs into, long offset, Task task) {
        return enqueue(task, Op.READV, checkFd(fd), 0, into.address(), into.count(),
                checkOffset(offset), into);
    }

    /**
     * Moves bytes inside of the kernel from one file to another, one of which must be a pipe: the
     * count of bytes, which may be less than asked for, and 0 at the end.
     *
     * @param fromOffset where in {@code from}; {@link Ring#CURRENT_POSITION} for a pipe
     * @param toOffset where in {@code to}; {@link Ring#CURRENT_POSITION} for a pipe
     * @param length in bytes
     */
    public final Task splice(int from, long fromOffset, int to, long toOffset, int length,
            Context context) {
        return splice(from, fromOffset, to, toOffset, length, task(context));
    }

    /** The same with a task that is started again. */
    public final Task splice(int from, long fromOffset, int to, long toOffset, int length,
            Task task) {
        checkFd(from);
        enqueue(task, Op.SPLICE, checkFd(to), 0, checkOffset(fromOffset), checkLength(length),
                checkOffset(toOffset), null);
        task.sourceFd = from;
        return task;
    }

    /**
     * Opens a file: its file descriptor, which is closed on exec. If the task was canceled first,
     * the descriptor is closed.
     *
     * @param flags see {@link OpenFlags}
     * @param mode who may do what with a file that this makes, 0 to 07777, less the process's umask
     */
    public final Task open(String path, int flags, int mode, Context context) {
        return path(Op.OPEN, path, flags | Linux.O_CLOEXEC, checkMode(mode), context);
    }

    /**
     * Opens a file by a path that begins at {@code directory}: its file descriptor, as {@link
     * #open}. What {@code resolve} forbids fails with {@code EXDEV} if the path leads out of the
     * directory or to a mount, and with {@code ELOOP} if it has a symbolic link; the kernel holds
     * to it whatever others do with the directory meanwhile.
     *
     * <p>Where memory has all that the path names, neither io_uring nor, with {@link
     * OpenFlags#NON_BLOCKING}, epoll needs another thread for it. It is Linux's {@code openat2}
     * (5.6); the other systems refuse every {@code resolve} but 0, with {@code EOPNOTSUPP}.
     *
     * @param directory an open descriptor, which stays the caller's, also while the task runs
     * @param resolve 0, or {@code RESOLVE_*} joined with {@code |}
     */
    public final Task openAt(int directory, String path, int flags, int mode, int resolve,
            Context context) {
        if ((resolve & ~RESOLVE_ALL) != 0) {
            throw new IllegalArgumentException("resolve 0x" + Integer.toHexString(resolve)
                    + " has bits that are no RESOLVE_*");
        }
        checkFd(directory);
        int all = flags | Linux.O_CLOEXEC;
        checkMode(mode);
        PathName name = name(path, OpenHow.SIZE, null);
        OpenHow.set(name.memory(), all, mode, resolve);
        return enqueue(task(context), Op.OPEN_AT, directory, all,
                name.address() + OpenHow.SIZE, mode, name.address(), name);
    }

    /** Asks for the status of a file; of a symbolic link, the one that it leads to. */
    public final Task stat(String path, FileStatus into, Context context) {
        return status(Op.STAT, path, 0, into, context);
    }

    /** Asks for the status of a file; of a symbolic link, its own. */
    public final Task lstat(String path, FileStatus into, Context context) {
        return status(Op.LSTAT, path, Linux.AT_SYMLINK_NOFOLLOW, into, context);
    }

    /**
     * Asks for the status of a file that is open. That is what memory has of it: nothing is waited
     * for, and no server is asked. On io_uring too it is a system call of the ring's thread, since
     * the kernel would give it to a thread of its own, for which one does wait.
     */
    public final Task fstat(int fd, FileStatus into, Context context) {
        return fstat(fd, into, task(context));
    }

    /** The same with a task that is started again. */
    public final Task fstat(int fd, FileStatus into, Task task) {
        return enqueue(task, Op.FSTAT, checkFd(fd),
                Linux.AT_EMPTY_PATH | Linux.AT_STATX_DONT_SYNC, NO_PATH.address(), Statx.WANTED,
                into.address(), into);
    }

    private Task status(Op op, String path, int flags, FileStatus into, Context context) {
        Objects.requireNonNull(into, "into");
        PathName name = name(path, 0, into);
        return enqueue(task(context), op, NO_FD, flags, name.address(), Statx.WANTED,
                into.address(), name);
    }

    /**
     * Completes when the disk has what was written to a file before the task was started.
     *
     * @param dataOnly leaves out what is not needed to read it again, as the times
     */
    public final Task fsync(int fd, boolean dataOnly, Context context) {
        return fsync(fd, dataOnly, task(context));
    }

    /** The same with a task that is started again. */
    public final Task fsync(int fd, boolean dataOnly, Task task) {
        int flags = dataOnly ? Uring.FSYNC_DATASYNC : 0;
        return enqueue(task, Op.FSYNC, checkFd(fd), flags, 0, 0, 0, null);
    }

    /**
     * Cuts a file, or lengthens it with zeroes, to {@code size} bytes. Before Linux 6.9 that is a
     * system call of the ring's thread, which the file system may hold up.
     */
    public final Task ftruncate(int fd, long size, Context context) {
        if (size < 0) {
            throw new IllegalArgumentException("size " + size + " is negative");
        }
        return enqueue(task(context), Op.FTRUNCATE, checkFd(fd), 0, 0, 0, size, null);
    }

    /**
     * Takes disk space for a part of a file, so that writes there cannot lack it; or what else the
     * mode says.
     *
     * @param mode 0 or {@code FALLOCATE_*}
     * @param offset where the part begins, in bytes
     * @param length of the part, in bytes, more than 0
     */
    public final Task fallocate(int fd, int mode, long offset, long length, Context context) {
        if (offset < 0 || length <= 0) {
            throw new IllegalArgumentException(
                    "offset " + offset + " is negative, or length " + length + " is not above 0");
        }
        return enqueue(task(context), Op.FALLOCATE, checkFd(fd), mode, length, 0, offset, null);
    }

    /** Removes the name of a file, and the file if it was the last. Directories are refused. */
    public final Task unlink(String path, Context context) {
        return path(Op.UNLINK, path, 0, 0, context);
    }

    /** Removes an empty directory. */
    public final Task rmdir(String path, Context context) {
        return path(Op.UNLINK, path, Linux.AT_REMOVEDIR, 0, context);
    }

    /**
     * Gives a file another name in the same file system. Somebody who looks finds either.
     *
     * @param flags 0, which replaces a file of the new name, or {@code RENAME_*}
     */
    public final Task rename(String from, String to, int flags, Context context) {
        return paths(Op.RENAME, from, to, flags, context);
    }

    /**
     * Makes a directory. Before Linux 5.15 that is a system call of the ring's thread, which the
     * file system may hold up; {@link #symlink} and {@link #link} likewise.
     *
     * @param mode who may do what with it, 0 to 07777, less the process's umask
     */
    public final Task mkdir(String path, int mode, Context context) {
        return path(Op.MKDIR, path, 0, checkMode(mode), context);
    }

    /** Makes a symbolic link {@code path} to {@code target}, which need not be there. */
    public final Task symlink(String target, String path, Context context) {
        return paths(Op.SYMLINK, target, path, 0, context);
    }

    /** Gives the file {@code target} the further name {@code path}, in the same file system. */
    public final Task link(String target, String path, Context context) {
        return paths(Op.LINK, target, path, 0, context);
    }

    private Task path(Op op, String path, int flags, int mode, Context context) {
        PathName name = name(path, 0, null);
        return enqueue(task(context), op, NO_FD, flags, name.address(), mode, 0, name);
    }

    private Task paths(Op op, String first, String second, int flags, Context context) {
        PathName two = name(second, 0, null);
        PathName one = name(first, 0, two);
        return enqueue(task(context), op, NO_FD, flags, one.address(), 0, two.address(), one);
    }

    private PathName name(String path, int before, Object other) {
        checkOpen(); // The names are its thread's.
        return names.of(path, before, other);
    }

    private static int checkMode(int mode) {
        if ((mode & ~07777) != 0) {
            throw new IllegalArgumentException(
                    "mode 0" + Integer.toOctalString(mode) + " is outside 0..07777");
        }
        return mode;
    }

    private static long checkOffset(long offset) {
        if (offset < Ring.CURRENT_POSITION) {
            throw new IllegalArgumentException("offset " + offset + " is negative");
        }
        return offset;
    }
}
