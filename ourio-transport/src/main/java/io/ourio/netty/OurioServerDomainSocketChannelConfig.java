// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.Channel;

/** The options of a listener of a Unix domain socket. Any thread may call. */
public final class OurioServerDomainSocketChannelConfig
        extends OurioServerChannelConfig<OurioServerDomainSocketChannelConfig> {
    OurioServerDomainSocketChannelConfig(Channel channel, Fd fd) {
        super(channel, fd, SocketOption.DOMAIN_LISTENER);
    }
}
