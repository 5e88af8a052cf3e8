// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * The floor under a proxy: rings alone, without Netty. What one side has received it lends to the
 * other, which sends it from where it is. Nothing is copied, allocated or looked at. With two
 * threads the sides sit on different rings, so what it costs is the kernel's share, the rings' and
 * that of the messages between them; with one, there are none of these either. {@link
 * HttpBenchmark} starts it as {@code bare} and {@code bare-epoll} if its servers are proxies.
 *
 * <p>It serves clients that send a request in one piece and wait for the answer, as wrk does.
 */
final class BareProxy extends BareRing {
    private static final int ENTRIES = 1024;

    private static final Callback ARRIVED =
            (ring, task) -> task.target(Piece.class).arrived();
    private static final Callback SENT =
            (ring, task) -> task.target(Piece.class).sent(task);

    @Option(names = "--target", required = true)
    private String target;

    private MemorySegment server;
    private Ring servers;
    private BufferGroup fromServers;

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

    /** The first client finds the ring of the other side not made yet. */
    @Override
    void accepted(int fd) throws IOException {
        if (servers == null) {
            servers = threads() == 1 ? ring() : ring().spawnThread(ENTRIES).ring();
            CompletableFuture<BufferGroup> made = new CompletableFuture<>();
            on(servers, () -> made.complete(newBuffers(servers)));
            fromServers = made.join();
        }
        Side client = new Side(ring(), buffers(), fd);
        int upstream = Sockets.tcp();
        on(servers, () -> connect(client, upstream));
    }

    /** Does something on a ring's thread. */
    private void on(Ring ring, Runnable action) {
        if (servers == ring()) {
            action.run();
        } else {
            ring.post(Task.userPtr(null, new Context(null, 0, (_, _) -> action.run())));
        }
    }

    private void connect(Side client, int fd) {
        Side upstream = new Side(servers, fromServers, fd);
        client.other = upstream;
        upstream.other = client;
        servers.connect(fd, server, new Context(null, 0, (_, connected) -> {
            if (connected.result() < 0) {
                throw new IllegalStateException("connect: " + connected.error());
            }
            upstream.receive();
            on(client.ring, client::receive);
        }));
    }

    /** One of the two connections. What it receives, the other sends. */
    private final class Side extends Connection {
        /** Two, since the end of a shared buffer may cut what is received. */
        private final Piece first = new Piece(this);

        private final Piece second = new Piece(this);
        private Side other;
        private boolean ended;

        Side(Ring ring, BufferGroup buffers, int fd) {
            super(ring, buffers, fd);
        }

        @Override
        void received(Task task, int length) {
            (first.used ? second : first).send(task, length);
        }

        /** The stream has ended; so does the other side's, whose receive finds that. */
        @Override
        void ended() {
            ended = true;
            on(other.ring, other::shutDown);
            super.ended();
        }

        private void shutDown() {
            if (!ended) {
                ring.shutdown(fd, Sockets.SHUT_RDWR, Context.NONE);
            }
        }
    }

    /** What one side has received and the other sends. */
    private static final class Piece {
        private final Side from;
        private final Task message = Task.userPtr(null, new Context(this, 0, ARRIVED));
        private final Task told;

        /** Of the other side's ring. */
        private Task send;

        private int buffer;
        private long address;
        private int length;

        /** From the receive to the end of the send, which is in time for the next. */
        private volatile boolean used;

        Piece(Side from) {
            this.from = from;
            told = from.ring.task(Context.NONE);
        }

        void send(Task received, int count) {
            if (used) {
                throw new IllegalStateException("a client has not waited for its answer");
            }
            used = true;
            buffer = received.bufferId();
            address = from.buffers.memory().address() + received.bufferOffset();
            length = count;
            from.buffers.lend(buffer);
            if (from.other.ring == from.ring) {
                arrived();
            } else {
                // The one before is told at the end of the turn; an answer may have come before.
                from.ring.msgRing(from.other.ring, message,
                        told.isFree() ? told : from.ring.task(Context.NONE));
            }
        }

        private void arrived() {
            Side to = from.other;
            if (send == null) {
                send = to.ring.task(new Context(this, 0, SENT));
            }
            to.ring.send(to.fd, address, length, 0, send);
        }

        private void sent(Task task) {
            from.buffers.giveBack(buffer);
            if (task.result() >= 0 && task.result() != length) {
                throw new IllegalStateException(
                        "sent " + task.result() + " of " + length + " bytes");
            }
            used = false;
        }
    }
}
