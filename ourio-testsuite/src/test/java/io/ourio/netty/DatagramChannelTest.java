// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.ourio.BackendKind;
import io.ourio.Sockets;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** UDP channels, with the buffers of the loop and with buffers of their own. */
@ParameterizedClass(name = "{0}, {1}")
@CsvSource({"IO_URING, OF_THE_LOOP", "IO_URING, OF_THE_CHANNEL",
        "EPOLL, OF_THE_LOOP", "EPOLL, OF_THE_CHANNEL"})
class DatagramChannelTest {
    enum Buffers { OF_THE_LOOP, OF_THE_CHANNEL }

    private static final InetAddress LOCALHOST = InetAddress.getLoopbackAddress();

    private final Received received = new Received();

    private final Buffers buffers;
    private final Net net;

    DatagramChannelTest(BackendKind backend, Buffers buffers) {
        this.buffers = buffers;
        net = Net.on(backend, 1);
    }

    @AfterEach
    void close() throws IOException {
        received.releaseRest();
        net.close();
    }

    private Bootstrap bootstrap(SocketProtocolFamily family) {
        Bootstrap bootstrap = new Bootstrap().group(net.group)
                .channelFactory(() -> new OurioDatagramChannel(family))
                .handler(received);
        return buffers == Buffers.OF_THE_LOOP ? bootstrap
                : bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(100_000)); // More than the loop's have.
    }

    private Bootstrap bootstrap() {
        return bootstrap(null);
    }

    private static OurioDatagramChannel bind(Bootstrap bootstrap) {
        return await(bootstrap.bind(LOCALHOST, 0), "the bind");
    }

    private static OurioDatagramChannel await(ChannelFuture future, String what) {
        Net.await(future, what);
        return (OurioDatagramChannel) future.channel();
    }

    private byte[] nextBytes() throws InterruptedException {
        return bytes(received.next(DatagramPacket.class));
    }

    private static byte[] bytes(DatagramPacket packet) {
        byte[] bytes = new byte[packet.content().readableBytes()];
        packet.content().readBytes(bytes);
        packet.release();
        return bytes;
    }

    private static DatagramPacket packet(byte[] data, Channel to) {
        return new DatagramPacket(Data.direct(data), (InetSocketAddress) to.localAddress());
    }

    @Test
    void packetsOfEverySizeArriveWholeAndInOrder() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap().option(ChannelOption.SO_RCVBUF, 1 << 22));
        OurioDatagramChannel sender = bind(bootstrap());
        int[] sizes = {1, 0, 17, 1500, 2048, 2049, 9000, 65507, 0, 3};
        for (int i = 0; i < sizes.length; i++) {
            sender.write(packet(Data.random(sizes[i], i), receiver));
        }
        sender.flush();
        for (int i = 0; i < sizes.length; i++) {
            DatagramPacket packet = received.next(DatagramPacket.class);
            assertEquals(sender.localAddress(), packet.sender());
            assertEquals(receiver.localAddress(), packet.recipient());
            assertEquals(Data.checksum(Data.random(sizes[i], i)), Data.checksum(bytes(packet)),
                    "packet " + i);
        }
    }

    @Test
    void flushOfManyPacketsCompletesEachInOrder() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap().option(ChannelOption.SO_RCVBUF, 1 << 22));
        OurioDatagramChannel sender = bind(bootstrap());
        int count = 1000;
        List<Integer> completed = new ArrayList<>();
        List<ChannelFuture> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            writes.add(sender.write(packet(new byte[] {(byte) i, (byte) (i >> 8)}, receiver))
                    .addListener(_ -> completed.add(index)));
        }
        sender.flush();
        for (ChannelFuture write : writes) {
            Net.await(write, "a write");
        }
        for (int i = 0; i < count; i++) {
            byte[] data = nextBytes();
            assertEquals(i, data[0] & 0xff | (data[1] & 0xff) << 8);
        }
        Net.barrier(sender);
        assertEquals(count, completed.size());
        assertTrue(completed.equals(completed.stream().sorted().toList()), completed::toString);
    }

    /** As Netty's epoll does by scattering reads, here with no option. */
    @Test
    void oneReadDeliversWhatArrivedTogether() throws Exception {
        List<Integer> reads = new ArrayList<>();
        OurioDatagramChannel receiver = bind(bootstrap().handler(
                new ChannelInboundHandlerAdapter() {
                    private int messages;

                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        messages++;
                        received.add(message);
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        reads.add(messages);
                        messages = 0;
                    }
                }));
        OurioDatagramChannel sender = bind(bootstrap());
        for (int i = 0; i < 10; i++) {
            sender.write(packet(new byte[1], receiver));
        }
        sender.flush();
        for (int i = 0; i < 10; i++) {
            nextBytes();
        }
        Net.barrier(receiver);
        assertEquals(10, reads.stream().mapToInt(Integer::intValue).sum());
        if (buffers == Buffers.OF_THE_LOOP && receiver.ring().capabilities().multishotRecv()) {
            assertEquals(List.of(10), reads);
        }
    }

    @Test
    void segmentedPacketLeavesAsDatagramsOfItsSegments() throws Exception {
        byte[] data = Data.random(10 * 512 + 100, 3);
        try (DatagramSocket receiver = new DatagramSocket(new InetSocketAddress(LOCALHOST, 0))) {
            receiver.setSoTimeout((int) Net.PATIENCE.toMillis());
            OurioDatagramChannel sender = bind(bootstrap());
            InetSocketAddress to = (InetSocketAddress) receiver.getLocalSocketAddress();
            CompositeByteBuf composite = Unpooled.compositeBuffer()
                    .addComponent(true, Data.direct(data).slice(0, 1000))
                    .addComponent(true, Data.direct(data).slice(1000, data.length - 1000));
            for (ByteBuf content : List.of(Data.direct(data), composite)) {
                Net.await(sender.writeAndFlush(new SegmentedDatagramPacket(content, 512, to)),
                        "the write");
                byte[] all = new byte[data.length];
                for (int i = 0; i < 11; i++) {
                    var packet = new java.net.DatagramPacket(new byte[1000], 1000);
                    receiver.receive(packet);
                    assertEquals(i < 10 ? 512 : 100, packet.getLength());
                    System.arraycopy(packet.getData(), 0, all, i * 512, packet.getLength());
                }
                assertEquals(Data.checksum(data), Data.checksum(all));
            }
        }
        assertTrue(OurioDatagramChannel.isSegmentedDatagramPacketSupported());
    }

    @Test
    void packetsThatTheKernelPutTogetherAreReadEach() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap().option(OurioChannelOption.UDP_GRO, true));
        assertTrue(receiver.config().isUdpGro());
        OurioDatagramChannel sender = bind(bootstrap());
        byte[] data = Data.random(20 * 1000 + 1, 4);
        sender.writeAndFlush(new SegmentedDatagramPacket(
                Data.direct(data), 1000, receiver.localAddress()));
        sender.writeAndFlush(packet(new byte[] {7}, receiver));
        byte[] all = new byte[data.length];
        for (int i = 0; i <= 20; i++) {
            byte[] segment = nextBytes();
            assertEquals(i < 20 ? 1000 : 1, segment.length);
            System.arraycopy(segment, 0, all, i * 1000, segment.length);
        }
        assertEquals(Data.checksum(data), Data.checksum(all));
        assertEquals(7, nextBytes()[0]);
    }

    @Test
    void packetThatIsCutIsTold() throws Exception {
        OurioDatagramChannel sender = bind(bootstrap());
        OurioDatagramChannel small = bind(bootstrap().option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(100)));
        OurioDatagramChannel limited = bind(bootstrap().option(
                OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 100));
        for (OurioDatagramChannel receiver : List.of(small, limited)) {
            byte[] data = Data.random(300, 5);
            sender.write(packet(data, receiver));
            sender.writeAndFlush(packet(new byte[100], receiver));
            assertEquals(new TruncatedDatagramEvent(sender.localAddress(), 300),
                    received.next(TruncatedDatagramEvent.class));
            byte[] head = nextBytes();
            assertEquals(Data.checksum(Arrays.copyOf(data, 100)), Data.checksum(head));
            assertEquals(100, nextBytes().length);
        }
    }

    @Test
    void writeThatCannotBeIsFailedAlone() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap(SocketProtocolFamily.INET));
        OurioDatagramChannel sender = bind(bootstrap(SocketProtocolFamily.INET));
        ChannelFuture first = sender.write(packet(new byte[] {1}, receiver));
        ChannelFuture wrong = sender.write(new DatagramPacket(
                Unpooled.copyInt(1), new InetSocketAddress("::1", 9)));
        ChannelFuture large = sender.write(packet(new byte[65508], receiver));
        ChannelFuture unconnected = sender.write(Unpooled.copyInt(1));
        ChannelFuture last = sender.write(packet(new byte[] {2}, receiver));
        ChannelFuture empty = sender.write(Unpooled.EMPTY_BUFFER);
        sender.flush();
        Net.await(first, "the first write");
        assertInstanceOf(UnsupportedAddressTypeException.class,
                Net.failure(wrong, "a write to another protocol"));
        assertTrue(Net.failure(large, "a large write").getMessage().startsWith(
                "sendmsg: EMSGSIZE (90)"), () -> large.cause().toString());
        assertInstanceOf(NotYetConnectedException.class,
                Net.failure(unconnected, "a write to nobody"));
        Net.await(last, "the last write");
        Net.await(empty, "the empty write");
        assertEquals(1, nextBytes()[0]);
        assertEquals(2, nextBytes()[0]);
        assertTrue(sender.isActive());
    }

    @Test
    void canceledWritesAreLeftOut() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap());
        OurioDatagramChannel sender = bind(bootstrap());
        List<ChannelPromise> promises = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ChannelPromise promise = sender.newPromise();
            promises.add(promise);
            sender.write(packet(new byte[] {(byte) i}, receiver), promise);
            if (i % 3 == 0) {
                promise.cancel(false);
            }
        }
        sender.flush();
        for (int i = 0; i < 100; i++) {
            if (i % 3 != 0) {
                Net.await(promises.get(i), "write " + i);
                assertEquals(i, nextBytes()[0]);
            }
        }
    }

    @Test
    void flushOfNothingButEmptyBuffersEnds() {
        OurioDatagramChannel sender = bind(bootstrap());
        ChannelFuture last = null;
        for (int i = 0; i < 500; i++) {
            last = sender.write(Unpooled.EMPTY_BUFFER);
        }
        sender.flush();
        Net.await(last, "the last of many empty writes");
    }

    @Test
    void envelopesAndHeapBuffersAreSentToo() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap());
        OurioDatagramChannel sender = bind(bootstrap());
        sender.write(new DefaultAddressedEnvelope<>(
                Unpooled.wrappedBuffer(new byte[] {1}), receiver.localAddress()));
        sender.write(new DatagramPacket(
                Unpooled.wrappedBuffer(new byte[] {2}), receiver.localAddress()));
        sender.flush();
        assertEquals(1, nextBytes()[0]);
        assertEquals(2, nextBytes()[0]);
        assertThrows(UnsupportedOperationException.class,
                () -> sender.writeAndFlush("text").syncUninterruptibly());
    }

    @Test
    void nothingIsReadUnaskedAndEachReadIsOne() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap().option(ChannelOption.AUTO_READ, false));
        OurioDatagramChannel sender = bind(bootstrap());
        for (int i = 0; i < 100; i++) {
            sender.write(packet(new byte[] {(byte) i}, receiver));
        }
        Net.await(sender.writeAndFlush(packet(new byte[] {100}, receiver)), "the last write");
        Net.barrier(receiver);
        assertTrue(received.isEmpty());
        for (int i = 0; i < 100; i++) {
            receiver.read();
            assertEquals(i, nextBytes()[0]);
            Net.barrier(receiver);
            assertTrue(received.isEmpty());
        }
        receiver.config().setAutoRead(true);
        assertEquals(100, nextBytes()[0]);
    }

    @Test
    void connectedChannelIsToldThatNobodyListens() throws Exception {
        OurioDatagramChannel gone = bind(bootstrap());
        InetSocketAddress nobody = gone.localAddress();
        Net.await(gone.close(), "the close");
        OurioDatagramChannel channel =
                await(bootstrap().connect(nobody), "the connect");
        assertTrue(channel.isActive() && channel.isConnected());
        assertEquals(nobody, channel.remoteAddress());
        for (int i = 0; i < 3; i++) {
            Net.await(channel.writeAndFlush(Unpooled.copyInt(1)), "the write");
            received.next(PortUnreachableException.class);
        }
        assertTrue(channel.isActive());
    }

    @Test
    void disconnectedChannelKeepsItsPortAndHearsEverybody() throws Exception {
        OurioDatagramChannel first = bind(bootstrap());
        OurioDatagramChannel second = bind(bootstrap());
        OurioDatagramChannel channel = bind(bootstrap());
        InetSocketAddress own = channel.localAddress();
        for (int i = 0; i < 2; i++) {
            Net.await(channel.connect(first.localAddress()), "the connect");
            assertEquals(own, channel.localAddress());
            Net.await(second.writeAndFlush(packet(new byte[] {1}, channel)), "the write");
            Net.await(first.writeAndFlush(packet(new byte[] {2}, channel)), "the write");
            assertEquals(2, nextBytes()[0]);
            Net.await(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {3})), "the write");
            assertEquals(3, nextBytes()[0]);
            Net.await(channel.disconnect(), "the disconnect");
            assertFalse(channel.isConnected());
            assertNull(channel.remoteAddress());
            assertEquals(own, channel.localAddress());
            Net.await(second.writeAndFlush(packet(new byte[] {4}, channel)), "the write");
            assertEquals(4, nextBytes()[0]);
        }
        assertTrue(received.isEmpty());
    }

    @Test
    @SuppressWarnings("deprecation") // Netty deprecates the option, and its programs set it.
    void channelWithoutABindGetsItsAddressWhenItSends() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap());
        OurioDatagramChannel channel = await(bootstrap()
                .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true)
                .register(), "the registration");
        assertTrue(channel.isActive());
        assertNull(channel.localAddress());
        Net.await(channel.writeAndFlush(packet(new byte[] {1}, receiver)), "the write");
        DatagramPacket packet = received.next(DatagramPacket.class);
        assertEquals(channel.localAddress().getPort(), packet.sender().getPort());
        receiver.writeAndFlush(new DatagramPacket(packet.content(), packet.sender()));
        assertEquals(1, nextBytes()[0]);
        assertThrows(IllegalStateException.class, () -> channel.config().setOption(
                ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, false));
    }

    @Test
    void ipv4PeersOfAnIpv6SocketHaveIpv4Addresses() throws Exception {
        OurioDatagramChannel both = await(
                bootstrap(SocketProtocolFamily.INET6).bind(0), "the bind");
        OurioDatagramChannel ipv4 = await(bootstrap(SocketProtocolFamily.INET)
                .bind("127.0.0.1", 0), "the bind");
        int port = both.localAddress().getPort();
        ipv4.writeAndFlush(new DatagramPacket(
                Unpooled.copyInt(1), new InetSocketAddress("127.0.0.1", port)));
        DatagramPacket packet = received.next(DatagramPacket.class);
        assertEquals(ipv4.localAddress(), packet.sender());
        both.writeAndFlush(new DatagramPacket(packet.content(), packet.sender()));
        assertEquals(4, nextBytes().length);
    }

    @Test
    void recipientIsWhereThePacketWasSentTo() throws Exception {
        OurioDatagramChannel receiver = await(bootstrap()
                .option(OurioChannelOption.IP_RECVORIGDSTADDR, true).bind(0), "the bind");
        OurioDatagramChannel sender = bind(bootstrap());
        int port = receiver.localAddress().getPort();
        for (String host : List.of("127.0.0.5", "127.0.0.6")) {
            InetSocketAddress to = new InetSocketAddress(host, port);
            Net.await(sender.writeAndFlush(new DatagramPacket(Unpooled.copyInt(1), to)),
                    "the write");
            DatagramPacket packet = received.next(DatagramPacket.class);
            assertEquals(to, packet.recipient());
            packet.release();
        }
    }

    @Test
    void broadcastNeedsItsOption() throws Exception {
        OurioDatagramChannel receiver = await(
                bootstrap(SocketProtocolFamily.INET).bind(0), "the bind");
        OurioDatagramChannel sender = await(
                bootstrap(SocketProtocolFamily.INET).bind("127.0.0.1", 0), "the bind");
        InetSocketAddress all = new InetSocketAddress(
                "127.255.255.255", receiver.localAddress().getPort());
        assertInstanceOf(SocketException.class, Net.failure(sender.writeAndFlush(
                new DatagramPacket(Unpooled.copyInt(1), all)), "a broadcast"));
        sender.config().setBroadcast(true);
        Net.await(sender.writeAndFlush(new DatagramPacket(Unpooled.copyInt(1), all)),
                "the broadcast");
        assertEquals(4, nextBytes().length);
    }

    @Test
    void groupIsReceivedFromWhoWasNamed() throws Exception {
        NetworkInterface loopback = NetworkInterface.getByInetAddress(
                InetAddress.getByName("127.0.0.1"));
        InetAddress group = InetAddress.getByName("232.1.2.3");
        InetAddress wanted = InetAddress.getByName("127.0.0.2");
        OurioDatagramChannel receiver = await(bootstrap(SocketProtocolFamily.INET).bind(0),
                "the bind");
        InetSocketAddress to = new InetSocketAddress(group, receiver.localAddress().getPort());
        List<OurioDatagramChannel> senders = new ArrayList<>();
        for (String host : List.of("127.0.0.1", "127.0.0.2", "127.0.0.3")) {
            senders.add(await(bootstrap(SocketProtocolFamily.INET)
                    .option(ChannelOption.IP_MULTICAST_IF, loopback).bind(host, 0), "the bind"));
        }
        sendFromEach(senders, to);
        Net.await(receiver.joinGroup(group, loopback, wanted), "the join");
        sendFromEach(senders, to);
        assertFrom("127.0.0.2");
        Net.await(receiver.leaveGroup(group, loopback, wanted), "the end of it");
        Net.await(receiver.joinGroup(to, loopback), "the join");
        sendFromEach(senders, to);
        assertFrom("127.0.0.1", "127.0.0.2", "127.0.0.3");
        Net.await(receiver.block(group, loopback, wanted), "the block");
        sendFromEach(senders, to);
        assertFrom("127.0.0.1", "127.0.0.3");
        Net.await(receiver.leaveGroup(to, loopback), "the end of it");
        sendFromEach(senders, to);
        senders.getFirst().writeAndFlush(new DatagramPacket(Unpooled.copyInt(1),
                new InetSocketAddress("127.0.0.1", to.getPort())));
        assertFrom("127.0.0.1");
        Throwable refused = Net.failure(
                receiver.leaveGroup(to, loopback), "a leave of what was not joined");
        assertTrue(refused.getMessage().startsWith("setsockopt(MCAST_LEAVE_GROUP, 232.1.2.3 on "
                + loopback.getName() + "): EADDRNOTAVAIL"), refused::getMessage);
    }

    private static void sendFromEach(List<OurioDatagramChannel> senders, InetSocketAddress to) {
        for (OurioDatagramChannel sender : senders) {
            Net.await(sender.writeAndFlush(new DatagramPacket(Unpooled.copyInt(1), to)),
                    "the write");
        }
    }

    private void assertFrom(String... hosts) throws InterruptedException {
        for (String host : hosts) {
            DatagramPacket packet = received.next(DatagramPacket.class);
            assertEquals(host, packet.sender().getAddress().getHostAddress());
            packet.release();
        }
        assertTrue(received.isEmpty(), received::toString);
    }

    @Test
    void groupOfIpv4CanBeJoinedOnAnIpv6Socket() throws Exception {
        NetworkInterface loopback = NetworkInterface.getByInetAddress(
                InetAddress.getByName("127.0.0.1"));
        OurioDatagramChannel receiver = await(
                bootstrap(SocketProtocolFamily.INET6).bind(0), "the bind");
        InetSocketAddress group = new InetSocketAddress(
                "230.1.2.3", receiver.localAddress().getPort());
        receiver.config().setNetworkInterface(loopback);
        assertEquals(loopback, receiver.config().getNetworkInterface());
        Net.await(receiver.joinGroup(group.getAddress()), "the join");
        Net.await(receiver.writeAndFlush(new DatagramPacket(Unpooled.copyInt(1), group)),
                "the write");
        assertEquals(4, nextBytes().length);
        assertTrue(received.isEmpty());
    }

    @Test
    void closeLetsWhatWasFlushedGo() throws Exception {
        OurioDatagramChannel receiver = bind(bootstrap().option(ChannelOption.SO_RCVBUF, 1 << 22));
        for (int round = 0; round < 20; round++) {
            OurioDatagramChannel sender = bind(bootstrap());
            List<ChannelFuture> writes = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                writes.add(sender.write(packet(new byte[] {(byte) i}, receiver)));
            }
            sender.flush();
            ChannelFuture late = sender.write(packet(new byte[1], receiver));
            ChannelFuture closed = sender.close();
            for (int i = 0; i < 200; i++) {
                Net.await(writes.get(i), "write " + i);
                assertEquals((byte) i, nextBytes()[0]);
            }
            Net.failure(late, "a write that was not flushed");
            Net.await(closed, "the close");
        }
        assertTrue(received.isEmpty());
    }

    /** Many datagrams that have been received, and are not delivered yet. */
    @Test
    void closeWhileMuchArrivesLosesNoBuffer() throws Exception {
        OurioDatagramChannel sender = bind(bootstrap());
        for (int round = 0; round < 30; round++) {
            OurioDatagramChannel receiver = bind(bootstrap());
            for (int i = 0; i < 100; i++) {
                sender.write(packet(new byte[1000], receiver));
            }
            sender.flush();
            if (round % 2 == 0) {
                received.next(DatagramPacket.class).release();
            }
            Net.await(receiver.close(), "the close");
        }
        Net.barrier(sender);
        // The leak detection of the suite finds what was lost.
    }

    @Test
    void socketFromElsewhereBecomesAChannel() throws Exception {
        int fd = Sockets.udp(Sockets.IPV4);
        Sockets.bind(fd, Sockets.IPV4, new InetSocketAddress("127.0.0.1", 0));
        OurioDatagramChannel channel = new OurioDatagramChannel(fd);
        assertTrue(channel.isActive());
        assertFalse(channel.isConnected());
        assertNotEquals(0, channel.localAddress().getPort());
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                received.add(message);
            }
        });
        Net.await(net.group.register(channel), "the registration");
        OurioDatagramChannel sender = bind(bootstrap());
        sender.writeAndFlush(packet(new byte[] {9}, channel));
        assertEquals(9, nextBytes()[0]);
    }
}
