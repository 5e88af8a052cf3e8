// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorsTest {
    private static final InetSocketAddress REMOTE =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

    @ParameterizedTest
    @CsvSource({
        "111, java.net.ConnectException",
        "110, java.net.ConnectException",
        "113, java.net.NoRouteToHostException",
        "101, java.net.NoRouteToHostException",
        "99, java.net.BindException",
        "106, java.nio.channels.AlreadyConnectedException",
        "114, java.nio.channels.ConnectionPendingException",
        "125, java.nio.channels.ClosedChannelException",
        "9, java.nio.channels.ClosedChannelException",
        "2, java.io.FileNotFoundException",
    })
    void failedConnectBecomesTheExceptionOfNio(int errno, Class<?> type) {
        assertSame(type, Errors.connect(REMOTE, -errno).getClass());
    }

    @ParameterizedTest
    @CsvSource({
        "107, java.nio.channels.NotYetConnectedException",
        "125, java.nio.channels.ClosedChannelException",
        "9, java.nio.channels.ClosedChannelException",
        "104, java.net.SocketException",
        "32, java.io.IOException",
    })
    void failedCallOnAStreamBecomesTheExceptionOfNio(int errno, Class<?> type) {
        assertSame(type, Errors.io("recv", -errno).getClass());
    }

    @Test
    void refusedConnectNamesTheAddress() {
        assertEquals("connect(" + REMOTE + "): ECONNREFUSED (111): Connection refused",
                Errors.connect(REMOTE, -111).getMessage());
    }

    @Test
    void refusalOfADatagramMeansThatThePortIsUnreachable() {
        assertSame(PortUnreachableException.class, Errors.datagram("recv", -111).getClass());
        assertEquals("recv: ECONNREFUSED (111): Connection refused",
                Errors.datagram("recv", -111).getMessage());
    }

    @Test
    void closedChannelKeepsWhatTheKernelSaidAsItsCause() {
        String cause = Errors.io("recv", -125).getCause().getMessage();
        assertTrue(cause.startsWith("recv: ECANCELED (125)"), cause);
    }
}
