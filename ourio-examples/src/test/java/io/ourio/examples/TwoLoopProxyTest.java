// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.examples.http.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TwoLoopProxyTest {
    /** The port of a service that is gone. */
    private static final int NOBODY = 1;

    private static final int CONNECTIONS = 100;

    private static ServerSocket target() throws IOException {
        return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    private static TwoLoopProxy.Proxy proxy(ServerSocket target) {
        return proxy(Transport.OURIO, target);
    }

    private static TwoLoopProxy.Proxy proxy(Transport transport, ServerSocket target) {
        return new TwoLoopProxy.Proxy(transport, 2, 0,
                (InetSocketAddress) target.getLocalSocketAddress());
    }

    private static Socket connect(TwoLoopProxy.Proxy proxy) throws IOException {
        Socket client = new Socket(proxy.address().getAddress(), proxy.address().getPort());
        client.setSoTimeout(20_000);
        return client;
    }

    /**
     * Netty's epoll (4.2.17) may lose the last answers: it forgets that it has taken a socket whose
     * input has ended out of its epoll, and fails when it has to wait for room there.
     */
    @ParameterizedTest
    @EnumSource(value = Transport.class, mode = EnumSource.Mode.EXCLUDE, names = "EPOLL")
    void showsWhatItsCommentSays(Transport transport) throws Exception {
        assumeTrue(transport.unavailabilityCause() == null, transport + " is not available");
        List<String> told = new ArrayList<>();
        TwoLoopProxy.play(transport, told::add);
        assertEquals(List.of("the client's side runs on one loop, the server's on another",
                "while nobody read, the proxy took less than 67108864 bytes",
                "there and back: 67108864 bytes, then the end"), told);
    }

    /** The end may be there before the other side is, and while that is told to be read. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void endRightBehindTheDataIsPassedOn(Transport transport) throws Exception {
        assumeTrue(transport.unavailabilityCause() == null, transport + " is not available");
        byte[] data = new byte[100];
        new Random(1).nextBytes(data);
        try (ServerSocket target = target();
                TwoLoopProxy.Proxy proxy = proxy(transport, target)) {
            for (int i = 0; i < CONNECTIONS; i++) {
                try (Socket client = connect(proxy)) {
                    writeAndEnd(client, data);
                    try (Socket server = target.accept()) {
                        server.getInputStream().transferTo(server.getOutputStream());
                    }
                    assertArrayEquals(data, client.getInputStream().readAllBytes(),
                            "connection " + i);
                }
            }
        }
    }

    /** Each end may be the first to end its output, and hears the other to its end. */
    @Test
    void endOfOneDirectionIsPassedOnWhileTheOtherGoesOn() throws Exception {
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        try (ServerSocket target = target(); TwoLoopProxy.Proxy proxy = proxy(target)) {
            for (boolean clientFirst : new boolean[] {true, false}) {
                try (Socket client = connect(proxy); Socket server = target.accept()) {
                    Socket first = clientFirst ? client : server;
                    Socket second = clientFirst ? server : client;
                    first.getOutputStream().write(1);
                    first.shutdownOutput();
                    assertArrayEquals(new byte[] {1}, second.getInputStream().readAllBytes());
                    Thread writer = Thread.ofVirtual().start(() -> writeAndEnd(second, data));
                    assertArrayEquals(data, first.getInputStream().readAllBytes());
                    writer.join();
                }
            }
        }
    }

    private static void writeAndEnd(Socket socket, byte[] data) {
        try {
            socket.getOutputStream().write(data);
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void resetOfOneSideEndsTheOther() throws Exception {
        try (ServerSocket target = target(); TwoLoopProxy.Proxy proxy = proxy(target);
                Socket client = connect(proxy)) {
            try (Socket server = target.accept()) {
                server.getOutputStream().write(1);
                assertEquals(1, client.getInputStream().read());
                server.setSoLinger(true, 0);
            }
            assertEquals(-1, endOf(client));
        }
    }

    @Test
    void serverThatIsNotThereEndsTheClient() throws Exception {
        try (TwoLoopProxy.Proxy proxy = new TwoLoopProxy.Proxy(Transport.OURIO, 2, 0,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), NOBODY));
                Socket client = connect(proxy)) {
            assertEquals(-1, endOf(client));
        }
    }

    private static int endOf(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (SocketException e) {
            return -1; // A reset is an end as well.
        }
    }
}
