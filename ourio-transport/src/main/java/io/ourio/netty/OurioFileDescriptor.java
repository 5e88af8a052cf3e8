// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.unix.FileDescriptor;
import io.ourio.Sockets;
import java.io.IOException;

/**
 * A descriptor that came through a Unix domain socket. Whoever gets it closes it. It works without
 * Netty's native library, whose methods alone ({@code read}, {@code write}) the class above has:
 * what is done with the descriptor is left to a channel made from its number, or to a
 * {@link io.ourio.Ring}. Any thread may call.
 */
final class OurioFileDescriptor extends FileDescriptor {
    OurioFileDescriptor(int fd) {
        super(fd);
    }

    @Override
    public void close() throws IOException {
        if (markClosed()) {
            Sockets.close(intValue());
        }
    }
}
