// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A connection whose every byte the test decides on. One thread may send and another receive. */
final class Wire implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    Wire(InetSocketAddress server) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(Await.SECONDS));
        socket.connect(server, socket.getSoTimeout());
        in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
    }

    /** What came back, with names of headers in any case. */
    record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        String header(String name) {
            return headers.get(name);
        }
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Drops the connection so that the server sees a reset instead of an end. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    Answer receive() throws IOException {
        Answer head = receiveHead();
        return new Answer(head.status, head.headers, receiveBody(head));
    }

    /** The status and headers alone, as for HEAD. */
    Answer receiveHead() throws IOException {
        String status = line();
        if (!status.startsWith("HTTP/1.1 ")) {
            throw new IOException("not a status line: '" + status + "'");
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        fields(headers);
        return new Answer(Integer.parseInt(status.substring(9, 12)), headers, new byte[0]);
    }

    byte[] receiveExactly(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection ended after " + bytes.length + " of " + count);
        }
        return bytes;
    }

    InputStream input() {
        return in;
    }

    /** {@return everything up to the end of the connection} */
    byte[] receiveRest() throws IOException {
        return in.readAllBytes();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private byte[] receiveBody(Answer head) throws IOException {
        if (head.status < 200) {
            return new byte[0];
        }
        String length = head.header("content-length");
        if (length != null) {
            return receiveExactly(Integer.parseInt(length));
        }
        if (!"chunked".equals(head.header("transfer-encoding"))) {
            throw new IOException("no length: " + head);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
            body.write(receiveExactly(size));
            if (!line().isEmpty()) {
                throw new IOException("no line end after a chunk of " + size);
            }
        }
        fields(head.headers);
        return body.toByteArray();
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    private void fields(Map<String, String> fields) throws IOException {
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the connection ended in the line '" + line + "'");
            }
            if (next == '\n') {
                return line.toString();
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
    }
}
