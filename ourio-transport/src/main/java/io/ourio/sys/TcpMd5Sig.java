// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** {@code struct tcp_md5sig}: the key of one peer. */
public final class TcpMd5Sig {
    /** Bytes of the struct. */
    public static final int SIZE = 216;
    /** The longest key in bytes. */
    public static final int KEY_MAX = 80;

    static final StructLayout LAYOUT = structLayout(
            sequenceLayout(SockAddr.SIZE / 8, JAVA_LONG).withName("tcpm_addr"),
            JAVA_BYTE.withName("tcpm_flags"),
            JAVA_BYTE.withName("tcpm_prefixlen"),
            JAVA_SHORT.withName("tcpm_keylen"),
            JAVA_INT.withName("tcpm_ifindex"),
            sequenceLayout(KEY_MAX, JAVA_BYTE).withName("tcpm_key")).withName("tcp_md5sig");

    private static final long KEY_LENGTH = offset("tcpm_keylen");
    private static final long KEY = offset("tcpm_key");

    private TcpMd5Sig() {}

    /** Makes the struct for a peer; the port of the address has no meaning. */
    public static MemorySegment encode(InetAddress peer, int family, byte[] key, Arena arena) {
        if (key.length > KEY_MAX) {
            throw new IllegalArgumentException("a TCP MD5 key is at most " + KEY_MAX
                    + " bytes, not " + key.length);
        }
        MemorySegment struct = arena.allocate(LAYOUT);
        SockAddr.encode(new InetSocketAddress(peer, 0), family, struct);
        struct.set(JAVA_SHORT, KEY_LENGTH, (short) key.length);
        MemorySegment.copy(key, 0, struct, JAVA_BYTE, KEY, key.length);
        return struct;
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(PathElement.groupElement(field));
    }
}
