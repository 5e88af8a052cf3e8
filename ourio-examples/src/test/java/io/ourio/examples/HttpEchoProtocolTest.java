// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.examples.Wire.Answer;
import io.ourio.examples.http.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server answers, byte for byte, on each transport. */
@ParameterizedClass(name = "{0}")
@EnumSource(Transport.class)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
record HttpEchoProtocolTest(Transport transport) {
    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String GET_AND_CLOSE =
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    private static ServerProcess server;

    @BeforeParameterizedClassInvocation
    static void start(Transport transport) throws IOException {
        server = ServerProcess.start(
                List.of("-Dio.netty.leakDetection.level=paranoid"), transport);
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        if (server == null) {
            return; // It could not start.
        }
        try (ServerProcess stopped = server; Wire wire = wire()) {
            server = null;
            stopped.collectGarbage();
            wire.send(post("the detector speaks when the next buffer is made").repeat(10));
            for (int i = 0; i < 10; i++) {
                wire.receive();
            }
            stopped.stopCleanly();
        }
    }

    private static Wire wire() throws IOException {
        return new Wire(server.address());
    }

    private static String post(String body) {
        return "POST /any HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    private static void assertEnded(Wire wire) throws IOException {
        assertArrayEquals(new byte[0], wire.receiveRest());
    }

    @Test
    void getSaysWhatTheServerRunsOn() throws IOException {
        try (Wire wire = wire()) {
            wire.send(GET);
            Answer answer = wire.receive();
            assertEquals(200, answer.status());
            assertEquals("text/plain; charset=utf-8", answer.header("content-type"));
            assertTrue(answer.text().startsWith("Hello from transport " + transport + ", backend "),
                    answer::text);
            assertTrue(answer.text().contains(", JDK " + Runtime.version()), answer::text);
        }
    }

    @Test
    void theDateIsThatOfNow() throws IOException {
        try (Wire wire = wire()) {
            wire.send(GET);
            Instant date = ZonedDateTime.parse(wire.receive().header("date"),
                    DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            long age = Duration.between(date, Instant.now()).toSeconds();
            assertTrue(age >= 0 && age < 10, () -> "age " + age + " s");
        }
    }

    @Test
    void headHasTheHeadersOfGetAndNoBody() throws IOException {
        try (Wire wire = wire()) {
            wire.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + GET);
            Answer head = wire.receiveHead();
            Answer get = wire.receive();
            assertEquals(200, head.status());
            assertEquals(get.body().length, Integer.parseInt(head.header("content-length")));
        }
    }

