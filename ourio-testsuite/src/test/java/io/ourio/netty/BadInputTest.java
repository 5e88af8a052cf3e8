// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.ourio.conformance.ChildJvm;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a program that asks for the impossible is told, and what it can use afterwards. */
class BadInputTest {
    private final Net net = new Net();

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    /** Sends back what it receives. */
    private static final class Echo extends Events {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private void assertEchoes(Channel client, Events received) {
        long before = received.bytes();
        Net.await(client.writeAndFlush(Unpooled.copyLong(1)), "a write");
        Net.until(() -> received.bytes() == before + Long.BYTES, received::toString);
    }

    private void assertLoopWorks() {
        Channel listener = net.listen(Echo::new);
        Events received = new Events();
        assertEchoes(net.connect(listener, received), received);
    }

    private OurioSocketChannel registered() {
        OurioSocketChannel channel = new OurioSocketChannel();
        channel.pipeline().addLast(new Events());
        Net.await(net.group.register(channel), "the registration");
        return channel;
    }

    @Test
    void loopRefusesForeignChannel() {
        NioSocketChannel foreign = new NioSocketChannel();
        Throwable cause = Net.failure(net.group.register(foreign), "the registration");
        assertInstanceOf(IllegalStateException.class, cause);
        assertEquals("incompatible event loop type: " + net.group.next().getClass().getName(),
                cause.getMessage());
        foreign.unsafe().closeForcibly();
        assertLoopWorks();
    }

