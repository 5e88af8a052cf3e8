// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.nio.channels.ClosedChannelException;

/** What a config asks of its channel. Any thread may call. */
interface Fd {
    /** The descriptor of the socket, as long as the channel has not closed it. */
    int openFd() throws ClosedChannelException;

    /** The family of the socket: {@code IPV4}, {@code IPV6} or {@code UNIX} of {@code Sockets}. */
    int socketFamily();

    /** Automatic reading was turned off: a read that waits is not wanted any more. */
    void autoReadCleared();
}
