// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections to a server that have had one request each and are silent now, as those of browsers
 * and pools are most of the time.
 */
final class IdleConnections implements AutoCloseable {
    private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(20).toMillis();
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: idle\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String ANSWER = "HTTP/1.1 200";

    private final List<Socket> sockets = new ArrayList<>();

    private IdleConnections() {
    }

    /**
     * Opens them, each with its one request, which the server has answered.
     *
     * @param from a loopback address that no other set of them had within a minute: each of its
     *     ports is taken for so long
     */
    static IdleConnections open(URI server, int count, InetAddress from) {
        IdleConnections idle = new IdleConnections();
        try {
            while (idle.sockets.size() < count) {
                idle.add(server, from);
            }
            return idle;
        } catch (IOException e) {
            idle.close();
            throw new BenchmarkException(BenchmarkException.FAILED, "idle connection "
                    + (idle.sockets.size() + 1) + " of " + count + ": " + e
                    + "; the limit of open files must be higher (ulimit -n), here and for"
                    + " the server");
        }
    }

    private void add(URI server, InetAddress from) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()),
                PATIENCE_MILLIS);
        socket.getOutputStream().write(REQUEST);
        String answer = new String(
                socket.getInputStream().readNBytes(ANSWER.length()), StandardCharsets.US_ASCII);
        if (!answer.equals(ANSWER)) {
            throw new IOException("the server answers " + answer);
        }
    }

    @Override
    public void close() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new AssertionError("the close of a socket that is in use by nobody", e);
            }
        }
    }
}
