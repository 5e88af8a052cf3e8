// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.Socket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may bind to an address that another socket has, or has had. */
class ReuseAddressTest {
    /** Chosen by the kernel, by a hash: that all go to one of two will not be seen. */
    private static final int CONNECTIONS = 64;

    private final Net net = new Net(2);

    @AfterEach
    void close() throws IOException {
        net.close();
    }

    private ServerBootstrap sharing(Queue<Events> accepted) {
        return net.server(() -> {
            Events events = new Events();
            accepted.add(events);
            return events;
        }).option(UnixChannelOption.SO_REUSEPORT, true);
    }

    @Test
    void listenersThatShareAPortShareItsConnections() throws Exception {
        List<Queue<Events>> accepted =
                List.of(new ConcurrentLinkedQueue<>(), new ConcurrentLinkedQueue<>());
        Channel first = Net.bind(sharing(accepted.getFirst()));
        var second = sharing(accepted.getLast()).bind(first.localAddress());
        Net.await(second, "the second bind");
        for (int i = 0; i < CONNECTIONS; i++) {
            net.socket(first);
        }
        Net.until(() -> accepted.stream().mapToInt(Queue::size).sum() == CONNECTIONS,
                () -> "accepted: " + accepted);
        assertTrue(accepted.stream().noneMatch(Queue::isEmpty), "one had all");
        Net.await(second.channel().close(), "the close");
        int before = accepted.getFirst().size();
        for (int i = 0; i < CONNECTIONS; i++) {
            net.socket(first);
        }
        Net.until(() -> accepted.getFirst().size() == before + CONNECTIONS,
                () -> "accepted: " + accepted);
    }

    @Test
    void portOfAListenerIsTakenForWhoDoesNotShare() throws Exception {
        Channel first = Net.bind(sharing(new ConcurrentLinkedQueue<>()));
        assertInstanceOf(BindException.class, Net.failure(
                net.server(Events::new).bind(first.localAddress()), "the second bind"));
    }

    /** The end that closes first holds the port for a minute: a server that restarts must not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void portOfConnectionsThatAreOverIsFreeForAListenerThatReuses(boolean reuses)
            throws Exception {
        Queue<Events> accepted = new ConcurrentLinkedQueue<>();
        Channel first = Net.bind(net.server(() -> {
            Events events = new Events();
            accepted.add(events);
            return events;
        }));
        Socket peer = net.socket(first);
        Net.until(() -> !accepted.isEmpty() && accepted.peek().channel() != null,
                () -> "no connection was accepted");
        Net.await(accepted.peek().channel().close(), "the close");
        assertEquals(-1, peer.getInputStream().read());
        peer.close();
        Net.await(first.close(), "the close of the listener");
        ServerBootstrap again = net.server(Events::new);
        if (!reuses) { // A listener has it on, unless it is told.
            again.option(ChannelOption.SO_REUSEADDR, false);
        }
        var second = again.bind(first.localAddress());
        if (reuses) {
            Net.await(second, "the second bind");
        } else {
            assertInstanceOf(BindException.class, Net.failure(second, "the second bind"));
        }
    }

    @Test
    void datagramChannelsShareAPortIfAllWant() throws Exception {
        for (var option : List.of(ChannelOption.SO_REUSEADDR, UnixChannelOption.SO_REUSEPORT)) {
            Bootstrap sharing = datagram().option(option, true);
            var first = sharing.bind(Net.ANY_PORT);
            Net.await(first, "the bind");
            var second = sharing.bind(first.channel().localAddress());
            Net.await(second, "the second bind with " + option);
            assertEquals(first.channel().localAddress(), second.channel().localAddress());
            assertInstanceOf(BindException.class, Net.failure(
                    datagram().bind(first.channel().localAddress()), "one that does not share"));
        }
    }

    private Bootstrap datagram() {
        return new Bootstrap().group(net.group).channel(OurioDatagramChannel.class)
                .handler(Net.each(Events::new));
    }
}
