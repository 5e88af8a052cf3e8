// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.Platform;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A pipe by which the pages of a file reach a socket: {@link FileChannel#transferTo} puts them into
 * the {@link #entrance()}, {@link Ring#trySplice} moves them on from the {@link #exit()}. Nothing
 * is copied, and nobody has to know the number of the file's descriptor, which the JDK keeps to
 * itself. Of a file whose descriptor one has, {@link Ring#splice} fetches them, and its disk keeps
 * no thread of the program waiting.
 *
 * <p>The entrance blocks while the pipe is full, so give it something only when all has left. What
 * the JDK cannot transfer directly it writes, all of it: hold off what is no file.
 *
 * <p>It belongs to whoever opened it, and to one thread at a time. Sources: {@code pipe(7)}, {@code
 * splice(2)}; that sendfile(2) writes to pipes is so from Linux 5.12 on.
 */
public final class PagePipe implements AutoCloseable {
    /** As much as any user may have. A smaller one costs more for each byte. */
    private static final int WANTED = 1 << 20;

    /** A user who has many pipes gets smaller ones, which are not worth it. */
    private static final int LEAST = 64 * 1024;

    /** Asked on first use. */
    private static final class Support {
        static final boolean HERE = Platform.CURRENT == Platform.LINUX && sendfileFillsPipes();
    }

    private final int exit;
    private final int entranceDescriptor;
    private final FileChannel entrance;
    private boolean closed;

    private PagePipe(int exit, int entranceDescriptor, FileChannel entrance) {
        this.exit = exit;
        this.entranceDescriptor = entranceDescriptor;
        this.entrance = entrance;
    }

    /** Whether the system can: it is Linux, and not too old. */
    public static boolean isSupported() {
        return Support.HERE;
    }

    /**
     * Opens one, empty.
     *
     * @throws IOException if the process has too many descriptors, the user too many pipes, or
     *     {@code /proc} is not there: who can should copy then
     * @throws UnsupportedOperationException if it is not {@linkplain #isSupported() supported}
     */
    public static PagePipe open() throws IOException {
        if (!isSupported()) {
            throw new UnsupportedOperationException("this system cannot move pages through pipes");
        }
        Libc libc = Libc.current();
        long ends = pipe(libc);
        if (ends < 0) {
            throw Errno.toException("pipe2", (int) -ends);
        }
        int exit = exit(ends);
        int entrance = entrance(ends);
        try {
            enlarge(libc, entrance);
            // The JDK opens it by its name, and so knows it as a channel of its own.
            // Not to append, though that spares a copy_file_range, which fails, for each transfer:
            // then the JDK does not try sendfile either, but writes.
            return new PagePipe(exit, entrance, FileChannel.open(
                    Path.of("/proc/self/fd/" + entrance), StandardOpenOption.WRITE));
        } catch (IOException e) {
            libc.close(exit);
            libc.close(entrance);
            throw e;
        }
    }

    private static void enlarge(Libc libc, int fd) throws IOException {
        libc.fcntl(fd, Linux.F_SETPIPE_SZ, WANTED); // Else it stays as it is.
        int size = libc.fcntl(fd, Linux.F_GETPIPE_SZ, 0);
        if (size < LEAST) {
            throw new IOException("the pipe takes " + size + " bytes and not " + LEAST
                    + ": the user has too many (fs.pipe-user-pages-soft)");
        }
    }

    /** Both ends in one number, or {@code -errno}. */
    private static long pipe(Libc libc) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment pair = call.allocate(JAVA_INT, 2);
            int result = libc.pipe2(pair, Linux.O_CLOEXEC);
            return result < 0 ? result
                    : (long) pair.get(JAVA_INT, 0) << Integer.SIZE | pair.get(JAVA_INT, 4);
        }
    }

    private static int exit(long ends) {
        return (int) (ends >> Integer.SIZE);
    }

    private static int entrance(long ends) {
        return (int) ends;
    }

    /** Tries it with a file in memory. */
    private static boolean sendfileFillsPipes() {
        Libc libc = Libc.current();
        long ends = pipe(libc);
        if (ends < 0) {
            return false;
        }
        try (Arena call = Arena.ofConfined()) {
            MemorySegment name = call.allocateFrom("ourio");
            int file = libc.memfdCreate(name.address(), Linux.MFD_CLOEXEC);
            libc.pwrite(file, name.address(), 1, 0);
            long sent = libc.sendfile(entrance(ends), file, 0, 1);
            libc.close(file);
            return sent == 1;
        } finally {
            libc.close(exit(ends));
            libc.close(entrance(ends));
        }
    }

    /** Where the pages go in; to be given to {@link FileChannel#transferTo}. */
    public FileChannel entrance() {
        return entrance;
    }

    /** The same as a descriptor, for {@link Ring#splice}; it stays this pipe's. */
    public int entranceDescriptor() {
        return entranceDescriptor;
    }

    /** The descriptor where they come out; it stays this pipe's. */
    public int exit() {
        return exit;
    }

    /** Lets go of the pages that are left in it. Called again, it does nothing. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Libc.current().close(exit);
        Libc.current().close(entranceDescriptor);
        try {
            entrance.close();
        } catch (IOException e) {
            throw new AssertionError("the close of a pipe cannot fail", e);
        }
    }
}
