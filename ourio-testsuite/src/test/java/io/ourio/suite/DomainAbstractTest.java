// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Netty's tests of a connection, over Unix domain sockets with an abstract name. */
class DomainAbstractTest {
    @Nested class Addresses extends SocketAddressesTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }

        @Override protected void assertAddress(SocketAddress address) {
            assertInstanceOf(DomainSocketAddress.class, address);
        }
    }

    @Nested class Echo extends SocketEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }
    }

    @Nested class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }
    }

    @Nested class ReuseFd extends AbstractSocketReuseFdTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }
    }

    @Nested class StringEcho extends SocketStringEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.abstractName();
        }
    }
}