    @Test
    void channelRefusesForeignLoopAndTakesItsOwn() {
        EventLoopGroup foreign = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        OurioSocketChannel channel = new OurioSocketChannel();
        try {
            Throwable cause = Net.failure(foreign.register(channel), "the registration");
            assertInstanceOf(IllegalStateException.class, cause);
            assertEquals("incompatible event loop type: io.netty.channel.SingleThreadIoEventLoop",
                    cause.getMessage());
        } finally {
            foreign.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        Net.await(net.group.register(channel), "the registration");
        Channel listener = net.listen(Echo::new);
        Events received = new Events();
        channel.pipeline().addLast(received);
        Net.await(channel.connect(listener.localAddress()), "the connection");
        assertEchoes(channel, received);
    }

    @Test
    void portInUseIsNamedAndAnotherPortCanBeBound() throws Exception {
        OurioServerSocketChannel listener = new OurioServerSocketChannel();
        Net.await(net.group.register(listener), "the registration");
        try (ServerSocket taken = new ServerSocket(0, 1, Net.ANY_PORT.getAddress())) {
            SocketAddress address = taken.getLocalSocketAddress();
            Throwable cause = Net.failure(listener.bind(address), "the bind");
            assertInstanceOf(BindException.class, cause);
            assertTrue(cause.getMessage().startsWith(
                    "bind(127.0.0.1:" + taken.getLocalPort() + "): EADDRINUSE (98): "),
                    cause.getMessage());
        }
        assertTrue(listener.isOpen());
        assertFalse(listener.isActive());
        Net.await(listener.bind(Net.ANY_PORT), "the second bind");
        assertTrue(listener.isActive());
        net.socket(listener);
        assertLoopWorks();
    }

    @Test
    void refusedConnectionIsNamedAndClosesTheChannel() throws Exception {
        InetSocketAddress nobody;
        try (ServerSocket gone = new ServerSocket(0, 1, Net.ANY_PORT.getAddress())) {
            nobody = (InetSocketAddress) gone.getLocalSocketAddress();
        }
        OurioSocketChannel channel = registered();
        Events events = (Events) channel.pipeline().last();
        Throwable cause = Net.failure(channel.connect(nobody), "the connect");
        assertInstanceOf(ConnectException.class, cause);
        assertTrue(cause.getMessage().matches(
                "connect\\(.*127.0.0.1:" + nobody.getPort() + "\\): ECONNREFUSED \\(111\\): .*"),
                cause.getMessage());
        Net.await(channel.closeFuture(), "the close");
        assertEquals(List.of(), events.told());
        assertLoopWorks();
    }

    @Test
    void unresolvedAddressIsRefusedAndTheChannelCanConnect() {
        Channel listener = net.listen(Echo::new);
        OurioSocketChannel channel = registered();
        assertInstanceOf(UnresolvedAddressException.class, Net.failure(
                channel.connect(InetSocketAddress.createUnresolved("host.invalid", 1)), "connect"));
        assertInstanceOf(UnresolvedAddressException.class, Net.failure(
                channel.bind(InetSocketAddress.createUnresolved("host.invalid", 1)), "bind"));
        Net.await(channel.connect(listener.localAddress()), "the connect");
        assertEchoes(channel, (Events) channel.pipeline().last());
    }

    @Test
    void addressOfAnotherKindIsRefused() {
        OurioSocketChannel channel = registered();
        LocalAddress local = new LocalAddress("here");
        for (var refused : List.of(channel.connect(local), channel.bind(local))) {
            Throwable cause = Net.failure(refused, "an address of another kind");
            assertInstanceOf(IllegalArgumentException.class, cause);
            assertEquals("the address local:here is not an InetSocketAddress, which this channel"
                    + " takes", cause.getMessage());
        }
        assertTrue(channel.isOpen());
    }

    @Test
    void secondConnectIsRefusedAndTheFirstGoesOn() {
        Channel listener = net.listen(Echo::new);
        OurioSocketChannel channel = registered();
        var attempts = Net.await(channel.eventLoop().submit(() -> List.of(
                channel.connect(listener.localAddress()),
                channel.connect(listener.localAddress()))), "two attempts");
        assertInstanceOf(ConnectionPendingException.class,
                Net.failure(attempts.get(1), "the second attempt"));
        Net.await(attempts.get(0), "the first attempt");
        assertInstanceOf(AlreadyConnectedException.class,
                Net.failure(channel.connect(listener.localAddress()), "the third attempt"));
        assertEchoes(channel, (Events) channel.pipeline().last());
    }

    @Test
    void messageOfAnotherKindIsRefusedAndTheNextIsSent() {
        Channel listener = net.listen(Echo::new);
        Events received = new Events();
        Channel client = net.connect(listener, received);
        Throwable cause = Net.failure(client.writeAndFlush("text"), "the write");
        assertInstanceOf(UnsupportedOperationException.class, cause);
        assertEquals("unsupported message type: String (expected: ByteBuf, FileRegion)",
                cause.getMessage());
        assertEchoes(client, received);
    }

    @Test
    void writeBeforeTheConnectionFailsAndReleasesItsMessage() {
        OurioSocketChannel channel = registered();
        ByteBuf message = Unpooled.directBuffer().writeLong(1);
        assertInstanceOf(NotYetConnectedException.class,
                Net.failure(channel.writeAndFlush(message), "the write"));
        assertEquals(0, message.refCnt());
        assertTrue(channel.isOpen());
    }

    @Test
    void listenerSendsNothingAndGoesOnListening() throws Exception {
        Channel listener = net.listen(Echo::new);
        ByteBuf message = Unpooled.directBuffer().writeLong(1);
        Throwable cause = Net.failure(listener.writeAndFlush(message), "the write");
        assertInstanceOf(UnsupportedOperationException.class, cause);
        assertEquals("a listener sends nothing", cause.getMessage());
        assertEquals(0, message.refCnt());
        Throwable connect = Net.failure(listener.connect(Net.ANY_PORT), "the connect");
        assertInstanceOf(UnsupportedOperationException.class, connect);
        assertEquals("a listener does not connect", connect.getMessage());
        net.socket(listener);
    }

    @Test
    void closedChannelIsNotBound() {
        OurioServerSocketChannel listener = new OurioServerSocketChannel();
        Net.await(net.group.register(listener), "the registration");
        Net.await(listener.close(), "the close");
        assertInstanceOf(ClosedChannelException.class,
                Net.failure(listener.bind(Net.ANY_PORT), "the bind"));
        OurioSocketChannel channel = registered();
        Net.await(channel.close(), "the close");
        assertInstanceOf(ClosedChannelException.class,
                Net.failure(channel.connect(Net.ANY_PORT), "the connect"));
        ChannelException option = assertThrows(
                ChannelException.class, () -> channel.config().isTcpNoDelay());
        assertInstanceOf(ClosedChannelException.class, option.getCause());
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"}) // the mistake that is tested
    void optionOfAnotherTypeIsRefusedAndTheOldValueStays() {
        OurioSocketChannel channel = registered();
        int before = channel.config().getReceiveBufferSize();
        var refused = assertThrows(IllegalArgumentException.class, () ->
                channel.config().setOption((ChannelOption) ChannelOption.SO_RCVBUF, "much"));
        assertTrue(refused.getMessage().contains("SO_RCVBUF")
                && refused.getMessage().contains("much"), refused.getMessage());
        assertEquals(before, channel.config().getReceiveBufferSize());
        var negative = assertThrows(IllegalArgumentException.class,
                () -> channel.config().setOption(ChannelOption.WRITE_SPIN_COUNT, -1));
        assertTrue(negative.getMessage().contains("-1"), negative.getMessage());
    }

    @Test
    void negativeCountOfLoopsIsRefused() {
        var refused = assertThrows(
                IllegalArgumentException.class, () -> new OurioEventLoopGroup(-1).close());
        assertEquals("nThreads : -1 (expected: > 0)", refused.getMessage());
    }

    @Test
    void loopThatWasShutDownTakesNoChannel() {
        EventLoopGroup ended = new OurioEventLoopGroup(1);
        Net.await(ended.shutdownGracefully(0, 5, TimeUnit.SECONDS), "the shutdown");
        OurioSocketChannel channel = new OurioSocketChannel();
        Logger netty = (Logger) LoggerFactory.getLogger("io.netty.channel.AbstractChannel");
        netty.setLevel(Level.OFF); // It warns of what is tested here.
        try {
            assertInstanceOf(RejectedExecutionException.class,
                    Net.failure(ended.register(channel), "the registration"));
        } finally {
            netty.setLevel(null);
        }
        assertFalse(channel.isOpen(), "Netty closes a channel that it cannot register");
        assertLoopWorks();
    }

    /** A network namespace that has loopback and nothing else. */
    @Test
    void networkWithoutARouteIsNamed() {
        List<String> before = List.of("unshare", "--net", "--map-root-user",
                "/bin/sh", "-c", "ip link set lo up && exec \"$@\"", "sh");
        try (ChildJvm child = new ChildJvm(before,
                List.of("-Dio.netty.machineId=02:00:00:00:00:01"), NoRouteMain.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(60));
            assertEquals(0, child.status(), () -> String.join("\n", lines));
            assertEquals(1, lines.size(), lines::toString);
            assertTrue(lines.getFirst().matches("NoRouteToHostException: connect\\(.*203.0.113.1:9"
                    + "\\): ENETUNREACH \\(101\\): .*"), lines.getFirst());
        }
    }

    /** A JVM that speaks IPv4 only, and is told of an IPv6 address. */
    @Test
    void addressOfAnotherFamilyIsRefusedAndTheChannelCanConnect() {
        try (ChildJvm child = new ChildJvm(List.of(),
                List.of("-Djava.net.preferIPv4Stack=true"), FamilyMain.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(60));
            assertEquals(0, child.status(), () -> String.join("\n", lines));
            assertEquals(List.of("UnsupportedAddressTypeException", "connected", "closed"), lines);
        }
    }

    /** The child. */
    static final class FamilyMain {
        private FamilyMain() {}

        public static void main(String[] args) throws Exception {
            byte[] loopback6 = new byte[16];
            loopback6[15] = 1;
            try (Net net = new Net()) {
                Channel listener = net.listen(Events::new);
                OurioSocketChannel channel = new OurioSocketChannel();
                Net.await(net.group.register(channel), "the registration");
                Throwable refused = Net.failure(channel.connect(new InetSocketAddress(
                        InetAddress.getByAddress(loopback6), 9)), "the connect");
                System.out.println(refused.getClass().getSimpleName());
                Net.await(channel.connect(listener.localAddress()), "the second connect");
                System.out.println("connected");
                Net.await(channel.close(), "the close");
                System.out.println("closed");
            }
        }
    }
}
