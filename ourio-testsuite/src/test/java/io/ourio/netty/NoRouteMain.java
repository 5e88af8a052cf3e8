// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.net.InetSocketAddress;

/** Connects to where no route leads, and prints what it is told. */
final class NoRouteMain {
    private NoRouteMain() {}

    public static void main(String[] args) throws Exception {
        try (Net net = new Net()) {
            var attempt = net.client(new Events())
                    .connect(new InetSocketAddress("203.0.113.1", 9));
            Throwable cause = Net.failure(attempt, "the connect");
            System.out.println(cause.getClass().getSimpleName() + ": " + cause.getMessage());
            Net.await(attempt.channel().closeFuture(), "the close");
        }
    }
}
