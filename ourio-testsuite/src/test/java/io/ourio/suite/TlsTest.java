// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSslClientRenegotiateTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketSslSessionReuseTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Netty's tests of TLS over TCP, with the engines of the JDK and of BoringSSL. */
class TlsTest {
    @Nested class SslClientRenegotiate extends SocketSslClientRenegotiateTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class SslGreeting extends SocketSslGreetingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class SslSessionReuse extends SocketSslSessionReuseTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class StartTls extends SocketStartTlsTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }
}
