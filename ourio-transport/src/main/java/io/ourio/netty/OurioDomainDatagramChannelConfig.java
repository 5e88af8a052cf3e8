// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;
import io.netty.channel.unix.DomainDatagramChannelConfig;

/**
 * The options of a datagram channel of the Unix domain. Until a {@code RecvByteBufAllocator} is
 * set, each packet of up to 65535 bytes gets a buffer of its own size. Any thread may call.
 */
public final class OurioDomainDatagramChannelConfig
        extends OurioMessageChannelConfig<OurioDomainDatagramChannelConfig>
        implements DomainDatagramChannelConfig {
    OurioDomainDatagramChannelConfig(Channel channel, Fd fd) {
        super(channel, fd, SocketOption.DOMAIN_DATAGRAM);
    }
}
