// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * {@code struct sockaddr_un}: the family and right behind it, with no count of its own, the path.
 * How long the struct is says how long the path is:
 *
 * <pre>
 *   2 bytes   no name
 *   family, 'a', 'b', 0     the file "ab"; a struct of 5 bytes
 *   family, 0, 'a', 'b'     the abstract name "ab"; a struct of 5 bytes
 * </pre>
 *
 * <p>As a string, an abstract name begins with a NUL; only Linux has such. Any thread may call.
 */
public final class UnixAddr {
    private static final int PATH = 2;

    /** Bytes of {@code sun_path}. */
    private static final int PATH_SIZE = pathSize(Platform.CURRENT);

    private UnixAddr() {}

    static int pathSize(Platform platform) {
        return platform.isBsd() ? 104 : 108;
    }

    /**
     * Writes the address of {@code path}.
     *
     * @param into takes {@link SockAddr#SIZE} bytes
     * @return the length of the struct in bytes, as the kernel wants to be told
     * @throws IllegalArgumentException if the path is too long, or a NUL would cut it
     */
    public static int encode(String path, MemorySegment into) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        boolean file = bytes.length > 0 && bytes[0] != 0;
        int end = file ? 1 : 0;
        if (bytes.length + end > PATH_SIZE) {
            throw new IllegalArgumentException("the path of a Unix domain socket has at most "
                    + (PATH_SIZE - 1) + " bytes in UTF-8, not " + (file ? bytes.length
                    : bytes.length - 1) + ": " + path.replace('\0', '@'));
        }
        if (file && path.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                    "the path of a file has no NUL: " + path.replace('\0', '@'));
        }
        int length = PATH + bytes.length + end;
        into.set(JAVA_SHORT, 0, SockAddr.head(Linux.AF_UNIX, length));
        MemorySegment.copy(bytes, 0, into, JAVA_BYTE, PATH, bytes.length);
        if (file) {
            into.set(JAVA_BYTE, PATH + bytes.length, (byte) 0);
        }
        return length;
    }

    /**
     * Reads an address that the kernel wrote.
     *
     * @param length of the struct, as the kernel has told it
     * @return the path, empty for a socket without a name
     */
    public static String decode(MemorySegment from, int length) {
        int bytes = Math.clamp(length - PATH, 0, PATH_SIZE);
        if (bytes > 0 && from.get(JAVA_BYTE, PATH) != 0) {
            int end = 0;
            while (end < bytes && from.get(JAVA_BYTE, PATH + end) != 0) {
                end++;
            }
            bytes = end;
        }
        return new String(
                from.asSlice(PATH, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }
}
