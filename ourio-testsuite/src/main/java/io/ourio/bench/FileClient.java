// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The load of {@link FileServer}s: has a connection to each, and does what each line of its input
 * says, for one of them: asks for a length so many times, one after the other. It says so when all
 * has arrived. One process for all runs, so that none of them measures how a JVM begins.
 */
final class FileClient {
    /** What it says after each line. */
    static final String DONE = "done";

    private static final int BUFFER = 1 << 20;

    private final List<SocketChannel> servers = new ArrayList<>();
    private final ByteBuffer request = ByteBuffer.allocateDirect(Long.BYTES);
    private final ByteBuffer data = ByteBuffer.allocateDirect(BUFFER);

    private FileClient() {}

    /** Takes the ports of the servers; a line is the index of one, a length and a count. */
    public static void main(String[] args) throws IOException {
        FileClient client = new FileClient();
        for (String port : args) {
            client.servers.add(SocketChannel.open(
                    new InetSocketAddress("127.0.0.1", Integer.parseInt(port))));
        }
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                client.run(client.servers.get(Integer.parseInt(words[0])),
                        Long.parseLong(words[1]), Integer.parseInt(words[2]));
                System.out.println(DONE);
            }
        }
    }

    private void run(SocketChannel server, long length, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            server.write(request.putLong(0, length).rewind());
            long left = length;
            while (left > 0) {
                int received = server.read(data.clear());
                if (received < 0) {
                    throw new IOException("the server closed, " + left + " bytes to come");
                }
                left -= received;
            }
        }
    }
}
