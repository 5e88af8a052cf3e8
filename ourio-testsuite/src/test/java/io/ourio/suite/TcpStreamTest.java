// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.AbstractSocketReuseFdTest;
import io.netty.testsuite.transport.socket.CompositeBufferGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import io.netty.testsuite.transport.socket.SocketAutoReadTest;
import io.netty.testsuite.transport.socket.SocketBufReleaseTest;
import io.netty.testsuite.transport.socket.SocketCancelWriteTest;
import io.netty.testsuite.transport.socket.SocketCloseForciblyTest;
import io.netty.testsuite.transport.socket.SocketConditionalWritabilityTest;
import io.netty.testsuite.transport.socket.SocketConnectTest;
import io.netty.testsuite.transport.socket.SocketDataReadInitialStateTest;
import io.netty.testsuite.transport.socket.SocketEchoTest;
import io.netty.testsuite.transport.socket.SocketExceptionHandlingTest;
import io.netty.testsuite.transport.socket.SocketFileRegionTest;
import io.netty.testsuite.transport.socket.SocketFixedLengthEchoTest;
import io.netty.testsuite.transport.socket.SocketGatheringWriteTest;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.testsuite.transport.socket.SocketMultipleConnectTest;
import io.netty.testsuite.transport.socket.SocketObjectEchoTest;
import io.netty.testsuite.transport.socket.SocketReadPendingTest;
import io.netty.testsuite.transport.socket.SocketRstTest;
import io.netty.testsuite.transport.socket.SocketSpdyEchoTest;
import io.netty.testsuite.transport.socket.SocketStringEchoTest;
import io.netty.testsuite.transport.socket.TrafficShapingHandlerTest;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Netty's tests of a TCP connection. */
class TcpStreamTest {
    @Nested class CompositeBufferGatheringWrite extends CompositeBufferGatheringWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class Addresses extends SocketAddressesTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }

        @Override protected void assertAddress(SocketAddress address) {
            InetSocketAddress inet = assertInstanceOf(InetSocketAddress.class, address);
            assertEquals(NetUtil.LOCALHOST, inet.getAddress());
            assertNotEquals(0, inet.getPort());
        }
    }

    @Nested class AutoRead extends SocketAutoReadTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class BufRelease extends SocketBufReleaseTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class CancelWrite extends SocketCancelWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class CloseForcibly extends SocketCloseForciblyTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class ConditionalWritability extends SocketConditionalWritabilityTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class Connect extends SocketConnectTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class DataReadInitialState extends SocketDataReadInitialStateTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class Echo extends SocketEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class ExceptionHandling extends SocketExceptionHandlingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class FileRegion extends SocketFileRegionTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class FixedLengthEcho extends SocketFixedLengthEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class GatheringWrite extends SocketGatheringWriteTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class HalfClosed extends SocketHalfClosedTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class MultipleConnect extends SocketMultipleConnectTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class ObjectEcho extends SocketObjectEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class ReadPending extends SocketReadPendingTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class ReuseFd extends AbstractSocketReuseFdTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }

        @Override protected SocketAddress newSocketAddress() {
            return new InetSocketAddress(NetUtil.LOCALHOST, 0);
        }
    }

    @Nested class Rst extends SocketRstTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class SpdyEcho extends SocketSpdyEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class StringEcho extends SocketStringEchoTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }

    @Nested class TrafficShapingHandler extends TrafficShapingHandlerTest {
        @Override protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
            return OurioPermutation.socket();
        }
    }
}
