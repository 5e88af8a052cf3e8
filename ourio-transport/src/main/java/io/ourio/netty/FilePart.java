// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Task;
import java.io.IOException;

/** What was taken out of a file region and the socket has not taken yet. */
interface FilePart {
    /** What {@link #trySend} says if a task is needed first. */
    int NOT_NOW = -Errno.EAGAIN;

    /** Sends at once what the socket takes: the count of bytes, or {@code -errno}. */
    int trySend(Ring ring, int fd);

    /** Has {@code task} go on when the socket takes something again; it may send by itself. */
    void send(Ring ring, int fd, Task task);

    /**
     * The task of {@link #send} has ended well.
     *
     * @return how many bytes the socket has taken
     * @throws IOException if the file has no more
     */
    int taken(int result) throws IOException;

    /** The socket has taken so many bytes. Returns whether that was all. */
    boolean sent(int bytes);

    /** Lets go of it. */
    void release();
}
