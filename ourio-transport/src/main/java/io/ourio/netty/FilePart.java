// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Ring;
import io.ourio.Task;

/** What was taken out of a file region and the socket has not taken yet. */
interface FilePart {
    /** Sends at once what the socket takes: the count of bytes, or {@code -errno}. */
    int trySend(Ring ring, int fd);

    /** Has {@code task} go on when the socket takes something again; it may send by itself. */
    void send(Ring ring, int fd, Task task);

    /** The socket has taken so many bytes. Returns whether that was all. */
    boolean sent(int bytes);

    /** Lets go of it. */
    void release();
}
