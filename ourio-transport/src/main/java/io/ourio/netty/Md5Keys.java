// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The peers of one socket that have a TCP MD5 key. The kernel sets one key at a time and Netty's
 * option is all of them, so this remembers whom to take a key from.
 */
final class Md5Keys {
    private static final byte[] NO_KEY = {};

    private final Set<InetAddress> peers = new HashSet<>();

    /** Makes {@code value} all the keys that there are. */
    synchronized void replace(Fd fd, Object value) throws IOException {
        if (!(value instanceof Map<?, ?> keys)) {
            throw SocketOption.wrongType(OurioChannelOption.TCP_MD5SIG, Map.class, value);
        }
        keys.forEach(Md5Keys::check);
        // Each is noted at once: where the kernel refuses one, the others can still be taken back.
        for (var known = peers.iterator(); known.hasNext(); ) {
            InetAddress peer = known.next();
            if (!keys.containsKey(peer)) {
                Sockets.tcpMd5Key(fd.openFd(), fd.socketFamily(), peer, NO_KEY);
                known.remove();
            }
        }
        for (var entry : keys.entrySet()) {
            InetAddress peer = (InetAddress) entry.getKey();
            Sockets.tcpMd5Key(
                    fd.openFd(), fd.socketFamily(), peer, (byte[]) entry.getValue());
            peers.add(peer);
        }
    }

    private static void check(Object peer, Object key) {
        if (!(peer instanceof InetAddress) || !(key instanceof byte[] bytes)) {
            throw new IllegalArgumentException(
                    "option TCP_MD5SIG takes a map of InetAddress to byte[], not of " + peer);
        }
        if (bytes.length == 0 || bytes.length > Sockets.MD5_KEY_MAX) {
            throw new IllegalArgumentException("the TCP MD5 key of " + peer + " has 1 to "
                    + Sockets.MD5_KEY_MAX + " bytes, not " + bytes.length);
        }
    }
}
