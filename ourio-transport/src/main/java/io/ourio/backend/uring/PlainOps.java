// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.Op;
import java.util.EnumSet;
import java.util.Set;

/**
 * The operations that a ring does by a plain system call, on its own thread, where the kernel has
 * no opcode for them, or none that is worth it. Only such as do not wait for somebody else.
 */
final class PlainOps {
    private PlainOps() {}

    /** The operations that need it on a kernel with these features. */
    static EnumSet<Op> without(Set<Feature> features) {
        EnumSet<Op> ops = EnumSet.of(Op.FSTAT); // A kernel with the opcode has a worker do it.
        if (!features.contains(Feature.DIRECTORY_OPCODES)) {
            ops.addAll(Set.of(Op.MKDIR, Op.SYMLINK, Op.LINK));
        }
        if (!features.contains(Feature.SOCKET_OPCODE)) {
            ops.add(Op.SOCKET);
        }
        if (!features.contains(Feature.FTRUNCATE_OPCODE)) {
            ops.add(Op.FTRUNCATE);
        }
        if (!features.contains(Feature.LISTEN_OPCODES)) {
            ops.addAll(Set.of(Op.BIND, Op.LISTEN));
        }
        return ops;
    }
}
