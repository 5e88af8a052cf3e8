// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whom a connection is with, asked before it is made, meanwhile, and when it is over. What is asked
 * of other sockets is in DomainSocketTest, DatagramChannelTest and DomainDatagramChannelTest.
 */
class RemoteAddressTest {
    private final Queue<Events> accepted = new ConcurrentLinkedQueue<>();
    private final Net net = new Net();

    @AfterEach
    void close() throws IOException {
        net.close();
    }

    private Channel listen(String host, boolean autoRead) {
        var bound = net.server(() -> {
            Events events = new Events();
            accepted.add(events);
            return events;
        }).option(ChannelOption.AUTO_READ, autoRead).bind(new InetSocketAddress(host, 0));
        Net.await(bound, "the bind");
        return bound.channel();
    }

    private Events accepted() {
        Net.until(() -> !accepted.isEmpty() && accepted.peek().channel() != null,
                () -> "no connection was accepted");
        return accepted.poll();
    }

    /** A peer that speaks IPv4 to a socket of IPv6 has an address of IPv4. */
    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "::1, ::1", "::, ::1", "::, 127.0.0.1"})
    void bothEndsKnowEachOtherAlsoWhenItIsOver(String bound, String host) throws Exception {
        int port = ((InetSocketAddress) listen(bound, true).localAddress()).getPort();
        SocketAddress server = new InetSocketAddress(host, port);
        var connected = net.client(new Events()).connect(server);
        Net.await(connected, "the connection");
        Channel client = connected.channel();
        Events events = accepted();
        for (boolean over : new boolean[] {false, true}) {
            assertEquals(server, client.remoteAddress());
            assertEquals(client.localAddress(), events.channel().remoteAddress());
            assertEquals(server, events.channel().localAddress());
            if (!over) {
                Net.await(client.close(), "the close");
                events.awaitInactive();
            }
        }
    }

    /** Also if it was never asked before the end, when the kernel does not know it any more. */
    @Test
    void addressIsKnownWhenItIsFirstAskedAfterTheEnd() throws Exception {
        Socket peer = net.socket(listen("127.0.0.1", true));
        SocketAddress address = peer.getLocalSocketAddress();
        Events events = accepted();
        peer.setSoLinger(true, 0);
        peer.close();
        events.awaitInactive();
        assertEquals(address, events.channel().remoteAddress());
    }

    @Test
    void thereIsNoneBeforeAConnectionAndAfterARefusedOne() throws Exception {
        Channel listener = listen("127.0.0.1", true);
        SocketAddress nobody = listener.localAddress();
        assertNull(listener.remoteAddress());
        Net.await(listener.close(), "the close");
        var registered = net.client(new Events()).register();
        Net.await(registered, "the registration");
        Channel client = registered.channel();
        assertNull(client.remoteAddress());
        assertInstanceOf(ConnectException.class,
                Net.failure(client.connect(nobody), "the connect"));
        assertNull(client.remoteAddress());
    }

    /** The kernel has no address of a connection that was reset, but hands it out. */
    @Test
    void peerThatWasGoneBeforeItWasAcceptedHasNone() throws Exception {
        Channel listener = listen("127.0.0.1", false);
        Socket peer = net.socket(listener);
        peer.setSoLinger(true, 0);
        peer.close();
        listener.read();
        Events events = accepted();
        events.awaitInactive();
        assertNull(events.channel().remoteAddress());
    }
}
