// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The load of {@link FileServer}: asks for a length so many times, one after the other. */
final class FileClient {
    private static final int BUFFER = 1 << 20;

    private FileClient() {}

    /** Takes a port, a length and a count; ends with 0 when all has arrived. */
    public static void main(String[] args) throws Exception {
        long length = Long.parseLong(args[1]);
        int count = Integer.parseInt(args[2]);
        ByteBuffer request = ByteBuffer.allocateDirect(Long.BYTES).putLong(0, length);
        ByteBuffer data = ByteBuffer.allocateDirect(BUFFER);
        try (SocketChannel channel = SocketChannel.open(
                new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])))) {
            for (int i = 0; i < count; i++) {
                channel.write(request.rewind());
                long left = length;
                while (left > 0) {
                    int received = channel.read(data.clear());
                    if (received < 0) {
                        throw new IllegalStateException("the server closed, " + left + " to come");
                    }
                    left -= received;
                }
            }
        }
    }
}
