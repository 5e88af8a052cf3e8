// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.ourio.BackendKind;
import io.ourio.RingOptions;
import io.ourio.netty.OurioEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files, parts of them, and what must not be had. */
@ParameterizedClass(name = "{0}")
@EnumSource(value = BackendKind.class, names = {"IO_URING", "EPOLL"})
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class StaticFilesTest {
    private static final String TEXT = "0123456789";

    @TempDir
    Path directory;

    @Parameter
    BackendKind kind;

    private EventLoopGroup group;
    private Channel server;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        Path root = Files.createDirectories(directory.resolve("root/sub/deep")).getParent()
                .getParent();
        Files.writeString(directory.resolve("secret.txt"), "secret");
        Files.writeString(root.resolve("ten.txt"), TEXT);
        Files.writeString(root.resolve("a b%.bin"), "odd");
        Files.writeString(root.resolve("sub/index.html"), "<p>index");
        Files.createFile(root.resolve("empty"));
        Files.createSymbolicLink(root.resolve("out.txt"), Path.of("../secret.txt"));
        Files.createSymbolicLink(root.resolve("outside"), directory);
        group = new OurioEventLoopGroup(
                1, (ThreadFactory) null, RingOptions.defaults().withBackend(kind));
        server = StaticFiles.start(group, root,
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        wire = new Wire((InetSocketAddress) server.localAddress());
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private Wire.Answer get(String target, String... headers) throws IOException {
        request("GET", target, headers);
        return wire.receive();
    }

    private void request(String method, String target, String... headers) throws IOException {
        wire.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n"
                + String.join("", Arrays.stream(headers).map(line -> line + "\r\n").toList())
                + "\r\n");
    }

    @ParameterizedTest
    @CsvSource({"/ten.txt, 0123456789, text/plain; charset=utf-8",
        "/ten.txt?query=1, 0123456789, text/plain; charset=utf-8",
        "http://h/ten.txt, 0123456789, text/plain; charset=utf-8",
        "//./ten.txt, 0123456789, text/plain; charset=utf-8",
        "/sub/../ten.txt, 0123456789, text/plain; charset=utf-8",
        "/a%20b%25.bin, odd, application/octet-stream",
        "/sub/, <p>index, text/html; charset=utf-8",
        "/empty, '', application/octet-stream"})
    void fileIsServedWithItsType(String target, String content, String type) throws IOException {
        Wire.Answer answer = get(target);
        assertEquals(200, answer.status());
        assertEquals(content, answer.text());
        assertEquals(type, answer.header("content-type"));
        assertEquals("bytes", answer.header("accept-ranges"));
        assertTrue(answer.header("date").endsWith("GMT"), answer::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/none", "/ten.txt/more", "/ten.txt/", "/sub/deep/", "/../secret.txt",
        "/sub/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub%2f..%2f..%2f"
        + "secret.txt", "/%2e%2e%2f%2e%2e/etc/passwd", "/out.txt", "/outside/secret.txt",
        "/outside/", "/outside", "/ten.txt%00.html", "/%zz", "secret.txt", "*"})
    void whatIsNotThereOrOutsideIsNotFound(String target) throws IOException {
        Wire.Answer answer = get(target);
        assertEquals(404, answer.status());
        assertEquals("", answer.text());
        assertEquals(TEXT, get("/ten.txt").text()); // On the same connection.
    }

    @Test
    void nameThatIsTooLongIsNotFound() throws IOException {
        assertEquals(404, get("/" + "x".repeat(300)).status());
    }

    @ParameterizedTest
    @CsvSource({"bytes=0-3, 206, 0123, bytes 0-3/10", "bytes=7-, 206, 789, bytes 7-9/10",
        "bytes=-2, 206, 89, bytes 8-9/10", "bytes=5-100, 206, 56789, bytes 5-9/10",
        "bytes=9-9, 206, 9, bytes 9-9/10", "bytes=-100, 200, 0123456789,",
        "bytes=10-, 416, '', bytes */10", "bytes=-0, 416, '', bytes */10",
        "bytes=3-1, 200, 0123456789,", "bytes=-, 200, 0123456789,",
        "'bytes=0-1,3-4', 200, 0123456789,", "lines=1-2, 200, 0123456789,"})
    void rangesAreServedOrSaidToBeImpossible(
            String range, int status, String content, String part) throws IOException {
        Wire.Answer answer = get("/ten.txt", "Range: " + range);
        assertEquals(status, answer.status());
        assertEquals(content, answer.text());
        assertEquals(part, answer.header("content-range"));
    }

    @Test
    void rangeOfAnotherVersionIsTheWholeFile() throws IOException {
        String modified = get("/ten.txt").header("last-modified");
        assertEquals("01", get("/ten.txt", "Range: bytes=0-1", "If-Range: " + modified).text());
        assertEquals(TEXT, get("/ten.txt", "Range: bytes=0-1",
                "If-Range: Thu, 01 Jan 1970 00:00:00 GMT").text());
    }

    @Test
    void headHasTheHeadersAlone() throws IOException {
        request("HEAD", "/ten.txt");
        Wire.Answer answer = wire.receiveHead();
        assertEquals(200, answer.status());
        assertEquals("10", answer.header("content-length"));
        assertEquals(TEXT, get("/ten.txt").text());
    }

    @Test
    void fileThatIsKnownIsNotSentAgain() throws IOException {
        String modified = get("/ten.txt").header("last-modified");
        request("GET", "/ten.txt", "If-Modified-Since: " + modified);
        assertEquals(304, wire.receiveHead().status());
        assertEquals(TEXT, get("/ten.txt",
                "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT").text());
        assertEquals(TEXT, get("/ten.txt", "If-Modified-Since: yesterday").text());
    }

    @Test
    void directoryIsRedirectedToItsSlash() throws IOException {
        Wire.Answer answer = get("/sub?a=b");
        assertEquals(301, answer.status());
        assertEquals("/sub/", answer.header("location"));
    }

    /** Else it would be one to another host. */
    @Test
    void redirectStaysOnTheServer() throws IOException {
        assertEquals("/sub/", get("//sub").header("location"));
        assertEquals("/sub/", get("http://h/sub").header("location"));
    }

    /** Nobody writes to the pipe, and the server must not wait for it. */
    @Test
    void whatIsNoFileIsNotFound() throws Exception {
        Process pipe = new ProcessBuilder("mkfifo", directory.resolve("root/pipe").toString())
                .start();
        assertEquals(0, pipe.waitFor());
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(directory.resolve("root/socket")));
            assertEquals(404, get("/pipe").status());
            assertEquals(404, get("/socket").status());
        }
        assertEquals(TEXT, get("/ten.txt").text());
    }

    @Test
    void whatTheServerMayNotReadIsForbidden() throws IOException {
        Path file = directory.resolve("root/ten.txt");
        Files.setPosixFilePermissions(file, Set.of());
        assumeFalse(Files.isReadable(file), "root may read everything");
        assertEquals(403, get("/ten.txt").status());
    }

    @Test
    void peerThatHasNoMoreRequestsGetsAllAnswers() throws IOException {
        byte[] bytes = write("large", 3 << 20);
        request("GET", "/ten.txt");
        request("GET", "/large");
        request("GET", "/ten.txt");
        wire.endOutput();
        assertEquals(TEXT, wire.receive().text());
        assertArrayEquals(bytes, wire.receive().body());
        assertEquals(TEXT, wire.receive().text());
        assertEquals(0, wire.receiveRest().length);
    }

    @Test
    void peerThatAsksForNothingIsLetGo() throws IOException {
        wire.endOutput();
        assertEquals(0, wire.receiveRest().length);
    }

    private byte[] write(String name, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Files.write(directory.resolve("root").resolve(name), bytes);
        return bytes;
    }

    /** Around a part and around what is sent by its pages, in whole and but for its ends. */
    @ParameterizedTest
    @ValueSource(ints = {65_535, 65_536, 65_537, 200_000, 262_143, 262_144, 262_146, 1_048_577})
    void fileOfAnySizeIsServedWhole(int length) throws IOException {
        byte[] bytes = write("file", length);
        for (int i = 0; i < 2; i++) {
            assertArrayEquals(bytes, get("/file").body());
            assertArrayEquals(Arrays.copyOfRange(bytes, 1, length - 1),
                    get("/file", "Range: bytes=1-" + (length - 2)).body());
        }
    }

    /** The head has told the length: the end of the connection says that it was not kept. */
    @Test
    void fileThatShrinksEndsTheConnection() throws IOException {
        Path file = directory.resolve("root/large");
        write("large", 50 << 20);
        request("GET", "/large");
        assertEquals("52428800", wire.receiveHead().header("content-length"));
        try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            cut.truncate(1 << 20);
        }
        int received = wire.receiveRest().length;
        assertTrue(received < 50 << 20, () -> received + " bytes");
    }

    @Test
    void fileThatGrowsIsServedAsItWas() throws IOException {
        byte[] bytes = write("large", 20 << 20);
        request("GET", "/large");
        assertEquals("20971520", wire.receiveHead().header("content-length"));
        Files.write(directory.resolve("root/large"), bytes, StandardOpenOption.APPEND);
        assertArrayEquals(bytes, wire.receiveExactly(bytes.length));
        assertEquals(40 << 20, get("/large").body().length);
    }

    /** A peer that does not read keeps one file open and not as many as it has asked for. */
    @Test
    void requestsWaitUntilTheFileBeforeIsSent() throws IOException {
        Path large = directory.resolve("root/large");
        byte[] bytes = write("large", 20 << 20);
        for (int i = 0; i < 20; i++) {
            request("GET", "/large");
        }
        Await.until(() -> openFiles(large) > 0, () -> "it is not open");
        try (Wire other = new Wire((InetSocketAddress) server.localAddress())) {
            other.send("GET /ten.txt HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(TEXT, other.receive().text());
        }
        assertEquals(1, openFiles(large));
        for (int i = 0; i < 20; i++) {
            assertArrayEquals(bytes, wire.receive().body());
        }
    }

    @Test
    void nothingIsOpenOnceTheConnectionIsGone() throws IOException {
        assertEquals(TEXT, get("/ten.txt").text());
        Path root = directory.resolve("root");
        assertEquals(1, openFiles(root));
        wire.close();
        Await.until(() -> openFiles(root) == 0, () -> openFiles(root) + " are open");
        assertEquals(0, openFiles(root.resolve("ten.txt")));
    }

    @Test
    void otherMethodsAreRefusedAndBodiesSkipped() throws IOException {
        wire.send("POST /ten.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        Wire.Answer answer = wire.receive();
        assertEquals(405, answer.status());
        assertEquals("GET, HEAD", answer.header("allow"));
        assertEquals(TEXT, get("/ten.txt").text());
    }

    @Test
    void malformedRequestEndsTheConnection() throws IOException {
        wire.send("nonsense\r\n\r\n");
        assertEquals(400, wire.receive().status());
        assertEquals(0, wire.receiveRest().length);
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws IOException {
        for (int i = 0; i < 10; i++) {
            request("GET", "/ten.txt", "Range: bytes=" + i + "-" + i);
        }
        request("GET", "/none", "Connection: close");
        for (int i = 0; i < 10; i++) {
            assertEquals(Integer.toString(i), wire.receive().text());
        }
        assertEquals(404, wire.receive().status());
        assertEquals(0, wire.receiveRest().length);
    }

    @Test
    void largeFileGoesThroughSmallBuffers() throws IOException {
        byte[] bytes = new byte[20 << 20];
        new Random(1).nextBytes(bytes);
        Files.write(directory.resolve("root/large"), bytes);
        assertArrayEquals(bytes, get("/large").body());
        assertArrayEquals(Arrays.copyOfRange(bytes, 1_000_001, 9_000_000),
                get("/large", "Range: bytes=1000001-8999999").body());
    }

    @Test
    void filesAreClosedAlsoIfThePeerGoesAway() throws Exception {
        Path large = directory.resolve("root/large");
        Files.write(large, new byte[20 << 20]);
        for (int i = 0; i < 5; i++) {
            try (Wire leaving = new Wire((InetSocketAddress) server.localAddress())) {
                leaving.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
                assertEquals(200, leaving.receiveHead().status());
                leaving.reset();
            }
        }
        assertEquals(TEXT, get("/ten.txt").text());
        Await.until(() -> openFiles(large) == 0, () -> openFiles(large) + " are open");
    }

    private static long openFiles(Path file) {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).equals(file.toRealPath());
                } catch (IOException e) {
                    return false; // Closed since it was listed.
                }
            }).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void missingHeadersAreMissing() throws IOException {
        assertNull(get("/ten.txt").header("content-range"));
    }
}
