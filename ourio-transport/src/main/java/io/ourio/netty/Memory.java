// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;

/** Memory as the processor and the kernel see it. */
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

    /** Reads the header of an object, and calls nothing of it. Returns what is good for nothing. */
    static int touch(Object object) {
        return object.getClass() == Object.class ? 1 : 0;
    }
}
