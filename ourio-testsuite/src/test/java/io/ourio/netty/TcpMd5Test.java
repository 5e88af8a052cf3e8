// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections whose segments are signed with a key of each peer (RFC 2385). */
class TcpMd5Test {
    /** The kernel drops what is signed wrongly, so that a connect hears nothing. */
    private static final int SILENCE_MILLIS = 300;

    private static final byte[] KEY = "a secret of two peers".getBytes();

    private final Net net = new Net();
    private volatile Events received;

    @BeforeEach
    void skipWhereTheKernelHasNoKeys() throws IOException {
        int fd = Sockets.tcp();
        try {
            Sockets.tcpMd5Key(fd, Sockets.preferredFamily(), loopback("127.0.0.1"), KEY);
        } catch (ProtocolException e) {
            abort(e.getMessage());
        } finally {
            Sockets.close(fd);
        }
    }

    @AfterEach
    void close() throws IOException {
        net.close();
    }

    /** Sends back what it receives. */
    private static final class Echo extends Events {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(((ByteBuf) message).retain());
            super.channelRead(ctx, message);
        }
    }

    private static InetAddress loopback(String address) throws IOException {
        return InetAddress.getByName(address);
    }

    private Channel listen(InetAddress on, Map<InetAddress, byte[]> keys) {
        var bound = net.server(Echo::new).option(OurioChannelOption.TCP_MD5SIG, keys).bind(on, 0);
        Net.await(bound, "the bind");
        return bound.channel();
    }

    private Bootstrap client(InetAddress peer, byte[] key) {
        Bootstrap client = net.client(Net.each(() -> received = new Events()))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, SILENCE_MILLIS);
        return key == null ? client
                : client.option(OurioChannelOption.TCP_MD5SIG, Map.of(peer, key));
    }

    private void assertEchoes(Bootstrap client, Channel listener) {
        Channel channel = Net.connect(
                client.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000), listener);
        byte[] data = Data.random(100_000, 1);
        Net.await(channel.writeAndFlush(Data.direct(data)), "the write");
        Net.until(() -> received.bytes() == data.length, received::toString);
        assertEquals(Data.checksum(data), received.checksum());
    }

    private void assertNoAnswer(Bootstrap client, Channel listener) {
        assertInstanceOf(ConnectTimeoutException.class,
                Net.failure(client.connect(listener.localAddress()), "the connection"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void onlyWhoHasTheKeyGetsAConnection(String address) throws IOException {
        assumeTrue(address.startsWith("127") || Sockets.ipv6Available(), "no IPv6 here");
        InetAddress local = loopback(address);
        Channel listener = listen(local, Map.of(local, KEY));
        assertNoAnswer(client(local, null), listener);
        assertNoAnswer(client(local, "another".getBytes()), listener);
        assertEchoes(client(local, KEY), listener);
    }

    @Test
    void listenerWithoutTheKeyDoesNotAnswerWhoSigns() throws IOException {
        InetAddress local = loopback("127.0.0.1");
        Channel listener = listen(local, Map.of(loopback("127.0.0.9"), KEY));
        assertNoAnswer(client(local, KEY), listener);
        assertEchoes(client(local, null), listener); // It has no key for this one.
    }

    @Test
    void keysCanBeChangedWhileTheListenerListens() throws IOException {
        InetAddress local = loopback("127.0.0.1");
        Channel listener = listen(local, Map.of(local, KEY));
        byte[] next = "the next secret".getBytes();
        listener.config().setOption(OurioChannelOption.TCP_MD5SIG, Map.of(local, next));
        assertNoAnswer(client(local, KEY), listener);
        listener.config().setOption(OurioChannelOption.TCP_MD5SIG, Map.of());
        assertNoAnswer(client(local, next), listener);
        assertEchoes(client(local, null), listener);
    }

    @Test
    void keysBeforeOneThatIsRefusedCanBeTakenBack() throws IOException {
        InetAddress local = loopback("127.0.0.1");
        OurioServerSocketChannel listener =
                new OurioServerSocketChannel(Sockets.socket(Sockets.IPV4, Sockets.STREAM, 0));
        listener.pipeline().addLast(new Events());
        Map<InetAddress, byte[]> keys = new LinkedHashMap<>();
        keys.put(local, KEY);
        keys.put(loopback("::1"), KEY);
        assertThrows(UnsupportedAddressTypeException.class, () -> listener.config().setOption(
                OurioChannelOption.TCP_MD5SIG, keys));
        listener.config().setOption(OurioChannelOption.TCP_MD5SIG, Map.of());
        // It is gone: the kernel refuses to remove it once more.
        assertThrows(IOException.class, () -> Sockets.tcpMd5Key(
                listener.fd().intValue(), Sockets.IPV4, local, new byte[0]));
        listener.unsafe().closeForcibly();
    }

    @Test
    void keysOfAConnectionThatIsClosedAreAnError() {
        Channel channel = net.client(new Events()).register().syncUninterruptibly().channel();
        Net.await(channel.close(), "the close");
        assertThrows(ChannelException.class, () -> channel.config().setOption(
                OurioChannelOption.TCP_MD5SIG,
                Map.of(new InetSocketAddress("127.0.0.1", 1).getAddress(), KEY)));
    }
}
