// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * {@code struct group_req} (136 bytes) and {@code struct group_source_req} (264 bytes): a member of
 * a multicast group, the same for IPv4 and IPv6.
 *
 * <pre>
 *   0    interface, by number
 *   8    group, a sockaddr_storage of 128 bytes
 *   136  source, the same; in group_source_req alone
 * </pre>
 */
public final class GroupReq {
    private static final long GROUP = 8;
    private static final long SOURCE = GROUP + SockAddr.SIZE;

    /** Bytes of the longer one. */
    public static final int SIZE = (int) SOURCE + SockAddr.SIZE;

    private GroupReq() {}

    /**
     * Writes one or the other.
     *
     * @param source null for all of them
     * @return its length in bytes
     */
    public static int encode(
            int networkInterface, InetAddress group, InetAddress source, MemorySegment into) {
        into.set(JAVA_INT, 0, networkInterface);
        into.set(JAVA_INT, Integer.BYTES, 0);
        address(group, into, GROUP);
        if (source == null) {
            return (int) SOURCE;
        }
        address(source, into, SOURCE);
        return SIZE;
    }

    private static void address(InetAddress address, MemorySegment into, long at) {
        int family = address instanceof Inet4Address ? Linux.AF_INET : Linux.AF_INET6;
        SockAddr.encode(new InetSocketAddress(address, 0), family,
                into.asSlice(at, SockAddr.SIZE));
    }
}
