// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.handler.ssl.OpenSsl;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Netty's echo over TLS: 192 sets of parameters, as long as all other tests together. */
class SslEchoTest {
    /** Without the native engine half of the TLS tests are gone, and nothing fails. */
    @Test
    void bothTlsEnginesAreHere() throws Exception {
        OpenSsl.ensureAvailability();
        assertEquals(192, SocketSslEchoTest.data().size());
    }

    @Nested class SslEcho extends SocketSslEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }
}
