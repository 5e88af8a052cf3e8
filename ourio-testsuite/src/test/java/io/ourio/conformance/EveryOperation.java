// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import io.ourio.Context;
import io.ourio.FileStatus;
import io.ourio.Iovecs;
import io.ourio.Message;
import io.ourio.MessageReader;
import io.ourio.Op;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How each operation is started, so that it completes, waits or fails: a new one does not compile
 * until it stands here. What it works on belongs to the {@link World}, and files lie in the
 * directory.
 */
final class EveryOperation {
    private static final byte[] HELLO = "hello".getBytes();
    private static final byte[] CONTENT = "0123456789".getBytes();

    /** A {@code struct sockaddr_in} of the loopback, for any port. */
    private static final byte[] ANY_ADDRESS =
            {2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};

    /** More than a process may have, so nobody opens it meanwhile. */
    private static final int CLOSED = 1 << 20;

    private final World world;
    private final Path directory;

    EveryOperation(World world, Path directory) {
        this.world = world;
        this.directory = directory;
    }

    /** Whether the ring's kernel has it. Messages between rings are no matter of any kernel. */
    static boolean isThere(Ring ring, Op op) {
        return switch (op) {
            case RECV_MULTISHOT, RECVMSG_MULTISHOT -> ring.capabilities().multishotRecv();
            case MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES -> false;
            default -> true;
        };
    }

    /** Whether its result is a file descriptor. */
    static boolean opens(Op op) {
        return switch (op) {
            case ACCEPT, ACCEPT_MULTISHOT, SOCKET, OPEN, OPEN_AT -> true;
            default -> false;
        };
    }

    /** Starts a task that completes at least once by itself, and well. */
    Task start(Ring ring, Op op, Context context) {
        World.Pair pair = world.pair();
        return switch (op) {
            case NOOP -> ring.noop(context);
            case TIMER -> ring.timer(Duration.ofMillis(1), context);
            case CANCEL -> {
                Task poll = ring.poll(pair.ours(), Linux.POLLIN, Context.NONE);
                ring.submit();
                yield poll.cancel(context);
            }
            case ACCEPT -> ring.accept(dialed(), context);
            case ACCEPT_MULTISHOT -> ring.acceptMultishot(dialed(), ring.task(context));
            case CONNECT -> ring.connect(
                    world.socket(), world.addressOf(world.listener()), context);
            case RECV -> ring.recv(readable(pair), world.memory(10), 0, context);
            case RECV_MULTISHOT -> ring.recvMultishot(
                    readable(pair), ring.bufferGroup(2, 1024), ring.task(context));
            case SEND -> ring.send(pair.ours(), hello(), 0, context);
            case SENDMSG -> ring.sendmsg(pair.ours(), pieces(ring), 0, ring.task(context));
            case READ -> ring.read(world.file(CONTENT), world.memory(10), 0, context);
            case WRITE -> ring.write(world.file(CONTENT), hello(), 0, context);
            case WRITEV -> ring.writev(world.file(CONTENT), pieces(ring), 0, context);
            case POLL -> ring.poll(pair.ours(), Linux.POLLOUT, context);
            case POLL_MULTISHOT -> ring.pollMultishot(readable(pair), Linux.POLLIN, context);
            case SHUTDOWN -> ring.shutdown(pair.ours(), Sockets.SHUT_WR, context);
            case CLOSE -> ring.close(world.disown(pair.ours()), context);
            case SOCKET -> ring.socket(Sockets.IPV4, Linux.SOCK_STREAM, 0, context);
            case READV -> ring.readv(world.file(CONTENT), pieces(ring), 0, context);
            case SPLICE -> ring.splice(world.file(CONTENT), 0,
                    world.pipe().peer(), Ring.CURRENT_POSITION, 5, context);
            case OPEN, OPEN_AT, STAT, LSTAT, UNLINK, RENAME, MKDIR, SYMLINK, LINK ->
                    startWithPath(ring, op, context);
            case FSTAT -> ring.fstat(world.file(CONTENT), new FileStatus(), context);
            case FSYNC -> ring.fsync(world.file(CONTENT), false, context);
            case FTRUNCATE -> ring.ftruncate(world.file(CONTENT), 5, context);
            case FALLOCATE -> ring.fallocate(world.file(CONTENT), 0, 0, 5, context);
            case RECVMSG -> ring.recvmsg(readable(pair), message(), 0, ring.task(context));
            case RECVMSG_MULTISHOT -> ring.recvmsgMultishot(
                    readable(pair), reader(ring), ring.task(context));
            case SEND_ZERO_COPY -> ring.sendZeroCopy(
                    world.tcpPair().ours(), hello(), 0, context);
            case SENDMSG_ZERO_COPY -> ring.sendmsgZeroCopy(
                    world.tcpPair().ours(), pieces(ring), 0, ring.task(context));
            case BIND -> ring.bind(world.socket(), world.memory(ANY_ADDRESS), context);
            case LISTEN -> ring.listen(world.socket(), 1, context);
            case MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES -> throw new AssertionError(op);
        };
    }

