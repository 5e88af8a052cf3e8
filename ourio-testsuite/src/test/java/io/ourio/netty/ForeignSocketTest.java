// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.ourio.BackendKind;
import io.ourio.PeerCredentials;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import io.ourio.sys.Libc;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Channels on sockets that were made elsewhere. Those of UDP and with addresses of the Unix domain
 * have tests in their own classes.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL", "KQUEUE"})
class ForeignSocketTest {
    /** A kind of channel, and a socket for it. */
    private record Kind(String name, IntFunction<Channel> channel, int family, int type) {
        /** Whether a socket of the other kind would do, too. */
        boolean takes(Kind other) {
            return type == other.type
                    && (family == Sockets.UNIX) == (other.family == Sockets.UNIX);
        }
    }

    private static final List<Kind> KINDS = List.of(
            new Kind("TCP", OurioSocketChannel::new, Sockets.IPV4, Sockets.STREAM),
            new Kind("TCP listener", OurioServerSocketChannel::new, Sockets.IPV6, Sockets.STREAM),
            new Kind("UDP", OurioDatagramChannel::new, Sockets.IPV6, Sockets.DATAGRAM),
            new Kind("domain", OurioDomainSocketChannel::new, Sockets.UNIX, Sockets.STREAM),
            new Kind("domain listener", OurioServerDomainSocketChannel::new, Sockets.UNIX,
                    Sockets.STREAM),
            new Kind("domain datagrams", OurioDomainDatagramChannel::new, Sockets.UNIX,
                    Sockets.DATAGRAM));

    private final List<Integer> sockets = new ArrayList<>();
    private final Events events = new Events();

    private final Net net;

    ForeignSocketTest(BackendKind backend) {
        net = Net.on(backend, 1);
    }

    @AfterEach
    void close() throws IOException {
        for (int fd : sockets) {
            Sockets.close(fd);
        }
        net.close();
    }

    private int socket(Kind kind) throws IOException {
        int fd = Sockets.socket(kind.family, kind.type, 0);
        sockets.add(fd);
        return fd;
    }

    private static String refusal(Kind kind, int fd) {
        return assertThrows(IllegalArgumentException.class,
                () -> kind.channel.apply(fd), kind.name + " of fd " + fd).getMessage();
    }

    @Test
    void socketOfAnotherKindIsRefusedAndStaysOpen() throws IOException {
        for (Kind kind : KINDS) {
            for (Kind other : KINDS) {
                if (!kind.takes(other)) {
                    int fd = socket(other);
                    assertEquals("fd " + fd + " is a socket of family " + other.family
                            + " and type " + other.type + ", and this channel is for "
                            + (kind.family == Sockets.UNIX ? "family 1" : "family 2 or 10")
                            + " and type " + kind.type, refusal(kind, fd));
                    assertEquals(other.family, Sockets.family(fd));
                }
            }
        }
    }

    @Test
    void whatIsNoSocketIsRefused(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        try (FileOutputStream open = new FileOutputStream(file.toFile())) {
            int fd = descriptorOf(file);
            for (Kind kind : KINDS) {
                assertEquals("fd " + fd + " is no open socket", refusal(kind, fd));
                assertEquals("fd -1 is no open socket", refusal(kind, -1));
                int closed = Integer.MAX_VALUE; // Nobody has so many.
                assertEquals("fd " + closed + " is no open socket", refusal(kind, closed));
            }
            open.write(1); // It is open still.
        }
    }

