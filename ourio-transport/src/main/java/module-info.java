// SPDX-License-Identifier: Apache-2.0

/** The Ourio runtime and its Netty transport. */
module io.ourio {
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires transitive io.netty.transport.unix.common;

    exports io.ourio;
    exports io.ourio.mock;
    exports io.ourio.netty;
}
