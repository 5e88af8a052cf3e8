// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/**
 * The floor under the HTTP benchmark: on a ring alone, without Netty, each receive is answered with
 * the same bytes. Nothing is parsed, allocated or looked at, so what this costs is the kernel's
 * share and the ring's; a transport has Netty's pipeline and the codec to pay for as well. {@link
 * HttpBenchmark} starts it as {@code bare} and {@code bare-epoll}.
 *
 * <p>It has one loop, and serves clients that send a request in one piece and wait for the answer,
 * as wrk does.
 */
final class BareServer extends BareRing {
    private static final String GREETING = "Hello from a ring, without a pipeline, on JDK 25.\n";
    private static final String ANSWER = "HTTP/1.1 200 OK\r\n"
            + "content-type: text/plain; charset=utf-8\r\n"
            + "content-length: " + GREETING.length() + "\r\n"
            + "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n" + GREETING;

    private static final Callback SENT = (ring, task) -> { };

    private final MemorySegment answer = Arena.global().allocateFrom(ANSWER,
            StandardCharsets.US_ASCII).asSlice(0, ANSWER.length());

    public static void main(String[] args) {
        System.exit(new CommandLine(new BareServer()).execute(args));
    }

    @Override
    void accepted(int fd) {
        new Client(fd).receive();
    }

    private final class Client extends Connection {
        private final Task send = ring.task(new Context(this, 0, SENT));

        Client(int fd) {
            super(ring(), buffers(), fd);
        }

        @Override
        void received(Task task, int length) {
            ring.send(fd, answer.address(), (int) answer.byteSize(), 0, send);
        }
    }
}
