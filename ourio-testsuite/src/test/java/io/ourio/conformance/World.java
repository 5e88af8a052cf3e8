// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.ourio.Errno;
import io.ourio.Sockets;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.Statx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a test needs beside its ring: memory, sockets and files, and the other end of them by plain
 * calls that do not wait. Owns all of it until {@link #close}. Any thread may use it.
 */
final class World implements AutoCloseable {
    static final String LOOPBACK = "127.0.0.1";

    private static final Path OPEN_FILES = Path.of("/proc/self/fd");

    private static final int F_GETPIPE_SZ = 1032;

    /** The numbers of x86-64, and those that all later architectures share. */
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
    private static final int PIPE2 = X86 ? 293 : 59;
    private static final int FCNTL = X86 ? 72 : 25;
    private static final int MKNODAT = X86 ? 259 : 33;

    private final Arena arena = Arena.ofShared();
    private final TreeSet<Integer> fds = new TreeSet<>();
    private final Map<Path, FileChannel> files = new TreeMap<>();

    /** Two ends of one connection. */
    record Pair(int ours, int peer) {}

    MemorySegment memory(long size) {
        return arena.allocate(size, 8);
    }

    MemorySegment memory(byte[] bytes) {
        return arena.allocateFrom(JAVA_BYTE, bytes);
    }

    /** A connection inside of the kernel. */
    Pair pair() {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        check("socketpair", Libc.current().socketpair(Linux.AF_UNIX,
                Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0, pair));
        return new Pair(own(pair.get(JAVA_INT, 0)), own(pair.get(JAVA_INT, 4)));
    }

    /** A pipe: {@code ours} is read, {@code peer} is written. */
    Pair pipe() {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        check("pipe2", Libc.current().syscall(PIPE2, pair.address(), Linux.O_CLOEXEC));
        return new Pair(own(pair.get(JAVA_INT, 0)), own(pair.get(JAVA_INT, 4)));
    }

    /** A pipe that has no room left. */
    Pair fullPipe() {
        Pair pipe = pipe();
        int size = check("fcntl", Libc.current().syscall(
                FCNTL, pipe.peer(), F_GETPIPE_SZ, 0, 0));
        check("write", (int) Libc.current().write(pipe.peer(), memory(size).address(), size));
        return pipe;
    }

    /** Makes a named pipe. */
    Path fifo(Path path) {
        check("mknodat", Libc.current().syscall(MKNODAT, Linux.AT_FDCWD,
                arena.allocateFrom(path.toString()).address(), Statx.S_IFIFO | 0600, 0));
        return path;
    }

    /** A directory, open. */
    int directory(Path path) {
        return own(check("openat", Libc.current().syscall(Linux.SYS_OPENAT, Linux.AT_FDCWD,
                arena.allocateFrom(path.toString()).address(),
                Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0)));
    }

    /** Our end of a connection, whose peer reads nothing and has no room left. */
    int full(Pair pair) {
        MemorySegment data = memory(1 << 16);
        // The peer's half of the loopback may take some more a little later.
        for (int refused = 0; refused < 100;) {
            refused = trySend(pair.ours(), data) < 0 ? refused + 1 : 0;
        }
        return pair.ours();
    }

    /** A connection through TCP on the loopback. */
    Pair tcpPair() {
        int listener = listener();
        int client = dial(listener);
        int server = check("accept4", Libc.current().accept4(
                listener, MemorySegment.NULL, MemorySegment.NULL, Linux.SOCK_NONBLOCK));
        return new Pair(own(server), client);
    }

    /** A listening socket on a free port of the loopback. */
    int listener() {
        try {
            int fd = own(Sockets.socket(Sockets.IPV4, Linux.SOCK_STREAM, 0));
            Sockets.bind(fd, Sockets.IPV4,
                    new InetSocketAddress(InetAddress.getByName(LOOPBACK), 0));
            Sockets.listen(fd, 128);
            return fd;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A listening socket that has no room for another connection. */
    int fullListener() {
        int listener = listener();
        check("listen", Libc.current().listen(listener, 0));
        dial(listener);
        dial(listener);
        return listener;
    }

    /** A socket that is not connected. */
    int socket() {
        try {
            return own(Sockets.socket(Sockets.IPV4, Linux.SOCK_STREAM, 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A socket for datagrams on a free port of the loopback. */
    int datagrams() {
        try {
            int fd = own(Sockets.socket(Sockets.IPV4, Linux.SOCK_DGRAM, 0));
            Sockets.bind(fd, Sockets.IPV4,
                    new InetSocketAddress(InetAddress.getByName(LOOPBACK), 0));
            return fd;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address of a socket, as the kernel wants it. */
    MemorySegment addressOf(int fd) {
        try {
            MemorySegment address = memory(Sockets.ADDRESS_SIZE);
            int length = Sockets.encode(Sockets.localAddress(fd), Sockets.IPV4, address);
            return address.asSlice(0, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A socket whose connection to {@code listener} waits there to be accepted. */
    int dial(int listener) {
        int fd = socket();
        MemorySegment address = addressOf(listener);
        int result = Libc.current().connect(fd, address, (int) address.byteSize());
        if (result < 0 && result != -Errno.EINPROGRESS) {
            check("connect", result);
        }
        return fd;
    }

    /** Sends all of it; there must be room. */
    void send(int fd, byte[] bytes) {
        MemorySegment data = memory(bytes);
        long sent = Libc.current().send(
                fd, data.address(), bytes.length, Linux.MSG_NOSIGNAL | Linux.MSG_DONTWAIT);
        if (sent != bytes.length) {
            throw new AssertionError("sent " + sent + " of " + bytes.length + " bytes to " + fd);
        }
    }

    /** Sends what there is room for: the count, or {@code -errno}. */
    long trySend(int fd, MemorySegment data) {
        return Libc.current().send(fd, data.address(), data.byteSize(),
                Linux.MSG_NOSIGNAL | Linux.MSG_DONTWAIT);
    }

    /** Receives what is there: the count, 0 at the end, or {@code -errno}. */
    long tryReceive(int fd, MemorySegment into) {
        return Libc.current().recv(fd, into.address(), into.byteSize(), Linux.MSG_DONTWAIT);
    }

    /** A file of its own with the bytes, open for reading and writing. */
    int file(byte[] content) {
        try {
            Path path = Files.createTempFile("ourio", ".bin").toRealPath();
            Files.write(path, content);
            // No call of ours opens files yet: the JDK does, and the system tells the number.
            files.put(path, FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE));
            return openFiles().entrySet().stream()
                    .filter(entry -> entry.getValue().equals(path.toString()))
                    .findFirst().orElseThrow().getKey();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes over a file descriptor: it is closed with this. */
    int own(int fd) {
        synchronized (fds) {
            fds.add(fd);
        }
        return fd;
    }

    /** Gives a file descriptor away: somebody else closes it, or has. */
    int disown(int fd) {
        synchronized (fds) {
            fds.remove(fd);
        }
        return fd;
    }

    /** Closes one file descriptor now. */
    void close(int fd) {
        check("close", Libc.current().close(disown(fd)));
    }

    static boolean isOpen(int fd) {
        return openFiles().containsKey(fd);
    }

    /** The file descriptors of this process and what they are. */
    static Map<Integer, String> openFiles() {
        Map<Integer, String> open = new TreeMap<>();
        try (Stream<Path> list = Files.list(OPEN_FILES)) {
            for (Path entry : list.toList()) {
                try {
                    open.put(Integer.valueOf(entry.getFileName().toString()),
                            Files.readSymbolicLink(entry).toString());
                } catch (IOException e) {
                    continue; // The one of the listing itself.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        open.values().removeIf(file -> file.startsWith("/proc/"));
        return open;
    }

    /** How many mappings of rings this process has. */
    static long ringMappings() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("io_uring")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int check(String call, int result) {
        if (result < 0) {
            throw new AssertionError(call + ": " + Errno.describe(-result));
        }
        return result;
    }

    /** Closes all that is left. Called again, it does nothing. */
    @Override
    public void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        synchronized (fds) {
            fds.forEach(fd -> Libc.current().close(fd));
            fds.clear();
        }
        arena.close();
        try {
            for (Map.Entry<Path, FileChannel> file : files.entrySet()) {
                file.getValue().close();
                Files.delete(file.getKey());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
