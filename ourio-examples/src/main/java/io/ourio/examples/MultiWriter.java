// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Writes one message to two file descriptors at the same time, closes each when all of it is
 * written, and ends when nothing is left to do. One callback hears of everything; the message of
 * the {@link Context} says what it hears of.
 *
 * <p>Run it: two connections to this program itself get the message, and it prints what came in.
 */
public final class MultiWriter {
    /** What a completion is about. */
    private enum Msg { FIRST_WRITTEN, SECOND_WRITTEN, FIRST_CLOSED, SECOND_CLOSED }

    private final int first;
    private final int second;
    private final MemorySegment message;
    private long firstWritten;
    private long secondWritten;
    private IOException failure;

    /**
     * A writer that owns both descriptors, and closes them.
     *
     * @param message native memory, which stays as it is until both are closed
     */
    public MultiWriter(int first, int second, MemorySegment message) {
        this.first = first;
        this.second = second;
        this.message = message;
    }

    /** Queues the first writes. The ring's turns do the rest. */
    public void start(Ring ring) {
        writeFirst(ring);
        writeSecond(ring);
    }

    /** What went wrong first, or null. */
    public IOException failure() {
        return failure;
    }

    private void writeFirst(Ring ring) {
        ring.write(first, message.asSlice(firstWritten), Ring.CURRENT_POSITION,
                context(Msg.FIRST_WRITTEN));
    }

    private void writeSecond(Ring ring) {
        ring.write(second, message.asSlice(secondWritten), Ring.CURRENT_POSITION,
                context(Msg.SECOND_WRITTEN));
    }

    private Context context(Msg msg) {
        return new Context(this, msg, MultiWriter::onCompletion);
    }

    private static void onCompletion(Ring ring, Task task) {
        task.target(MultiWriter.class).completed(ring, task);
    }

    private void completed(Ring ring, Task task) {
        int result = task.result();
        if (result < 0 && failure == null) {
            failure = Errno.toException(task.msg(Msg.class).toString(), -result);
        }
        switch (task.msg(Msg.class)) {
            case FIRST_WRITTEN -> {
                firstWritten += Math.max(result, 0);
                if (result > 0 && firstWritten < message.byteSize()) {
                    writeFirst(ring);
                } else {
                    ring.close(first, context(Msg.FIRST_CLOSED));
                }
            }
            case SECOND_WRITTEN -> {
                secondWritten += Math.max(result, 0);
                if (result > 0 && secondWritten < message.byteSize()) {
                    writeSecond(ring);
                } else {
                    ring.close(second, context(Msg.SECOND_CLOSED));
                }
            }
            case FIRST_CLOSED, SECOND_CLOSED -> {
                // The ring ends its run when both have come.
            }
        }
    }

    /**
     * Writes to two connections.
     *
     * @param args the message, or none
     * @throws IOException if one of the connections fails
     */
    public static void main(String[] args) throws IOException {
        String text = args.length > 0 ? String.join(" ", args) : "hello from one ring";
        try (Arena arena = Arena.ofConfined();
                ServerSocket server = new ServerSocket(0, 2, InetAddress.getByName("127.0.0.1"));
                Ring ring = Ring.open(RingOptions.defaults())) {
            MultiWriter writer = new MultiWriter(
                    connected(ring, arena, server), connected(ring, arena, server),
                    utf8(arena, text));
            writer.start(ring);
            ring.run(RunMode.UNTIL_DONE);
            if (writer.failure() != null) {
                throw writer.failure();
            }
            System.out.println("the first connection got:  " + received(server));
            System.out.println("the second connection got: " + received(server));
        }
    }

    private static int connected(Ring ring, Arena arena, ServerSocket server) throws IOException {
        MemorySegment address = arena.allocate(Sockets.ADDRESS_SIZE, Long.BYTES);
        int length = Sockets.encode((InetSocketAddress) server.getLocalSocketAddress(),
                Sockets.preferredFamily(), address);
        int fd = Sockets.tcp();
        Task connect = ring.connect(fd, address.asSlice(0, length), Context.NONE);
        ring.run(RunMode.UNTIL_DONE);
        if (connect.result() < 0) {
            Sockets.close(fd);
            throw Errno.toException("connect", -connect.result());
        }
        return fd;
    }

    private static MemorySegment utf8(Arena arena, String text) {
        MemorySegment zeroTerminated = arena.allocateFrom(text, StandardCharsets.UTF_8);
        return zeroTerminated.asSlice(0, zeroTerminated.byteSize() - 1);
    }

    private static String received(ServerSocket server) throws IOException {
        try (Socket socket = server.accept()) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
