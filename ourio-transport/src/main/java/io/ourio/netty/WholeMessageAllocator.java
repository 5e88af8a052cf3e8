// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * What datagram channels have until the application says otherwise: each message gets a buffer that
 * is as large as the message, so that none is cut and none has more than it needs.
 */
final class WholeMessageAllocator extends DefaultMaxMessagesRecvByteBufAllocator {
    /** More than a UDP datagram can have. */
    static final int MAX_BYTES = 65535;

    @Override
    @SuppressWarnings("deprecation") // Netty deprecates the plain handle, and asks for it.
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return MAX_BYTES;
            }
        };
    }
}
