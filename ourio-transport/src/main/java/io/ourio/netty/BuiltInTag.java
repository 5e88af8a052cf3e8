// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

/** The messages of the contexts that channels themselves use: what a completion is about. */
enum BuiltInTag {
    /** A connection came in: {@code channelRead} of the child. */
    ACCEPT,
    /** The connection stands or failed: {@code channelActive} or the connect's promise. */
    CONNECT,
    /** Data came in or the stream ended: {@code channelRead}, input shutdown, inactive. */
    RECV,
    /** Data went out: the writes' promises and {@code channelWritabilityChanged}. */
    SEND
}
