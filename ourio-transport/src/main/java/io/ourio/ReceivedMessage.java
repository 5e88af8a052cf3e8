// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Linux;
import io.ourio.sys.SockAddr;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * What travelled beside the bytes of a message that was received, valid as long as the message. The
 * ring's thread makes every call.
 */
public sealed interface ReceivedMessage permits Message, MessageReader {
    /** Whom it came from; null if that is not said, or not of IPv4 or IPv6. */
    InetSocketAddress from();

    /** The path of the Unix domain socket that it came from, empty if that has none. */
    String fromPath();

    /** Its control data. */
    List<ControlMessage> controls();

    /** Whether the message had more bytes than there was room for, which are lost. */
    boolean isTruncated();

    /** Whether it had more control data than there was room for. */
    boolean isControlTruncated();

    /**
     * The size in bytes of the datagrams that the kernel has put together to this one ({@code
     * UDP_GRO}), of which the last may be smaller; 0 if it is one datagram.
     */
    default int segmentSize() {
        for (ControlMessage control : controls()) {
            if (control.level() == Linux.IPPROTO_UDP && control.type() == Linux.UDP_GRO) {
                return control.data().get(ValueLayout.JAVA_INT, 0);
            }
        }
        return 0;
    }

    /**
     * The address that the datagram was sent to, before anybody redirected it ({@code
     * IP_RECVORIGDSTADDR}); null if the socket was not asked to tell.
     */
    default InetSocketAddress originalDestination() {
        for (ControlMessage control : controls()) {
            if (control.level() == Linux.IPPROTO_IP && control.type() == Linux.IP_ORIGDSTADDR
                    || control.level() == Linux.IPPROTO_IPV6
                            && control.type() == Linux.IPV6_ORIGDSTADDR) {
                return SockAddr.decode(control.data());
            }
        }
        return null;
    }
}
