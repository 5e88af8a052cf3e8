// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * The floor under a proxy whose two sides sit on different loops: one ring for both sides, without
 * Netty. What it has received it sends from where it is. Nothing is copied, allocated or looked at,
 * and no message goes from thread to thread, so what this costs is the kernel's share and the
 * ring's; a proxy on two loops has the messages and Netty's pipeline to pay for as well. {@link
 * HttpBenchmark} starts it as {@code bare} and {@code bare-epoll} if its servers are proxies.
 *
 * <p>It serves clients that send a request in one piece and wait for the answer, as wrk does.
 */
final class BareProxy implements Callable<Integer> {
    private static final int BACKLOG = 1024;
    private static final int BUFFERS = 64;
    private static final int BUFFER_SIZE = 64 * 1024;

    private static final Callback RECEIVED =
            (ring, task) -> task.target(Side.class).received(task);
    private static final Callback SENT =
            (ring, task) -> task.target(Piece.class).sent(task);

    @Option(names = "--transport", required = true)
    private String transport;

    @Option(names = "--port", required = true)
    private int port;

    /** Of the others; this one has one ring. */
    @Option(names = "--threads", required = true)
    private int threads;

    @Option(names = "--target", required = true)
    private String target;

    private Ring ring;
    private BufferGroup buffers;
    private MemorySegment server;

    /** Serves until its process is ended. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new BareProxy()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        server = address(target);
        RingOptions options = RingOptions.defaults();
        if (!transport.equals(BareServer.NAME)) {
            options = options.withBackend(BackendKind.of(
                    transport.substring(BareServer.NAME.length() + 1)));
        }
        int listener = Sockets.tcp();
        Sockets.bind(listener, Sockets.preferredFamily(),
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        Sockets.listen(listener, BACKLOG);
        try (Ring opened = Ring.open(options)) {
            ring = opened;
            buffers = ring.bufferGroup(BUFFERS, BUFFER_SIZE);
            ring.acceptMultishot(listener, ring.task(
                    new Context(this, 0, (here, accepted) -> accepted(accepted))));
            System.out.printf("listening on http://127.0.0.1:%d, transport %s, backend %s%n",
                    Sockets.localAddress(listener).getPort(), transport,
                    ring.backend().id());
            ring.run(RunMode.FOREVER);
        }
        return CommandLine.ExitCode.OK;
    }

    private static MemorySegment address(String target) {
        int colon = target.lastIndexOf(':');
        MemorySegment memory = Arena.global().allocate(Sockets.ADDRESS_SIZE, Long.BYTES);
        int length = Sockets.encode(new InetSocketAddress(target.substring(0, colon),
                Integer.parseInt(target.substring(colon + 1))), Sockets.preferredFamily(), memory);
        return memory.asSlice(0, length);
    }

    private void accepted(Task task) {
        if (task.result() < 0) {
            throw new IllegalStateException("accept: " + task.error());
        }
        try {
            Side client = new Side(task.result());
            Side upstream = new Side(Sockets.tcp());
            client.other = upstream;
            upstream.other = client;
            ring.connect(upstream.fd, server, new Context(null, 0, (here, connected) -> {
                if (connected.result() < 0) {
                    throw new IllegalStateException("connect: " + connected.error());
                }
                client.receive();
                upstream.receive();
            }));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of the two connections. What it receives, the other sends. */
    private final class Side {
        private final int fd;
        private final Task receive = ring.task(new Context(this, 0, RECEIVED));

        /** Two, since the end of a shared buffer may cut what is received. */
        private final Piece first = new Piece();

        private final Piece second = new Piece();
        private Side other;
        private boolean ended;

        Side(int fd) {
            this.fd = fd;
        }

        void receive() {
            ring.recvMultishot(fd, buffers, receive);
        }

        void received(Task task) {
            int result = task.result();
            if (result > 0) {
                (first.send.isFree() ? first : second).send(task, other.fd);
            } else if (result != -Errno.ENOBUFS) {
                end();
                return;
            }
            if (!task.hasMore()) {
                receive();
            }
        }

        /** The stream has ended; so does the other side's, whose receive finds that. */
        private void end() {
            ended = true;
            if (!other.ended) {
                ring.shutdown(other.fd, Sockets.SHUT_RDWR, Context.NONE);
            }
            try {
                Sockets.close(fd);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What one side has received and the other sends. */
    private final class Piece {
        private final Task send = ring.task(new Context(this, 0, SENT));
        private int buffer;

        void send(Task received, int to) {
            buffer = received.bufferId();
            buffers.lend(buffer);
            ring.send(to, buffers.memory().address() + received.bufferOffset(),
                    received.result(), 0, send);
        }

        void sent(Task task) {
            buffers.giveBack(buffer);
            if (task.result() >= 0 && task.result() != task.length()) {
                throw new IllegalStateException(
                        "sent " + task.result() + " of " + task.length() + " bytes");
            }
        }
    }
}
