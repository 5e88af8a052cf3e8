// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
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
final class BareProxy extends BareRing {
    private static final Callback SENT =
            (ring, task) -> task.target(Piece.class).sent(task);

    @Option(names = "--target", required = true)
    private String target;

    private MemorySegment server;

    public static void main(String[] args) {
        System.exit(new CommandLine(new BareProxy()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        int colon = target.lastIndexOf(':');
        MemorySegment memory = Arena.global().allocate(Sockets.ADDRESS_SIZE, Long.BYTES);
        int length = Sockets.encode(new InetSocketAddress(target.substring(0, colon),
                Integer.parseInt(target.substring(colon + 1))), Sockets.preferredFamily(), memory);
        server = memory.asSlice(0, length);
        return super.call();
    }

    @Override
    void accepted(int fd) throws IOException {
        Side client = new Side(fd);
        Side upstream = new Side(Sockets.tcp());
        client.other = upstream;
        upstream.other = client;
        ring().connect(upstream.fd, server, new Context(null, 0, (ring, connected) -> {
            if (connected.result() < 0) {
                throw new IllegalStateException("connect: " + connected.error());
            }
            client.receive();
            upstream.receive();
        }));
    }

    /** One of the two connections. What it receives, the other sends. */
    private final class Side extends Connection {
        /** Two, since the end of a shared buffer may cut what is received. */
        private final Piece first = new Piece();

        private final Piece second = new Piece();
        private Side other;
        private boolean ended;

        Side(int fd) {
            super(fd);
        }

        @Override
        void received(Task task, int length) {
            (first.send.isFree() ? first : second).send(task, other.fd);
        }

        /** The stream has ended; so does the other side's, whose receive finds that. */
        @Override
        void ended() {
            ended = true;
            if (!other.ended) {
                ring().shutdown(other.fd, Sockets.SHUT_RDWR, Context.NONE);
            }
            super.ended();
        }
    }

    /** What one side has received and the other sends. */
    private final class Piece {
        private final Task send = ring().task(new Context(this, 0, SENT));
        private int buffer;

        void send(Task received, int to) {
            buffer = received.bufferId();
            buffers().lend(buffer);
            ring().send(to, buffers().memory().address() + received.bufferOffset(),
                    received.result(), 0, send);
        }

        void sent(Task task) {
            buffers().giveBack(buffer);
            if (task.result() >= 0 && task.result() != task.length()) {
                throw new IllegalStateException(
                        "sent " + task.result() + " of " + task.length() + " bytes");
            }
        }
    }
}
