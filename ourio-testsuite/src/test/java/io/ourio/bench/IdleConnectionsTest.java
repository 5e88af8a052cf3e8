// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdleConnectionsTest {
    private final Set<InetSocketAddress> peers = ConcurrentHashMap.newKeySet();
    private int status = 200;
    private HttpServer server;
    private URI address;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            peers.add(exchange.getRemoteAddress());
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void eachHasHadARequest() throws IOException {
        InetAddress from = InetAddress.getByName("127.1.0.9");
        try (IdleConnections _ = IdleConnections.open(address, 30, from)) {
            assertEquals(30, peers.size());
            assertTrue(peers.stream().allMatch(peer -> peer.getAddress().equals(from)),
                    peers::toString);
        }
    }

    @Test
    void serverThatRefusesThemIsToldToHave() {
        status = 503;
        BenchmarkException refused = assertThrows(BenchmarkException.class, () ->
                IdleConnections.open(address, 30, InetAddress.getLoopbackAddress()));
        assertTrue(refused.getMessage().contains("HTTP/1.1 503"), refused::getMessage);
    }
}
