// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import java.util.List;

/**
 * Why a test may be skipped, and how Netty's own transports fare in it: a skip that they do not
 * need either is no fault of ours.
 *
 * @param reason that holds for Ourio
 * @param peers what each of {@link #PEERS} does there
 */
record AllowedSkip(String reason, String peers) {
    static final List<String> PEERS = List.of("NIO", "epoll", "io_uring");

    AllowedSkip {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("an allowed skip needs a reason");
        }
        for (String peer : PEERS) {
            if (!peers.contains(peer)) {
                throw new IllegalArgumentException(
                        "\"" + peers + "\" does not tell what Netty's " + peer + " does there");
            }
        }
    }
}
