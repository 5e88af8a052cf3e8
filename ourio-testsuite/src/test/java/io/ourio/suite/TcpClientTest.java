// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.bootstrap.Bootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketChannelNotYetConnectedTest;
import io.netty.testsuite.transport.socket.SocketShutdownOutputBySelfTest;
import io.netty.testsuite.transport.socket.WriteBeforeRegisteredTest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Netty's tests of a TCP client alone, save the one in {@link ConnectionAttemptTest}. */
class TcpClientTest {
    @Nested class ChannelNotYetConnected extends SocketChannelNotYetConnectedTest {
        @Override protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return OurioPermutation.clientSocket();
        }
    }

    @Nested class ShutdownOutputBySelf extends SocketShutdownOutputBySelfTest {
        @Override protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return OurioPermutation.clientSocket();
        }
    }

    @Nested class WriteBeforeRegistered extends WriteBeforeRegisteredTest {
        @Override protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return OurioPermutation.clientSocket();
        }
    }
}
