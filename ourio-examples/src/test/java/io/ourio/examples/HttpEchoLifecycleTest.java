// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.examples.http.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Starting, refusing to start, and ending. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class HttpEchoLifecycleTest {
    private static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1");

    @ParameterizedTest
    @EnumSource(Transport.class)
    void sigtermLetsARequestInProgressFinish(Transport transport) throws IOException {
        try (ServerProcess server = ServerProcess.start(SHORT_LIVED, transport);
                Wire busy = new Wire(server.address());
                Wire idle = new Wire(server.address())) {
            idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(200, idle.receive().status());
            busy.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
            assertEquals(200, busy.receiveHead().status());
            assertEquals("first", new String(busy.receiveExactly(5)));

            server.signal("TERM");
            server.awaitLine(line -> line.startsWith("stopping"), "no word of stopping");
            assertEquals(0, idle.receiveRest().length);
            Await.until(() -> refuses(server), () -> "still accepts: " + server);

            busy.send("later");
            assertEquals("later", new String(busy.receiveRest()));
            assertEquals(143, server.awaitExit(), server::toString);
            assertTrue(server.out().endsWith("\nstopped"), server::toString);
            assertEquals("", server.err());
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void aPortInUseIsNamed(Transport transport) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                ServerProcess process = launch("--transport", transport.toString(),
                        "--port", Integer.toString(other.getLocalPort()))) {
            process.skipIfUnavailable(transport);
            assertEquals(1, process.awaitExit(), process::toString);
            assertEquals("cannot listen on 127.0.0.1:" + other.getLocalPort()
                    + ": the address is already in use", process.err());
            assertEquals("", process.out());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--transport smoke | Invalid value for option '--transport': 'smoke' is not one of "
                + "[ourio, ourio-epoll, nio, epoll, netty-io_uring, netty-io_uring-bufring]",
        "--port 65536      | --port is 65536; it must be 0 to 65535",
        "--port -1         | --port is -1; it must be 0 to 65535",
        "--port many       | Invalid value for option '--port': 'many' is not an int",
        "--threads 0       | --threads is 0; it must be at least 1",
        "--host no.invalid | --host is 'no.invalid'; there is no such address or name",
        "--colour blue     | Unknown options: '--colour', 'blue'",
        "extra             | Unmatched argument at index 0: 'extra'",
    })
    void badArgumentsAreNamed(String arguments, String message) throws IOException {
        try (ServerProcess process = launch(arguments.split(" "))) {
            assertEquals(2, process.awaitExit(), process::toString);
            assertEquals(message, process.err().lines().findFirst().orElse(""));
            assertTrue(process.err().contains("Usage: HttpEcho"), process::toString);
            assertEquals("", process.out());
        }
    }

    @Test
    void aTransportThatIsNotThereIsNotReplaced() throws IOException {
        try (ServerProcess process = ServerProcess.launch(
                List.of("-Dio.netty.transport.noNative=true"), "--transport", "epoll")) {
            assertEquals(1, process.awaitExit(), process::toString);
            assertTrue(process.err().startsWith("transport epoll is not available: "),
                    process::toString);
            assertTrue(process.err().contains("noNative"), process::toString);
            assertEquals("", process.out());
        }
    }

    @Test
    void helpNamesEveryTransport() throws IOException {
        try (ServerProcess process = launch("--help")) {
            assertEquals(0, process.awaitExit(), process::toString);
            for (Transport transport : Transport.values()) {
                assertTrue(process.out().contains(transport.toString()), process::toString);
            }
        }
    }

    private static ServerProcess launch(String... arguments) throws IOException {
        return ServerProcess.launch(SHORT_LIVED, arguments);
    }

    private static boolean refuses(ServerProcess server) {
        try (Socket socket = new Socket()) {
            socket.connect(server.address(), (int) TimeUnit.SECONDS.toMillis(1));
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
