// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.CmsgHdr;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A piece of what travels beside the bytes of a message, as {@code cmsg(3)} has it: the local
 * address of a datagram, a file descriptor, a time.
 *
 * @param level the protocol that it is about, as {@code SOL_SOCKET}
 * @param type what it is, as {@code SCM_RIGHTS}
 * @param data its bytes, which lie in the memory of the message and are valid as long as that
 */
public record ControlMessage(int level, int type, MemorySegment data) {

    /** Those in {@code control}. What the kernel had to cut is left out. */
    static List<ControlMessage> parse(MemorySegment control) {
        List<ControlMessage> found = new ArrayList<>();
        long at = 0;
        while (at + CmsgHdr.SIZE <= control.byteSize()) {
            long length = CmsgHdr.length(control, at);
            if (length < 0 || length > control.byteSize() - at - CmsgHdr.SIZE) {
                break;
            }
            found.add(new ControlMessage(CmsgHdr.level(control, at), CmsgHdr.type(control, at),
                    control.asSlice(at + CmsgHdr.SIZE, length)));
            at += CmsgHdr.space(length);
        }
        return found;
    }
}
