// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.AbstractSocketShutdownOutputByPeerTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketBufReleaseTest;
import io.netty.testsuite.transport.socket.SocketCancelWriteTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketExceptionHandlingTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketReadPendingTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.junit.jupiter.api.Nested;

/**
 * Netty's tests of a connection, over Unix domain sockets with a path: all that do not ask for an
 * address or an option of TCP.
 */
class DomainStreamTest {
    @Nested class Addresses extends SocketAddressesTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }

        @Override protected void assertAddress(SocketAddress address) {
            assertInstanceOf(DomainSocketAddress.class, address);
        }
    }

    @Nested class AutoRead extends SocketAutoReadTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class BufRelease extends SocketBufReleaseTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class CancelWrite extends SocketCancelWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ConditionalWritability extends SocketConditionalWritabilityTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class DataReadInitialState extends SocketDataReadInitialStateTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class Echo extends SocketEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ExceptionHandling extends SocketExceptionHandlingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class FileRegion extends SocketFileRegionTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class GatheringWrite extends SocketGatheringWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ObjectEcho extends SocketObjectEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ReadPending extends SocketReadPendingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ReuseFd extends AbstractSocketReuseFdTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class SslGreeting extends SocketSslGreetingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class StartTls extends SocketStartTlsTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class StringEcho extends SocketStringEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.domainSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }
    }

    @Nested class ShutdownOutputByPeer
            extends AbstractSocketShutdownOutputByPeerTest<SocketChannel> {
        @Override protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
            return OurioPermutation.domainServerSocket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return DomainAddresses.path();
        }

        @Override protected SocketChannel newSocket() {
            try {
                return SocketChannel.open(StandardProtocolFamily.UNIX);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Override protected void connect(SocketChannel socket, SocketAddress address)
                throws IOException {
            socket.connect(
                    UnixDomainSocketAddress.of(((DomainSocketAddress) address).path()));
        }

        @Override protected void write(SocketChannel socket, int data) throws IOException {
            socket.write(ByteBuffer.wrap(new byte[] {(byte) data}));
        }

        @Override protected void shutdownOutput(SocketChannel socket) throws IOException {
            socket.shutdownOutput();
        }

        @Override protected void close(SocketChannel socket) throws IOException {
            socket.close();
        }
    }
}
