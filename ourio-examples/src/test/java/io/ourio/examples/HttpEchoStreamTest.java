// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.examples.http.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Much data, many requests, and TLS, out of 64 MiB of heap and 64 MiB of direct memory. */
@ParameterizedClass(name = "{0}")
@EnumSource(Transport.class)
@Timeout(value = 90, unit = TimeUnit.SECONDS)
record HttpEchoStreamTest(Transport transport) {
    private static final int MIB = 1024 * 1024;
    private static final int UPLOAD_BYTES = 100_000_000;
    // More than the server's whole memory and the buffers of both sockets can hold.
    private static final long UNREAD_BYTES = 160L * MIB;

    @TempDir
    private static Path folder;

    private static Path upload;
    private static String uploadHash;
    private static ServerProcess plain;
    private static ServerProcess tls;

    @BeforeAll
    static void makeUpload() throws IOException {
        upload = folder.resolve("upload");
        Random random = new Random(42);
        byte[] part = new byte[MIB];
        try (OutputStream out = Files.newOutputStream(upload)) {
            for (int left = UPLOAD_BYTES; left > 0; left -= part.length) {
                random.nextBytes(part);
                out.write(part, 0, Math.min(left, part.length));
            }
        }
        uploadHash = hash(upload);
    }

    @AfterAll
    static void forgetUpload() throws IOException {
        Files.deleteIfExists(upload);
    }

    @BeforeParameterizedClassInvocation
    static void start(Transport transport) throws IOException {
        plain = ServerProcess.start(List.of(), transport);
        tls = ServerProcess.start(List.of(), transport, "--tls");
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        try (ServerProcess first = plain; ServerProcess second = tls) {
            plain = null;
            tls = null;
            if (first != null) {
                first.stopCleanly();
            }
            if (second != null) {
                second.stopCleanly();
            }
        }
    }

    @Test
    void hundredMegabytesComeBackUnchanged() throws IOException {
        assertUploadComesBack(plain.uri());
    }

    @Test
    void hundredMegabytesComeBackUnchangedOverTls() throws IOException {
        assertUploadComesBack(tls.uri());
    }

    @Test
    void chunkedUploadComesBackUnchanged() throws IOException {
        assertUploadComesBack(plain.uri(), "-H", "Transfer-Encoding: chunked");
    }

    @Test
    void getOverTls() throws IOException {
        String text = curl(tls.uri());
        assertTrue(text.startsWith("Hello from transport " + transport + ","), text);
    }

    @Test
    void twoRequestsOnOneTlsConnection() throws IOException {
        String text = curl(tls.uri(), "--write-out", "%{num_connects} ", tls.uri().toString());
        assertTrue(text.matches("(?s)Hello.*1 Hello.*0 "), text);
    }

    @Test
    void theCertificateIsForLocalhost() {
        // Not trusted (60 is curl's code for that), which a certificate for another name is too.
        assertThrows(AssertionError.class, () -> Tool.run("curl", "-sS", tls.uri().toString()));
    }

    @Test
    void plainTextOnTheTlsPortDisturbsNobodyElse() throws IOException {
        try (Wire wire = new Wire(tls.address())) {
            wire.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            wire.receiveRest();
        }
        getOverTls();
    }

    @Test
    void aClientThatDoesNotReadIsNotReadFrom() throws Exception {
        try (Wire wire = new Wire(plain.address())) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<String> sender = send(wire, UNREAD_BYTES, sent);
            long stuckAt = Await.standstill(sent::get, () -> "still sending: " + sent);
            assertFalse(sender.isDone(), () -> "the server took all " + sent + " unread bytes");
            assertTrue(stuckAt > 0 && stuckAt < UNREAD_BYTES, () -> "stuck at " + stuckAt);
            curl(plain.uri()); // The event loops serve others meanwhile.

            wire.receiveHead();
            String received = hash(new Limited(wire.input(), UNREAD_BYTES));
            assertEquals(sender.get(Await.SECONDS, TimeUnit.SECONDS), received);
        }
    }

    @Test
    void aHalfClosedClientGetsTheWholeOfALongAnswer() throws Exception {
        long length = 20L * MIB;
        try (Wire wire = new Wire(plain.address())) {
            CompletableFuture<String> sender = send(wire, length, new AtomicLong());
            sender.whenComplete((_, _) -> endOutput(wire));
            wire.receiveHead();
            String received = hash(new Limited(wire.input(), length));
            assertEquals(sender.get(Await.SECONDS, TimeUnit.SECONDS), received);
            assertEquals(0, wire.receiveRest().length);
        }
    }

    @Test
    void thousandsOfRequestsWithoutAnError() throws IOException {
        String report = Tool.run("wrk", "-t1", "-c32", "-d2s", plain.uri().toString());
        Matcher requests = Pattern.compile("(\\d+) requests in").matcher(report);
        assertTrue(requests.find(), report);
        assertTrue(Integer.parseInt(requests.group(1)) > 1_000, report);
        // wrk has such lines only if there was one.
        assertFalse(report.contains("Socket errors") || report.contains("Non-2xx"), report);
    }

    private static void assertUploadComesBack(URI uri, String... options) throws IOException {
        Path download = folder.resolve("download");
        String[] all = new String[options.length + 4];
        all[0] = "--data-binary";
        all[1] = "@" + upload;
        all[2] = "--output";
        all[3] = download.toString();
        System.arraycopy(options, 0, all, 4, options.length);
        curl(uri, all);
        assertEquals(UPLOAD_BYTES, Files.size(download));
        assertEquals(uploadHash, hash(download));
        Files.delete(download);
    }

    private static String curl(URI uri, String... options) throws IOException {
        String[] command = new String[options.length + 4];
        command[0] = "curl";
        command[1] = "-sSk";
        command[2] = "--fail";
        command[3] = uri.toString();
        System.arraycopy(options, 0, command, 4, options.length);
        return Tool.run(command);
    }

    /** Sends a POST from a thread of its own; gives the hash of its body. */
    private static CompletableFuture<String> send(Wire wire, long length, AtomicLong sent) {
        CompletableFuture<String> done = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                wire.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n");
                MessageDigest digest = sha256();
                Random random = new Random(length);
                byte[] part = new byte[64 * 1024];
                for (long left = length; left > 0; left -= part.length) {
                    random.nextBytes(part);
                    digest.update(part);
                    wire.send(part);
                    sent.addAndGet(part.length);
                }
                done.complete(HexFormat.of().formatHex(digest.digest()));
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static void endOutput(Wire wire) {
        try {
            wire.endOutput();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String hash(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return hash(in);
        }
    }

    private static String hash(InputStream in) throws IOException {
        DigestInputStream digesting = new DigestInputStream(in, sha256());
        digesting.transferTo(OutputStream.nullOutputStream());
        return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** The next {@code left} bytes of a stream that goes on. */
    private static final class Limited extends InputStream {
        private final InputStream in;
        private long left;

        private Limited(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("read in blocks");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(count, 0);
            return count;
        }
    }
}
