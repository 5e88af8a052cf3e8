// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketsTest {
    private static final InetSocketAddress LOOPBACK4 = loopback(127, 0, 0, 1);

    private final List<Integer> open = new ArrayList<>();

    @AfterEach
    void closeAll() throws IOException {
        for (int fd : open) {
            Sockets.close(fd);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Linux.AF_INET, Linux.AF_INET6})
    void boundSocketHasItsAddressAndAnUnboundOneHasNone(int family) throws IOException {
        int fd = socket(family);
        assertEquals(family, Sockets.family(fd));
        assertNull(Sockets.localAddress(fd));
        Sockets.bind(fd, family, LOOPBACK4);
        InetSocketAddress local = Sockets.localAddress(fd);
        assertEquals(LOOPBACK4.getAddress(), local.getAddress());
        assertNotEquals(0, local.getPort());
        assertNull(Sockets.remoteAddress(fd));
    }

    @Test
    void newSocketsAreIpv6WhereThatWorks() throws IOException {
        int fd = Sockets.tcp();
        open.add(fd);
        assertEquals(Sockets.preferredFamily(), Sockets.family(fd));
        assertEquals(Sockets.ipv6Available(), Sockets.family(fd) == Sockets.IPV6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void listenerOnTheIpv4WildcardServesBothProtocols(String peer) throws IOException {
        int fd = socket(Sockets.IPV6);
        Sockets.bind(fd, Sockets.IPV6, loopback(0, 0, 0, 0));
        Sockets.listen(fd, 8);
        int port = Sockets.localAddress(fd).getPort();
        try (Socket socket = new Socket(peer, port)) {
            assertEquals(port, socket.getPort());
        }
    }

    @Test
    void connectToTheIpv4WildcardReachesAnIpv4OnlyListener() throws IOException {
        int listener = socket(Sockets.IPV4);
        Sockets.bind(listener, Sockets.IPV4, LOOPBACK4);
        Sockets.listen(listener, 8);
        InetSocketAddress local = Sockets.localAddress(listener);
        int client = socket(Sockets.IPV6);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(Sockets.ADDRESS_SIZE, 8);
            int length = Sockets.encode(new InetSocketAddress(
                    InetAddress.getByAddress(new byte[4]), local.getPort()), Sockets.IPV6, address);
            int result = Libc.current().connect(client, address, length);
            assertTrue(result == 0 || result == -Errno.EINPROGRESS, Errno.describe(-result));
        }
        assertEquals(local, awaitRemoteAddress(client));
    }

    @Test
    void connectionKnowsItsPeerAndItsTcpInfo() throws IOException {
        int listener = socket(Sockets.preferredFamily());
        Sockets.bind(listener, Sockets.preferredFamily(), LOOPBACK4);
        Sockets.listen(listener, 8);
        assertEquals(10, Sockets.tcpInfo(listener).state()); // TCP_LISTEN
        InetSocketAddress local = Sockets.localAddress(listener);
        try (Socket client = new Socket(local.getAddress(), local.getPort())) {
            int fd = awaitAccept(listener);
            assertEquals(client.getLocalSocketAddress(), Sockets.remoteAddress(fd));
            client.getOutputStream().write(new byte[1000]);
            long deadline = deadline();
            while (Sockets.tcpInfo(fd).bytesReceived() < 1000) {
                assertTrue(System.nanoTime() < deadline, () -> "nothing received: " + info(fd));
                Thread.onSpinWait();
            }
            TcpInfo info = Sockets.tcpInfo(fd);
            assertEquals(1, info.state(), info.toString()); // TCP_ESTABLISHED
            assertEquals(1000, info.bytesReceived());
            assertEquals(0, info.bytesSent());
            assertTrue(info.sendMss() >= 500 && info.sendMss() <= 65536, info::toString);
            assertTrue(info.congestionWindow() > 0, info::toString);
        }
    }

    @Test
    void bytesThatAnOlderKernelDoesNotReportAreZero() {
        ByteBuffer old = ByteBuffer.allocate(TcpInfo.CAPACITY).order(ByteOrder.nativeOrder());
        for (int i = 0; i < 104; i++) {
            old.put((byte) 1);
        }
        TcpInfo info = new TcpInfo(old.flip());
        assertEquals(1, info.state());
        assertEquals(0x01010101, info.totalRetransmits());
        assertEquals(0, info.bytesAcked());
        assertEquals(0, info.minRoundTripTime());
    }

    @Test
    void usedPortIsABindExceptionThatNamesTheAddressAndTheWayOut() throws IOException {
        int first = socket(Sockets.IPV4);
        Sockets.bind(first, Sockets.IPV4, LOOPBACK4);
        InetSocketAddress used = Sockets.localAddress(first);
        int second = socket(Sockets.IPV4);
        var refused = assertThrows(BindException.class,
                () -> Sockets.bind(second, Sockets.IPV4, used));
        assertTrue(refused.getMessage().startsWith("bind(127.0.0.1:" + used.getPort()
                + "): EADDRINUSE (98): address already in use; choose another port"),
                refused.getMessage());
    }

    @Test
    void foreignAddressIsABindExceptionThatNamesIt() throws IOException {
        int fd = socket(Sockets.IPV6);
        var refused = assertThrows(BindException.class,
                () -> Sockets.bind(fd, Sockets.IPV6, new InetSocketAddress("2001:db8::1", 0)));
        assertTrue(refused.getMessage().startsWith(
                "bind([2001:db8:0:0:0:0:0:1]:0): EADDRNOTAVAIL (99): "), refused.getMessage());
    }

    @Test
    void lingerIsOffThenWhatIsSet() throws IOException {
        int fd = socket(Sockets.IPV6);
        assertEquals(Sockets.NO_LINGER, Sockets.linger(fd));
        Sockets.linger(fd, 0);
        assertEquals(0, Sockets.linger(fd));
        Sockets.linger(fd, 7);
        assertEquals(7, Sockets.linger(fd));
        Sockets.linger(fd, -5);
        assertEquals(Sockets.NO_LINGER, Sockets.linger(fd));
    }

    @ParameterizedTest
    @ValueSource(ints = {Linux.AF_INET, Linux.AF_INET6})
    void trafficClassIsSetForEachProtocolOfTheSocket(int family) throws IOException {
        int fd = socket(family);
        Sockets.option(fd, family, SockOpt.IP_TOS, SockOpt.IPV6_TCLASS, 0x10);
        assertEquals(0x10, Sockets.option(fd, family, SockOpt.IP_TOS, SockOpt.IPV6_TCLASS));
        assertEquals(0x10, Sockets.option(fd, SockOpt.IP_TOS));
    }

    @Test
    void rawOptionIsTheBytesOfTheInt() throws IOException {
        int fd = socket(Sockets.IPV6);
        ByteBuffer value = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, 5);
        Sockets.writeOption(fd, SockOpt.TCP_KEEPCNT.level(), SockOpt.TCP_KEEPCNT.number(), value);
        assertEquals(4, value.remaining(), "the position of the value moved");
        assertEquals(5, Sockets.option(fd, SockOpt.TCP_KEEPCNT));
        ByteBuffer read = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        Sockets.readOption(fd, SockOpt.TCP_KEEPCNT.level(), SockOpt.TCP_KEEPCNT.number(), read);
        assertEquals(4, read.position());
        assertEquals(5, read.getInt(0));
    }

    @Test
    void optionThatTheKernelDoesNotHaveIsNamedByItsNumbers() throws IOException {
        int fd = socket(Sockets.IPV6);
        var refused = assertThrows(ProtocolException.class,
                () -> Sockets.option(fd, SockOpt.TCP_NODELAY.level(), 9999, 1));
        assertEquals("setsockopt(level 6, option 9999, 1): ENOPROTOOPT (92): no such socket option",
                refused.getMessage());
    }

    @Test
    void refusedValueIsNamedWithItsOption() throws IOException {
        int fd = socket(Sockets.IPV6);
        var refused = assertThrows(IOException.class,
                () -> Sockets.option(fd, SockOpt.TCP_KEEPCNT, 1000));
        assertEquals("setsockopt(TCP_KEEPCNT, 1000): EINVAL (22): invalid argument",
                refused.getMessage());
    }

    @Test
    void shutdownWithoutAConnectionIsRefused() throws IOException {
        int fd = socket(Sockets.IPV6);
        var refused = assertThrows(IOException.class,
                () -> Sockets.shutdown(fd, Sockets.SHUT_WR));
        assertEquals("shutdown: ENOTCONN (107): not connected", refused.getMessage());
    }

    @Test
    void badDescriptorIsRefused() {
        assertTrue(assertThrows(IOException.class, () -> Sockets.listen(-1, 1))
                .getMessage().contains("EBADF"));
        assertTrue(assertThrows(IOException.class, () -> Sockets.localAddress(-1))
                .getMessage().contains("EBADF"));
        assertTrue(assertThrows(IOException.class, () -> Sockets.close(-1))
                .getMessage().contains("EBADF"));
    }

    private int awaitAccept(int listener) {
        long deadline = deadline();
        while (true) {
            int fd = Libc.current().accept4(
                    listener, MemorySegment.NULL, MemorySegment.NULL, Linux.SOCK_CLOEXEC);
            if (fd >= 0) {
                open.add(fd);
                return fd;
            }
            assertEquals(Errno.describe(Errno.EAGAIN), Errno.describe(-fd));
            assertTrue(System.nanoTime() < deadline, "no connection to accept");
            Thread.onSpinWait();
        }
    }

    private static InetSocketAddress awaitRemoteAddress(int fd) throws IOException {
        long deadline = deadline();
        while (Sockets.remoteAddress(fd) == null) {
            assertTrue(System.nanoTime() < deadline, "not connected");
            Thread.onSpinWait();
        }
        return Sockets.remoteAddress(fd);
    }

    private static long deadline() {
        return System.nanoTime() + Duration.ofSeconds(10).toNanos();
    }

    private static String info(int fd) {
        try {
            return Sockets.tcpInfo(fd).toString();
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    private int socket(int family) throws IOException {
        assumeTrue(family == Sockets.IPV4 || Sockets.ipv6Available(), "no IPv6 here");
        int fd = Sockets.socket(family, Linux.SOCK_STREAM, 0);
        open.add(fd);
        return fd;
    }

    private static InetSocketAddress loopback(int... bytes) {
        byte[] address = new byte[4];
        for (int i = 0; i < 4; i++) {
            address[i] = (byte) bytes[i];
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), 0);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are always an address", e);
        }
    }

    @Test
    void deviceIsRefusedByItsName() throws IOException {
        int fd = Sockets.tcp();
        try {
            assertEquals("", Sockets.device(fd));
            assertTrue(assertThrows(IOException.class, () -> Sockets.device(fd, "nosuchdevice"))
                    .getMessage().startsWith("setsockopt(SO_BINDTODEVICE, nosuchdevice): "));
            assertEquals("the name of a network interface has at most 15 bytes, not 16:"
                    + " abcdefghijklmnop", assertThrows(IllegalArgumentException.class,
                            () -> Sockets.device(fd, "abcdefghijklmnop")).getMessage());
            Sockets.device(fd, "lo");
            assertEquals("lo", Sockets.device(fd));
        } finally {
            Sockets.close(fd);
        }
    }
}