    private Task startWithPath(Ring ring, Op op, Context context) {
        Path place = place();
        String old = place.resolve("old").toString();
        String other = place.resolve("other").toString();
        try {
            Files.write(Path.of(old), CONTENT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return switch (op) {
            case OPEN -> ring.open(old, OpenFlags.READ, 0, context);
            case OPEN_AT -> ring.openAt(world.directory(place), "old", OpenFlags.READ, 0,
                    Ring.RESOLVE_BENEATH, context);
            case STAT -> ring.stat(old, new FileStatus(), context);
            case LSTAT -> ring.lstat(old, new FileStatus(), context);
            case UNLINK -> ring.unlink(old, context);
            case RENAME -> ring.rename(old, other, 0, context);
            case MKDIR -> ring.mkdir(other, 0755, context);
            case SYMLINK -> ring.symlink(old, other, context);
            case LINK -> ring.link(old, other, context);
            default -> throw new AssertionError(op);
        };
    }

    /** Starts a task that waits for somebody who never comes; null if it waits for nobody. */
    Task startWaiting(Ring ring, Op op, Context context) {
        World.Pair pair = world.pair();
        return switch (op) {
            case TIMER -> ring.timer(Duration.ofDays(1), context);
            case ACCEPT -> ring.accept(world.listener(), context);
            case ACCEPT_MULTISHOT -> ring.acceptMultishot(world.listener(), ring.task(context));
            case CONNECT -> ring.connect(
                    world.socket(), world.addressOf(world.fullListener()), context);
            case RECV -> ring.recv(pair.ours(), world.memory(10), 0, context);
            case RECV_MULTISHOT -> ring.recvMultishot(
                    pair.ours(), ring.bufferGroup(2, 1024), ring.task(context));
            case SEND -> ring.send(world.full(pair), hello(), 0, context);
            case SENDMSG -> ring.sendmsg(world.full(pair), pieces(ring), 0, ring.task(context));
            case READ -> ring.read(
                    world.pipe().ours(), world.memory(10), Ring.CURRENT_POSITION, context);
            case WRITE -> ring.write(
                    world.fullPipe().peer(), hello(), Ring.CURRENT_POSITION, context);
            case WRITEV -> ring.writev(
                    world.fullPipe().peer(), pieces(ring), Ring.CURRENT_POSITION, context);
            case POLL -> ring.poll(pair.ours(), Linux.POLLIN, context);
            case POLL_MULTISHOT -> ring.pollMultishot(pair.ours(), Linux.POLLIN, context);
            case READV -> ring.readv(
                    world.pipe().ours(), pieces(ring), Ring.CURRENT_POSITION, context);
            case SPLICE -> ring.splice(world.pipe().ours(), Ring.CURRENT_POSITION,
                    world.file(CONTENT), 0, 5, context);
            // To open a named pipe is to wait for the other end. With CREATE the kernel does that
            // in a thread.
            case OPEN -> ring.open(world.fifo(place().resolve("fifo")).toString(),
                    OpenFlags.READ | OpenFlags.CREATE, 0600, context);
            case OPEN_AT -> {
                Path place = place();
                world.fifo(place.resolve("fifo"));
                yield ring.openAt(world.directory(place), "fifo",
                        OpenFlags.READ | OpenFlags.CREATE, 0600, Ring.RESOLVE_BENEATH, context);
            }
            case RECVMSG -> ring.recvmsg(pair.ours(), message(), 0, ring.task(context));
            case RECVMSG_MULTISHOT -> ring.recvmsgMultishot(
                    pair.ours(), reader(ring), ring.task(context));
            case SEND_ZERO_COPY -> ring.sendZeroCopy(
                    world.full(world.tcpPair()), hello(), 0, context);
            case SENDMSG_ZERO_COPY -> ring.sendmsgZeroCopy(
                    world.full(world.tcpPair()), pieces(ring), 0, ring.task(context));
            case NOOP, CANCEL, SHUTDOWN, CLOSE, SOCKET, STAT, LSTAT, FSTAT, FSYNC, FTRUNCATE,
                    FALLOCATE, UNLINK, RENAME, MKDIR, SYMLINK, LINK, BIND, LISTEN, MSG_RING,
                    USER_FD, USER_MSG, USER_PTR, USER_BYTES -> null;
        };
    }

    /** Starts a task on a descriptor that is not open; null if it needs none. */
    Task startOnClosed(Ring ring, Op op, Context context) {
        return switch (op) {
            case ACCEPT -> ring.accept(CLOSED, context);
            case ACCEPT_MULTISHOT -> ring.acceptMultishot(CLOSED, ring.task(context));
            case CONNECT -> ring.connect(CLOSED, world.memory(ANY_ADDRESS), context);
            case RECV -> ring.recv(CLOSED, world.memory(1), 0, context);
            case RECV_MULTISHOT -> ring.recvMultishot(
                    CLOSED, ring.bufferGroup(1, 1024), ring.task(context));
            case SEND -> ring.send(CLOSED, hello(), 0, context);
            case SENDMSG -> ring.sendmsg(CLOSED, pieces(ring), 0, ring.task(context));
            case READ -> ring.read(CLOSED, world.memory(1), 0, context);
            case WRITE -> ring.write(CLOSED, hello(), 0, context);
            case WRITEV -> ring.writev(CLOSED, pieces(ring), 0, context);
            case POLL -> ring.poll(CLOSED, Linux.POLLIN, context);
            case POLL_MULTISHOT -> ring.pollMultishot(CLOSED, Linux.POLLIN, context);
            case SHUTDOWN -> ring.shutdown(CLOSED, Sockets.SHUT_WR, context);
            case CLOSE -> ring.close(CLOSED, context);
            case READV -> ring.readv(CLOSED, pieces(ring), 0, context);
            case SPLICE -> ring.splice(
                    CLOSED, 0, world.pipe().peer(), Ring.CURRENT_POSITION, 5, context);
            case OPEN_AT -> ring.openAt(CLOSED, "x", OpenFlags.READ, 0, 0, context);
            case FSTAT -> ring.fstat(CLOSED, new FileStatus(), context);
            case FSYNC -> ring.fsync(CLOSED, false, context);
            case FTRUNCATE -> ring.ftruncate(CLOSED, 0, context);
            case FALLOCATE -> ring.fallocate(CLOSED, 0, 0, 1, context);
            case RECVMSG -> ring.recvmsg(CLOSED, message(), 0, ring.task(context));
            case RECVMSG_MULTISHOT -> ring.recvmsgMultishot(
                    CLOSED, reader(ring), ring.task(context));
            case SEND_ZERO_COPY -> ring.sendZeroCopy(CLOSED, hello(), 0, context);
            case SENDMSG_ZERO_COPY -> ring.sendmsgZeroCopy(
                    CLOSED, pieces(ring), 0, ring.task(context));
            case BIND -> ring.bind(CLOSED, world.memory(ANY_ADDRESS), context);
            case LISTEN -> ring.listen(CLOSED, 1, context);
            case NOOP, TIMER, CANCEL, SOCKET, OPEN, STAT, LSTAT, UNLINK, RENAME, MKDIR, SYMLINK,
                    LINK, MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES -> null;
        };
    }

    /** An empty directory. */
    private Path place() {
        try {
            return Files.createTempDirectory(directory, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int dialed() {
        int listener = world.listener();
        world.dial(listener);
        return listener;
    }

    private int readable(World.Pair pair) {
        world.send(pair.peer(), HELLO);
        return pair.ours();
    }

    private MemorySegment hello() {
        return world.memory(HELLO);
    }

    private Iovecs pieces(Ring ring) {
        Iovecs pieces = ring.iovecs();
        pieces.add(hello().address(), HELLO.length);
        return pieces;
    }

    private Message message() {
        return new Message().data(world.memory(10));
    }

    private static MessageReader reader(Ring ring) {
        return new MessageReader(ring.messageBuffers(2, 1024), 0);
    }
}
