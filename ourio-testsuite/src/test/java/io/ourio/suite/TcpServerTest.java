// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketShutdownOutputByPeerTest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Netty's tests of a TCP server alone. */
class TcpServerTest {
    @Nested class ShutdownOutputByPeer extends SocketShutdownOutputByPeerTest {
        @Override protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return OurioPermutation.serverSocket();
        }
    }
}
