// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Ring;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which loops serve the connections of a listener, and that these make the channels: the value of
 * {@link OurioChannelOption#HAND_OVER}.
 *
 * <p>Without it the listener's loop makes a channel of each connection, tells the pipeline, and
 * {@code ServerBootstrap} registers it with the next loop. With it the listener's loop does nothing
 * but accept: the file descriptor travels in a message between the rings ({@link Ring#msgRing}),
 * and the loop that gets it makes the channel, sets it up as the bootstrap says, and registers it.
 * The group should be the bootstrap's child group; another one would move the channel on.
 *
 * <pre>{@code
 * bootstrap.group(boss, workers)
 *         .option(OurioChannelOption.HAND_OVER, HandOver.leastConnections(workers));
 * }</pre>
 *
 * <p>A pipeline with handlers in front of the bootstrap's is told of each channel first, as
 * ever, on the listener's loop; so there the channel is made, and only its loop is chosen by this.
 *
 * <p>A connection is passed over to another loop if its own is shutting down. If all are, it is
 * closed, and so are connections on their way to a loop that ends meanwhile. Those that are on
 * their way when the listener is closed are served, as are those that were registered.
 *
 * <p>Several listeners may share one of these: connections are then counted and spread together.
 * Any thread may call.
 */
public final class HandOver {
    /** The channels are made by the listener's loop and registered with the next loop. */
    public static final HandOver NONE = new HandOver(List.of(), false);

    private final List<Target> targets;
    private final boolean byConnections;
    private final AtomicInteger next = new AtomicInteger();

    /** A loop that serves. */
    static final class Target {
        final RingEventLoop loop;

        /** Open, or on their way. */
        final AtomicInteger connections = new AtomicInteger();

        Target(RingEventLoop loop) {
            this.loop = loop;
        }
    }

    private HandOver(List<Target> targets, boolean byConnections) {
        this.targets = targets;
        this.byConnections = byConnections;
    }

    /** The loops of {@code group} take turns. */
    public static HandOver roundRobin(OurioEventLoopGroup group) {
        return new HandOver(targets(group), false);
    }

    /**
     * Each connection goes to the loop of {@code group} that has the fewest; the loops with equally
     * few take turns. Only those count that came by this very object.
     */
    public static HandOver leastConnections(OurioEventLoopGroup group) {
        return new HandOver(targets(group), true);
    }

    private static List<Target> targets(OurioEventLoopGroup group) {
        return Objects.requireNonNull(group, "group").targets();
    }

    /** The loop of the next connection, which counts from here on; null if none will have it. */
    Target choose() {
        int first = next.getAndIncrement();
        Target chosen = null;
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(Math.floorMod(first + i, targets.size()));
            if (target.loop.isShuttingDown()) {
                continue;
            }
            if (chosen == null || target.connections.get() < chosen.connections.get()) {
                chosen = target;
            }
            if (!byConnections) {
                break;
            }
        }
        if (chosen != null) {
            chosen.connections.incrementAndGet();
        }
        return chosen;
    }

    @Override
    public String toString() {
        if (targets.isEmpty()) {
            return "none";
        }
        return (byConnections ? "least connections of " : "round robin among ")
                + targets.size() + " loops";
    }
}
