// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.PagePipe;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * The pipes of one loop through which files go. A connection has one while a part of a file waits
 * in it for the socket; those that are empty are kept for the next, a few of them.
 */
final class PagePipes {
    private static final int KEPT = 4;

    private final ArrayDeque<PagePipe> free = new ArrayDeque<>(KEPT);
    private final boolean supported;
    private boolean closed;

    PagePipes(boolean supported) {
        this.supported = supported;
    }

    /** An empty one, or null if there is none to be had: then one copies. */
    PagePipe take() {
        PagePipe pipe = free.poll();
        if (pipe != null || !supported) {
            return pipe;
        }
        try {
            return PagePipe.open();
        } catch (IOException e) {
            return null; // Too many are in use, which may be over at the next part.
        }
    }

    /** Takes one back that is not needed any more, and keeps it only if it is empty. */
    void release(PagePipe pipe, boolean empty) {
        if (empty && !closed && free.size() < KEPT) {
            free.push(pipe);
        } else {
            pipe.close();
        }
    }

    void close() {
        closed = true;
        free.forEach(PagePipe::close);
        free.clear();
    }
}