    private static int descriptorOf(Path file) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(fd -> isLinkTo(fd, file))
                    .mapToInt(fd -> Integer.parseInt(fd.getFileName().toString()))
                    .findFirst().orElseThrow();
        }
    }

    private static boolean isLinkTo(Path link, Path file) {
        try {
            return Files.readSymbolicLink(link).equals(file);
        } catch (IOException _) {
            return false; // It was closed meanwhile.
        }
    }

    @Test
    void listenerIsNoConnectionAndAConnectionNoListener() throws IOException {
        int listening = socket(KINDS.getFirst());
        Sockets.bind(listening, Sockets.IPV4,
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        Sockets.listen(listening, 4);
        assertEquals("fd " + listening
                + " is a socket that listens, and this channel is a connection",
                refusal(KINDS.get(0), listening));
        int connected = blocking();
        sockets.add(connected);
        Sockets.connect(connected, Sockets.IPV4, Sockets.localAddress(listening));
        assertEquals("fd " + connected
                + " is a socket that is connected, and this channel listens",
                refusal(KINDS.get(1), connected));
        int listeningDomain = socket(KINDS.get(3));
        UnixSockets.bind(listeningDomain, "");
        Sockets.listen(listeningDomain, 4);
        assertTrue(refusal(KINDS.get(3), listeningDomain).contains("that listens"));
        int connectedDomain = socket(KINDS.get(3));
        UnixSockets.connect(connectedDomain, UnixSockets.localPath(listeningDomain));
        assertTrue(refusal(KINDS.get(4), connectedDomain).contains("that is connected"));
    }

    @Test
    void socketsOfTcpBecomeChannels() throws Exception {
        int listening = Sockets.socket(Sockets.IPV4, Sockets.STREAM, 0);
        Sockets.bind(listening, Sockets.IPV4,
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        Sockets.listen(listening, 8);
        OurioServerSocketChannel server = new OurioServerSocketChannel(listening);
        assertTrue(server.isActive());
        assertEquals(Sockets.localAddress(listening), server.localAddress());
        server.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                Channel child = (Channel) message;
                child.pipeline().addLast(events);
                net.group.register(child);
            }
        });
        Net.await(net.group.register(server), "the registration");
        int connected = blocking();
        Sockets.connect(connected, Sockets.IPV4, server.localAddress());
        OurioSocketChannel client = new OurioSocketChannel(connected);
        assertTrue(client.isActive());
        assertEquals(server.localAddress(), client.remoteAddress());
        Net.await(net.group.register(client), "the registration");
        exchange(client);
    }

    /** As the sockets of other programs are. */
    private static int blocking() {
        return Libc.current().socket(Sockets.IPV4, Sockets.STREAM, 0);
    }

    @Test
    void socketThatIsNotConnectedCanBe() throws Exception {
        Channel listener = net.listen(() -> events);
        OurioSocketChannel client = new OurioSocketChannel(
                Sockets.socket(Sockets.preferredFamily(), Sockets.STREAM, 0));
        assertFalse(client.isActive());
        Net.await(net.group.register(client), "the registration");
        Net.await(client.connect(listener.localAddress()), "the connection");
        exchange(client);
    }

    @Test
    void socketThatDoesNotListenCanBeBound() throws Exception {
        OurioServerSocketChannel server = new OurioServerSocketChannel(
                Sockets.socket(Sockets.IPV4, Sockets.STREAM, 0));
        assertFalse(server.isActive());
        Net.await(net.group.register(server), "the registration");
        Net.await(server.bind(new InetSocketAddress("127.0.0.1", 0)), "the bind");
        try (Socket socket = net.socket(server)) {
            assertTrue(socket.isConnected());
        }
    }

    private void exchange(Channel client) {
        byte[] data = Data.random(100_000, 1);
        Net.await(client.writeAndFlush(Data.direct(data)), "the write");
        Net.until(() -> events.bytes() == data.length, events::toString);
        assertEquals(Data.checksum(data), events.checksum());
    }

    @Test
    void pairOfTheUnixDomainKnowsItsOwner() throws Exception {
        for (int type : new int[] {Sockets.STREAM, Sockets.DATAGRAM}) {
            int[] pair = pair(type);
            sockets.add(pair[1]);
            PeerCredentials peer;
            Channel channel;
            if (type == Sockets.STREAM) {
                var stream = new OurioDomainSocketChannel(pair[0]);
                peer = stream.peerCredentials();
                channel = stream;
            } else {
                var datagrams = new OurioDomainDatagramChannel(pair[0]);
                assertTrue(datagrams.isConnected());
                peer = datagrams.peerCredentials();
                channel = datagrams;
            }
            assertEquals(ProcessHandle.current().pid(), peer.pid());
            assertEquals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"), peer.uid());
            assertTrue(channel.isActive());
            channel.unsafe().closeForcibly();
        }
    }

    private static int[] pair(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(ValueLayout.JAVA_INT, 2);
            assertEquals(0, Libc.current().socketpair(Sockets.UNIX, type, 0, pair));
            return pair.toArray(ValueLayout.JAVA_INT);
        }
    }
}
