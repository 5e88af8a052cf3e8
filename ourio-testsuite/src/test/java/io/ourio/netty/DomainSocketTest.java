// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.ourio.BackendKind;
import io.ourio.PeerCredentials;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses, files, ends and owners of Unix domain connections. */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL"})
class DomainSocketTest {
    private static final ChannelHandler NOTHING = new ChannelInboundHandlerAdapter() {
        @Override
        public boolean isSharable() {
            return true;
        }
    };

    private final Events events = new Events();

    @TempDir
    Path directory;

    private final Net net;

    DomainSocketTest(BackendKind backend) {
        net = Net.on(backend, 1);
    }

    @AfterEach
    void close() throws IOException {
        net.close();
    }

    private ServerBootstrap server(Supplier<? extends ChannelHandler> child) {
        return new ServerBootstrap().group(net.group)
                .channel(OurioServerDomainSocketChannel.class).childHandler(Net.each(child));
    }

    private Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(net.group).channel(OurioDomainSocketChannel.class)
                .handler(handler);
    }

    private OurioServerDomainSocketChannel listen(SocketAddress address) {
        var bound = server(() -> events).bind(address);
        Net.await(bound, "the bind to " + address);
        return (OurioServerDomainSocketChannel) bound.channel();
    }

    private OurioDomainSocketChannel connect(SocketAddress address) {
        var connected = client(NOTHING).connect(address);
        Net.await(connected, "the connection to " + address);
        return (OurioDomainSocketChannel) connected.channel();
    }

    private Path path() {
        return directory.resolve("socket");
    }

    private DomainSocketAddress address() {
        return new DomainSocketAddress(path().toString());
    }

    private static DomainSocketAddress abstractName(String test) {
        return new DomainSocketAddress("\0ourio-" + test + "-" + ProcessHandle.current().pid());
    }

    private void exchange(OurioDomainSocketChannel client) {
        byte[] data = Data.random(100_000, 1);
        Net.await(client.writeAndFlush(Data.direct(data)), "the write");
        Net.until(() -> events.bytes() == data.length, events::toString);
        assertEquals(Data.checksum(data), events.checksum());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothKindsOfPathAddressAreOneSocket(boolean nettys) {
        SocketAddress jdks = UnixDomainSocketAddress.of(path());
        listen(nettys ? address() : jdks);
        OurioDomainSocketChannel client = connect(nettys ? jdks : address());
        assertEquals(address(), client.remoteAddress());
        exchange(client);
    }

    @Test
    void abstractNameNeedsNoFile() {
        DomainSocketAddress name = abstractName("name");
        OurioServerDomainSocketChannel server = listen(name);
        assertEquals(name, server.localAddress());
        OurioDomainSocketChannel client = connect(name);
        assertEquals(name, client.remoteAddress());
        exchange(client);
        Net.await(server.close(), "the close");
        listen(name); // It is free again.
    }

    @Test
    void emptyPathLetsTheKernelChooseAnAbstractName() {
        OurioServerDomainSocketChannel server = listen(new DomainSocketAddress(""));
        assertTrue(server.localAddress().path().startsWith("\0"), server::toString);
        exchange(connect(server.localAddress()));
    }

    @Test
    void addressesOfBothEndsAreKnown() {
        listen(address());
        Channel client = client(NOTHING).register().syncUninterruptibly().channel();
        assertNull(client.localAddress());
        assertNull(client.remoteAddress());
        DomainSocketAddress own = new DomainSocketAddress(directory.resolve("own").toString());
        Net.await(client.connect(address(), own), "the connection");
        assertEquals(own, client.localAddress());
        Net.until(() -> events.channel() != null, events::toString);
        assertEquals(own, events.channel().remoteAddress());
        assertEquals(address(), events.channel().localAddress());
    }

    @Test
    void endWithoutANameHasTheEmptyPath() {
        listen(address());
        OurioDomainSocketChannel client = connect(address());
        assertEquals(new DomainSocketAddress(""), client.localAddress());
        Net.until(() -> events.channel() != null, events::toString);
        assertEquals(new DomainSocketAddress(""), events.channel().remoteAddress());
    }

    @Test
    void fileIsDeletedWithTheListener() {
        OurioServerDomainSocketChannel server = listen(address());
        assertTrue(Files.exists(path()));
        Net.await(server.close(), "the close");
        assertFalse(Files.exists(path()));
    }

    @Test
    void fileOfSomebodyElseRefusesTheBindAndStays() throws IOException {
        Files.createFile(path());
        Throwable refused = Net.failure(server(() -> NOTHING).bind(address()), "the bind");
        assertInstanceOf(BindException.class, refused);
        assertTrue(refused.getMessage().startsWith("bind(" + path() + "): EADDRINUSE"),
                refused::getMessage);
        assertTrue(Files.exists(path()));
    }

    @Test
    void connectToNoFileSaysSo() {
        Throwable refused = Net.failure(client(NOTHING).connect(address()), "the connection");
        assertInstanceOf(FileNotFoundException.class, refused);
        assertTrue(refused.getMessage().startsWith("connect(" + path() + "): ENOENT"),
                refused::getMessage);
    }

    @Test
    void connectToASocketThatDoesNotListenIsRefused() throws IOException {
        int bound = UnixSockets.stream();
        try {
            UnixSockets.bind(bound, path().toString());
            assertInstanceOf(ConnectException.class,
                    Net.failure(client(NOTHING).connect(address()), "the connection"));
        } finally {
            Sockets.close(bound);
        }
    }

    @Test
    void pathThatIsTooLongIsRefusedWithItsLength() {
        Throwable refused = Net.failure(
                client(NOTHING).connect(new DomainSocketAddress("x".repeat(108))), "the connect");
        assertInstanceOf(IllegalArgumentException.class, refused);
        assertTrue(refused.getMessage().startsWith(
                "the path of a Unix domain socket has at most 107 bytes in UTF-8, not 108: xxx"),
                refused::getMessage);
        listen(abstractName("x".repeat(60)));
    }

    @Test
    void addressOfAnotherKindIsRefusedByName() {
        Throwable refused = Net.failure(
                client(NOTHING).connect(new InetSocketAddress("127.0.0.1", 1)), "the connect");
        assertEquals("the address /127.0.0.1:1 is neither a DomainSocketAddress nor a"
                + " UnixDomainSocketAddress, which this channel takes", refused.getMessage());
    }

    @Test
    void peerIsKnownByItsProcessAndUser() throws IOException {
        listen(address());
        OurioDomainSocketChannel client = connect(address());
        Net.until(() -> events.channel() != null, events::toString);
        int uid = (Integer) Files.getAttribute(directory, "unix:uid");
        int gid = (Integer) Files.getAttribute(directory, "unix:gid");
        PeerCredentials self =
                new PeerCredentials((int) ProcessHandle.current().pid(), uid, gid);
        assertEquals(self, client.peerCredentials());
        assertEquals(self, ((OurioDomainSocketChannel) events.channel()).peerCredentials());
        Net.await(client.close(), "the close");
        assertThrows(ClosedChannelException.class, client::peerCredentials);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void peerThatEndsItsOutputIsToldAsForTcp(boolean halfClosure) throws IOException {
        var bound = server(() -> events)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure).bind(address());
        Net.await(bound, "the bind");
        try (SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            peer.connect(UnixDomainSocketAddress.of(path()));
            peer.write(ByteBuffer.allocate(1000));
            peer.shutdownOutput();
            if (!halfClosure) {
                assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
                events.awaitInactive();
                assertEquals(List.of("active", "inactive"), events.told());
                return;
            }
            Net.until(() -> events.told().size() == 3, events::toString);
            assertEquals(List.of("active", "ChannelInputShutdownEvent",
                    "ChannelInputShutdownReadComplete"), events.told());
            events.channel().writeAndFlush(Unpooled.copyInt(7));
            events.channel().close();
            ByteBuffer answer = ByteBuffer.allocate(5);
            while (peer.read(answer) >= 0) {
                assertTrue(answer.hasRemaining());
            }
            assertEquals(7, answer.flip().getInt());
        }
        assertEquals(1000, events.bytes());
    }

    @Test
    void socketsFromElsewhereBecomeChannels() throws IOException {
        int listening = UnixSockets.stream();
        UnixSockets.bind(listening, path().toString());
        Sockets.listen(listening, 8);
        OurioServerDomainSocketChannel server = new OurioServerDomainSocketChannel(listening);
        assertTrue(server.isActive());
        assertEquals(address(), server.localAddress());
        server.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                Channel child = (Channel) message;
                child.pipeline().addLast(events);
                net.group.register(child);
            }
        });
        Net.await(net.group.register(server), "the registration");
        int connected = UnixSockets.stream();
        UnixSockets.connect(connected, path().toString());
        OurioDomainSocketChannel client = new OurioDomainSocketChannel(connected);
        assertTrue(client.isActive());
        assertEquals(connected, client.fd().intValue());
        Net.await(net.group.register(client), "the registration");
        exchange(client);
        Net.await(server.close(), "the close");
        assertTrue(Files.exists(path()), "the file is whose who made it");
    }

    @Test
    void descriptorThatIsNoSuchSocketIsRefused() throws IOException {
        int tcp = Sockets.tcp();
        try {
            var refused = assertThrows(IllegalArgumentException.class,
                    () -> new OurioDomainSocketChannel(tcp));
            assertTrue(refused.getMessage().endsWith(
                    "and this channel is for family 1 and type 1"), refused::getMessage);
        } finally {
            Sockets.close(tcp);
        }
    }

    @Test
    void closingTheDescriptorOfAChannelClosesTheChannel() throws IOException {
        listen(address());
        OurioDomainSocketChannel client = connect(address());
        assertTrue(client.fd().isOpen());
        client.fd().close();
        Net.await(client.closeFuture(), "the close");
        assertFalse(client.fd().isOpen());
        Net.until(() -> events.channel() != null, events::toString);
        events.awaitInactive();
    }
}
