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
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/**
 * The floor under the HTTP benchmark: on a ring alone, without Netty, each receive is answered with
 * the same bytes. Nothing is parsed, allocated or looked at, so what this costs is the kernel's
 * share and the ring's; a transport has Netty's pipeline and the codec to pay for as well. {@link
 * HttpBenchmark} starts it as {@code bare} and {@code bare-epoll}.
 *
 * <p>It serves one loop, and clients that send a request in one piece and wait for the answer, as
 * wrk does.
 */
final class BareServer implements Callable<Integer> {
    /** The names by which it is started begin with this. */
    static final String NAME = "bare";

    private static final int BACKLOG = 1024;
    private static final int BUFFERS = 32;
    private static final int BUFFER_SIZE = 64 * 1024;

    private static final String GREETING = "Hello from a ring, without a pipeline, on JDK 25.\n";
    private static final String ANSWER = "HTTP/1.1 200 OK\r\n"
            + "content-type: text/plain; charset=utf-8\r\n"
            + "content-length: " + GREETING.length() + "\r\n"
            + "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n" + GREETING;

    private static final Callback RECEIVED =
            (ring, task) -> task.target(Connection.class).received(task);
    private static final Callback SENT = (ring, task) -> { };

    @Option(names = "--transport", required = true)
    private String transport;

    @Option(names = "--port", required = true)
    private int port;

    @Option(names = "--threads", required = true)
    private int threads;

    private final MemorySegment answer = Arena.global().allocateFrom(ANSWER,
            StandardCharsets.US_ASCII).asSlice(0, ANSWER.length());
    private Ring ring;
    private BufferGroup buffers;

    /** Serves until its process is ended. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new BareServer()).execute(args));
    }

    /** Whether a server of that name is one of these. */
    static boolean isNamed(String transport) {
        return transport.equals(NAME) || transport.startsWith(NAME + '-');
    }

    @Override
    public Integer call() throws IOException {
        if (threads != 1) {
            throw new IllegalArgumentException("--threads " + threads + ": it has one loop");
        }
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

    private void accepted(Task task) {
        if (task.result() < 0) {
            throw new IllegalStateException("accept: " + task.error());
        }
        new Connection(task.result()).receive();
    }

    private final class Connection {
        private final int fd;
        private final Task receive = ring.task(new Context(this, 0, RECEIVED));
        private final Task send = ring.task(new Context(this, 0, SENT));

        Connection(int fd) {
            this.fd = fd;
        }

        void receive() {
            ring.recvMultishot(fd, buffers, receive);
        }

        void received(Task task) {
            int result = task.result();
            if (result > 0) {
                ring.send(fd, answer.address(), (int) answer.byteSize(), 0, send);
            } else if (result != -Errno.ENOBUFS) {
                close();
                return;
            }
            if (!task.hasMore()) {
                receive();
            }
        }

        private void close() {
            try {
                Sockets.close(fd);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
