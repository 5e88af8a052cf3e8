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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** A server on a ring without Netty: what is below a transport, and shows what that costs. */
abstract sealed class BareRing implements Callable<Integer> permits BareServer, BareProxy {
    /** The names by which it is started begin with this, and may go on with a backend. */
    private static final String NAME = "bare";

    private static final int BACKLOG = 1024;
    private static final int BUFFERS = 64;
    private static final int BUFFER_SIZE = 64 * 1024;

    private static final Callback RECEIVED =
            (ring, task) -> task.target(Connection.class).received(task);

    @Option(names = "--transport", required = true)
    private String transport;

    @Option(names = "--port", required = true)
    private int port;

    /** Loops of the servers that this one is compared with. */
    @Option(names = "--threads", required = true)
    private int threads;

    private Ring ring;
    private BufferGroup buffers;

    /** Whether a server of that name is one of these. */
    static boolean isNamed(String transport) {
        return transport.equals(NAME) || transport.startsWith(NAME + '-');
    }

    /** A client has come. */
    abstract void accepted(int fd) throws IOException;

    final Ring ring() {
        return ring;
    }

    final int threads() {
        return threads;
    }

    static BufferGroup newBuffers(Ring ring) {
        return ring.bufferGroup(BUFFERS, BUFFER_SIZE);
    }

    /** Into which all receive. */
    final BufferGroup buffers() {
        return buffers;
    }

    /** Serves until its process is ended. */
    @Override
    public Integer call() throws IOException {
        RingOptions options = RingOptions.defaults();
        if (!transport.equals(NAME)) {
            options = options.withBackend(BackendKind.of(transport.substring(NAME.length() + 1)));
        }
        int listener = Sockets.tcp();
        Sockets.bind(listener, Sockets.preferredFamily(),
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        Sockets.listen(listener, BACKLOG);
        try (Ring opened = Ring.open(options)) {
            ring = opened;
            buffers = newBuffers(ring);
            ring.acceptMultishot(listener, ring.task(
                    new Context(this, 0, (here, accepted) -> accepted(accepted))));
            System.out.printf("listening on http://127.0.0.1:%d, transport %s, backend %s%n",
                    Sockets.localAddress(listener).getPort(), transport,
                    ring.backend().id());
            ring.run(RunMode.FOREVER);
        }
        return CommandLine.ExitCode.OK;
    }

    private void accepted(Task task) {
        if (task.result() < 0) {
            throw new IllegalStateException("accept: " + task.error());
        }
        try {
            accepted(task.result());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that receives until its peer ends it. */
    abstract static class Connection {
        final Ring ring;
        final BufferGroup buffers;
        final int fd;
        private final Task receive;

        Connection(Ring ring, BufferGroup buffers, int fd) {
            this.ring = ring;
            this.buffers = buffers;
            this.fd = fd;
            receive = ring.task(new Context(this, 0, RECEIVED));
        }

        final void receive() {
            ring.recvMultishot(fd, buffers, receive);
        }

        private void received(Task task) {
            if (task.result() > 0) {
                received(task, task.result());
            } else if (task.result() != -Errno.ENOBUFS) {
                ended();
                return;
            }
            if (!task.hasMore()) {
                receive();
            }
        }

        /** Something has come, and lies in a buffer of the group until this returns. */
        abstract void received(Task task, int length);

        void ended() {
            try {
                Sockets.close(fd);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
