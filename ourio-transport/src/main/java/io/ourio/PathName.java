// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Names of files as the kernel wants them: UTF-8, in native memory, with a zero at the end. */
final class PathName {
    private PathName() {}

    /**
     * The name in memory that is freed when nobody refers to the segment any more.
     *
     * @throws IllegalArgumentException if the kernel would see another name than the caller does
     */
    static MemorySegment encode(String path) {
        int nul = path.indexOf('\0');
        if (nul >= 0) {
            throw new IllegalArgumentException("the path has a NUL at index " + nul
                    + ", where the kernel would take it to end");
        }
        ByteBuffer bytes = utf8(path);
        MemorySegment name = Arena.ofAuto().allocate(bytes.remaining() + 1);
        name.asByteBuffer().put(bytes);
        return name;
    }

    /** Strictly: a {@code ?} in place of a character would be the name of another file. */
    private static ByteBuffer utf8(String path) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(path));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the path has half of a surrogate pair, which UTF-8 cannot say", e);
        }
    }
}
