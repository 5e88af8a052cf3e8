// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RingThread;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/**
 * One thread accepts connections, two others serve them: each connection goes as a message, which
 * carries its file descriptor, from the ring that accepted it to the ring that serves it.
 *
 * <p>Run it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -DskipTests -pl ourio-examples -am package exec:exec \
 *     -Dexec.mainClass=io.ourio.examples.AcceptInOneThread
 * }</pre>
 *
 * <p>It connects to itself four times and prints the answers, by which the two threads take turns:
 *
 * <pre>{@code
 * connection 1 is served by ourio-ring-1
 * connection 2 is served by ourio-ring-2
 * connection 3 is served by ourio-ring-1
 * connection 4 is served by ourio-ring-2
 * }</pre>
 */
public final class AcceptInOneThread {
    private static final int CONNECTIONS = 4;

    private final int listener;
    private final List<RingThread> servers;
    private int accepted;

    private AcceptInOneThread(int listener, List<RingThread> servers) {
        this.listener = listener;
        this.servers = servers;
    }

    /**
     * Serves four connections of its own and ends.
     *
     * @param args not used
     * @throws IOException if there is no socket to be had
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        play(System.out::println);
    }

    static void play(Consumer<String> out) throws IOException, InterruptedException {
        int listener = Sockets.tcp();
        try (Ring ring = Ring.open(RingOptions.defaults());
                RingThread one = ring.spawnThread(64);
                RingThread two = ring.spawnThread(64)) {
            Sockets.bind(listener, Sockets.preferredFamily(),
                    new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
            Sockets.listen(listener, 16);
            int port = Sockets.localAddress(listener).getPort();
            Thread client = Thread.ofPlatform().start(() -> connect(port, out));
            new AcceptInOneThread(listener, List.of(one, two)).accept(ring);
            ring.run(RunMode.UNTIL_DONE);
            client.join(); // The servers, killed before, would drop what they serve.
        } finally {
            Sockets.close(listener);
        }
    }

    private void accept(Ring ring) {
        ring.accept(listener, new Context(this, 0, (self, accept) -> accepted(self, accept)));
    }

    /** In the main thread. */
    private void accepted(Ring ring, Task accept) {
        if (accept.result() < 0) {
            throw new IllegalStateException("accept: " + Errno.describe(-accept.result()));
        }
        int fd = accept.result();
        RingThread server = servers.get(accepted++ % servers.size());
        int number = accepted;
        Task message = Task.userFd(fd, new Context(null, 0,
                (other, connection) -> serve(other, connection, number)));
        ring.msgRing(server.ring(), message, new Context(null, 0, (self, sent) -> {
            if (sent.result() < 0) {
                self.close(fd, Context.NONE); // The server has ended: it is ours still.
            }
        }));
        if (accepted < CONNECTIONS) {
            accept(ring);
        }
    }

    /** In a thread that serves. */
    private static void serve(Ring ring, Task connection, int number) {
        if (connection.result() < 0) {
            return; // The server is being killed; its ring has closed the connection.
        }
        int fd = connection.fd();
        byte[] answer = ("connection " + number + " is served by "
                + Thread.currentThread().getName()).getBytes(StandardCharsets.UTF_8);
        MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, answer);
        ring.send(fd, memory, Ring.MSG_WAITALL,
                new Context(null, 0, (self, _) -> self.close(fd, Context.NONE)));
    }

    private static void connect(int port, Consumer<String> out) {
        for (int i = 0; i < CONNECTIONS; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                out.accept(new String(
                        socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                out.accept("the client failed: " + e);
            }
        }
    }
}
