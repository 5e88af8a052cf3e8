// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.net.SocketAddress;

/**
 * Told by {@code userEventTriggered} before a datagram is read that was longer than what the {@code
 * RecvByteBufAllocator} or {@code MAX_DATAGRAM_PAYLOAD_SIZE} of the channel has room for: the next
 * {@code channelRead} gets the bytes that there was room for, and the rest is lost.
 *
 * @param sender whom the datagram came from
 * @param length how many bytes it had
 */
public record TruncatedDatagramEvent(SocketAddress sender, int length) {}
