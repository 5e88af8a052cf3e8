// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.channel.EventLoopGroup;
import io.ourio.netty.HandOver;
import io.ourio.netty.OurioEventLoopGroup;

/** How connections come to the event loop that serves them. */
public enum Accepting {
    /** One loop accepts, makes a channel, and registers it with the next loop: Netty's way. */
    REGISTER("register"),
    /** One loop accepts and hands the descriptors to the loops in turn, which make the channels. */
    HAND_OVER("hand-over") {
        @Override
        HandOver handOver(EventLoopGroup group) {
            return HandOver.roundRobin((OurioEventLoopGroup) group);
        }
    },
    /** The same, to the loop that has the fewest connections. */
    LEAST("least") {
        @Override
        HandOver handOver(EventLoopGroup group) {
            return HandOver.leastConnections((OurioEventLoopGroup) group);
        }
    },
    /** Each loop has a listener of its own, and the kernel chooses: {@code SO_REUSEPORT}. */
    REUSE_PORT("reuse-port");

    private final String label;

    Accepting(String label) {
        this.label = label;
    }

    /** {@return whether a server on {@code transport} can do it} */
    public boolean isPossibleOn(Transport transport) {
        return switch (this) {
            case REGISTER -> true;
            case HAND_OVER, LEAST ->
                    transport == Transport.OURIO || transport == Transport.OURIO_EPOLL;
            case REUSE_PORT -> transport != Transport.NIO;
        };
    }

    /** What the listener is told, or null. */
    HandOver handOver(EventLoopGroup group) {
        return null;
    }

    /** {@return the name that a user types} */
    @Override
    public String toString() {
        return label;
    }
}
