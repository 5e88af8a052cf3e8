// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;

/** Where the bytes of a direct buffer are. */
final class Memory {
    private Memory() {}

    /**
     * The address of {@code length} bytes from {@code index} on of a buffer that is one piece of
     * direct memory. Without {@code Unsafe}, Netty may not know it; the JDK does.
     */
    static long address(ByteBuf buffer, int index, int length) {
        return buffer.hasMemoryAddress()
                ? buffer.memoryAddress() + index
                : MemorySegment.ofBuffer(buffer.internalNioBuffer(index, length)).address();
    }
}