    @Test
    void postComesBackWithItsHeaders() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST /x?y HTTP/1.1\r\nHost: h\r\nColour: blue\r\ncontent-length: 5\r\n\r\n"
                    + "hello");
            Answer answer = wire.receive();
            assertEquals(200, answer.status());
            assertEquals("blue", answer.header("echo-colour"));
            assertEquals("5", answer.header("content-length"));
            assertEquals("hello", answer.text());
        }
    }

    @Test
    void emptyPostComesBackEmpty() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\n\r\n" + post(""));
            for (int i = 0; i < 2; i++) {
                Answer answer = wire.receive();
                assertEquals(200, answer.status());
                assertEquals("", answer.text());
            }
        }
    }

    @Test
    void chunkedPostComesBackChunkedWithItsTrailers() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\n7;note=1\r\n, world\r\n0\r\nChecksum: 42\r\n\r\n");
            Answer answer = wire.receive();
            assertEquals("chunked", answer.header("transfer-encoding"));
            assertEquals("hello, world", answer.text());
            assertEquals("42", answer.header("checksum"));
        }
    }

    @Test
    void aChunkComesBackBeforeTheNextIsSent() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.send("5\r\nhello\r\n");
            assertEquals(200, wire.receiveHead().status());
            assertEquals("5\r\nhello\r\n", new String(wire.receiveExactly(10)));
            wire.send("0\r\n\r\n");
            assertEquals("0\r\n\r\n", new String(wire.receiveExactly(5)));
        }
    }

    @Test
    void hundredRequestsInOneWriteAreAnsweredInOrder() throws IOException {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            requests.append(i % 2 == 0 ? GET : post("number " + i));
        }
        try (Wire wire = wire()) {
            wire.send(requests.toString());
            for (int i = 0; i < 100; i++) {
                String text = wire.receive().text();
                String expected = i % 2 == 0 ? "Hello from transport " : "number " + i;
                assertTrue(text.startsWith(expected), () -> expected + ": " + text);
            }
        }
    }

    @Test
    void getsBehindAStreamedPostAreAnsweredAfterIt() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
            assertEquals("10", wire.receiveHead().header("content-length"));
            assertEquals("first", new String(wire.receiveExactly(5)));
            wire.send("later" + GET + GET);
            assertEquals("later", new String(wire.receiveExactly(5)));
            assertTrue(wire.receive().text().startsWith("Hello"));
            assertTrue(wire.receive().text().startsWith("Hello"));
        }
    }

    @Test
    void aRequestMayComeByteByByte() throws IOException {
        try (Wire wire = wire()) {
            for (byte b : post("slow").getBytes(StandardCharsets.US_ASCII)) {
                wire.send(new byte[] {b});
            }
            assertEquals("slow", wire.receive().text());
        }
    }

    @Test
    void aClientThatAsksIsToldToGoOn() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 4\r\n\r\n");
            assertEquals(100, wire.receive().status());
            wire.send("body" + GET);
            assertEquals("body", wire.receive().text());
            assertTrue(wire.receive().text().startsWith("Hello"));
        }
    }

    @Test
    void aClientThatAsksInVainIsRefusedAtOnce() throws IOException {
        try (Wire wire = wire()) {
            wire.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 4\r\n\r\n");
            Answer answer = wire.receive();
            assertEquals(405, answer.status());
            assertEquals("close", answer.header("connection"));
            assertEnded(wire);
        }
    }

    @Test
    void http10EndsTheConnection() throws IOException {
        try (Wire wire = wire()) {
            wire.send("GET / HTTP/1.0\r\n\r\n");
            Answer answer = wire.receive();
            assertEquals(200, answer.status());
            assertEquals("close", answer.header("connection"));
            assertEnded(wire);
        }
    }

    @Test
    void http10KeepsTheConnectionWhenAsked() throws IOException {
        try (Wire wire = wire()) {
            wire.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertEquals("keep-alive", wire.receive().header("connection"));
            wire.send("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
            assertEquals("abc", wire.receive().text());
            assertEnded(wire);
        }
    }

    @Test
    void connectionCloseIsObeyed() throws IOException {
        try (Wire wire = wire()) {
            wire.send(GET + GET_AND_CLOSE + GET);
            assertNull(wire.receive().header("connection"));
            assertEquals("close", wire.receive().header("connection"));
            assertEnded(wire);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "NONSENSE\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nBad Name: 1\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003\r\n\r\n",
    })
    void malformedGets400AndTheEnd(String request) throws IOException {
        try (Wire wire = wire()) {
            wire.send(GET + request);
            assertEquals(200, wire.receive().status());
            Answer answer = wire.receive();
            assertEquals(400, answer.status());
            assertEquals("close", answer.header("connection"));
            assertEnded(wire);
        }
    }

    @Test
    void aBodyThatBreaksLaterEndsWithoutItsLastChunk() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\nzz\r\n");
            assertThrows(EOFException.class, wire::receive);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 2_000_000})
    void oversizedHeadersGet431AndTheEnd(int size) throws IOException {
        try (Wire wire = wire()) {
            wire.send("GET / HTTP/1.1\r\nHost: h\r\nBig: " + "x".repeat(size) + "\r\n\r\n");
            assertEquals(431, wire.receive().status());
            assertEnded(wire);
        }
    }

    @Test
    void oversizedTargetGets414AndTheEnd() throws IOException {
        try (Wire wire = wire()) {
            wire.send("GET /" + "x".repeat(5_000) + " HTTP/1.1\r\nHost: h\r\n\r\n");
            assertEquals(414, wire.receive().status());
            assertEnded(wire);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "501 | POST / HTTP/1.1 | Transfer-Encoding: gzip",
        "501 | POST / HTTP/1.1 | Transfer-Encoding: gzip, chunked",
        "417 | POST / HTTP/1.1 | Expect: a-miracle",
        "505 | GET / HTTP/2.0  | Colour: blue",
    })
    void whatTheServerCannotDoEndsTheConnection(int status, String request, String header)
            throws IOException {
        try (Wire wire = wire()) {
            wire.send(request + "\r\nHost: h\r\n" + header + "\r\n\r\n");
            assertEquals(status, wire.receive().status());
            assertEnded(wire);
        }
    }

    @Test
    void unknownPathsAndMethodsKeepTheConnection() throws IOException {
        try (Wire wire = wire()) {
            wire.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
                    + "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
                    + "BREW / HTTP/1.1\r\nHost: h\r\n\r\n" + GET);
            assertEquals(404, wire.receive().status());
            Answer put = wire.receive();
            assertEquals(405, put.status());
            assertEquals("GET, HEAD, POST", put.header("allow"));
            assertEquals(405, wire.receive().status());
            assertEquals(200, wire.receive().status());
        }
    }

    @Test
    void aHalfClosedClientGetsTheWholeAnswer() throws IOException {
        try (Wire wire = wire()) {
            wire.send(GET + post("last words"));
            wire.endOutput();
            assertEquals(200, wire.receive().status());
            assertEquals("last words", wire.receive().text());
            assertEnded(wire);
        }
    }

    @Test
    void aClientThatEndsInsideABodyIsLetGo() throws IOException {
        try (Wire wire = wire()) {
            wire.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
            wire.endOutput();
            wire.receiveHead();
            assertEquals("first", new String(wire.receiveRest()));
        }
    }

    @Test
    void clientsThatVanishLeaveNoSocketBehind() throws IOException {
        long before = Await.standstill(HttpEchoProtocolTest::sockets, () -> "sockets change");
        for (int i = 0; i < 10; i++) {
            try (Wire wire = wire()) {
                wire.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
                        + "x".repeat(100_000));
                wire.receiveExactly(50_000);
                if (i % 2 == 0) {
                    wire.reset();
                }
            }
        }
        Await.until(() -> sockets() <= before,
                () -> "sockets before " + before + ", now " + sockets());
        try (Wire wire = wire()) {
            wire.send(GET);
            assertEquals(200, wire.receive().status());
        }
    }

    private static long sockets() {
        try {
            return server.sockets();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
