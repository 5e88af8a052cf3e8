// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.unix.DomainSocketAddress;
import io.ourio.Message;
import io.ourio.ReceivedMessage;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.UnresolvedAddressException;

/** Where addresses cross between Netty and the kernel, whatever the family of the socket. */
final class Addresses {
    private Addresses() {}

    static void bind(int fd, int family, SocketAddress address) throws IOException {
        if (family == Sockets.UNIX) {
            UnixSockets.bind(fd, path(address));
        } else {
            Sockets.bind(fd, family, inet(address));
        }
    }

    /** Writes {@code address} for the kernel, and returns its length in bytes. */
    static int encode(SocketAddress address, int family, MemorySegment into) {
        return family == Sockets.UNIX
                ? UnixSockets.encode(path(address), into)
                : Sockets.encode(inet(address), family, into);
    }

    /** Says where a message goes to; null is whom the socket is connected to. */
    static void to(SocketAddress address, int family, Message message) {
        if (address == null) {
            message.toPeer();
        } else if (family == Sockets.UNIX) {
            message.to(path(address));
        } else {
            message.to(inet(address), family);
        }
    }

    /** Whom a message came from. */
    static SocketAddress from(ReceivedMessage message, int family) {
        return family == Sockets.UNIX
                ? new DomainSocketAddress(message.fromPath()) : message.from();
    }

    /** Connects a datagram socket, which does not wait. */
    static void connect(int fd, int family, SocketAddress address) throws IOException {
        if (family == Sockets.UNIX) {
            UnixSockets.connect(fd, path(address));
        } else {
            Sockets.connect(fd, family, inet(address));
        }
    }

    /** The address of the peer, or null if the socket is not connected. */
    static SocketAddress remote(int fd, int family) throws IOException {
        if (family != Sockets.UNIX) {
            return Sockets.remoteAddress(fd);
        }
        String path = UnixSockets.remotePath(fd);
        return path == null ? null : new DomainSocketAddress(path);
    }

    /**
     * The socket's own address, or null if it has none yet. A Unix domain socket that connects
     * needs none: its address is the empty path from then on.
     */
    static SocketAddress local(int fd, int family, boolean connected) throws IOException {
        if (family != Sockets.UNIX) {
            return Sockets.localAddress(fd);
        }
        String path = UnixSockets.localPath(fd);
        return path.isEmpty() && !connected ? null : new DomainSocketAddress(path);
    }

    /** How messages show an address: {@code @name} is an abstract one of the Unix domain. */
    static String text(SocketAddress address) {
        return String.valueOf(address).replace('\0', '@');
    }

    static InetSocketAddress inet(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            throw new IllegalArgumentException("the address " + address
                    + " is not an InetSocketAddress, which this channel takes");
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        return inet;
    }

    static String path(SocketAddress address) {
        return switch (address) {
            case DomainSocketAddress domain -> domain.path();
            case UnixDomainSocketAddress domain -> domain.getPath().toString();
            default -> throw new IllegalArgumentException("the address " + address + " is neither"
                    + " a DomainSocketAddress nor a UnixDomainSocketAddress, which this channel"
                    + " takes");
        };
    }
}
