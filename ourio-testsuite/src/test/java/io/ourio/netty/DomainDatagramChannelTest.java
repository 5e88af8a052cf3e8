// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.ourio.BackendKind;
import io.ourio.UnixSockets;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Datagrams of the Unix domain, with the buffers of the loop and with buffers of their own. What
 * happens where a receiver is full is in {@link FullReceiverTest}.
 */
@ParameterizedClass(name = "{0}, {1}")
@CsvSource({"IO_URING, OF_THE_LOOP", "IO_URING, OF_THE_CHANNEL",
        "EPOLL, OF_THE_LOOP", "EPOLL, OF_THE_CHANNEL", "KQUEUE, OF_THE_LOOP"})
class DomainDatagramChannelTest {
    enum Buffers { OF_THE_LOOP, OF_THE_CHANNEL }

    private final Received received = new Received();

    @TempDir
    Path directory;

    private final Buffers buffers;
    private final Net net;
    private int names;

    DomainDatagramChannelTest(BackendKind backend, Buffers buffers) {
        this.buffers = buffers;
        net = Net.on(backend, 1);
    }

    @AfterEach
    void close() throws IOException {
        received.releaseRest();
        net.close();
    }

    private Bootstrap bootstrap() {
        Bootstrap bootstrap = new Bootstrap().group(net.group)
                .channel(OurioDomainDatagramChannel.class)
                .handler(received);
        return buffers == Buffers.OF_THE_LOOP ? bootstrap
                : bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(100_000)); // More than the loop's have.
    }

    private DomainSocketAddress path() {
        return new DomainSocketAddress(directory.resolve("s" + names++).toString());
    }

    private OurioDomainDatagramChannel bind() {
        return bind(bootstrap(), path());
    }

    private static OurioDomainDatagramChannel bind(Bootstrap bootstrap, SocketAddress address) {
        return await(bootstrap.bind(address), "the bind to " + address);
    }

    private static OurioDomainDatagramChannel await(ChannelFuture future, String what) {
        Net.await(future, what);
        return (OurioDomainDatagramChannel) future.channel();
    }

    private byte[] nextBytes() throws InterruptedException {
        return bytes(received.next(DomainDatagramPacket.class));
    }

    private static byte[] bytes(DomainDatagramPacket packet) {
        byte[] bytes = new byte[packet.content().readableBytes()];
        packet.content().readBytes(bytes);
        packet.release();
        return bytes;
    }

    private static DomainDatagramPacket packet(byte[] data, OurioDomainDatagramChannel to) {
        return new DomainDatagramPacket(Data.direct(data), to.localAddress());
    }

    @Test
    void packetsOfEverySizeArriveWholeAndInOrder() throws Exception {
        OurioDomainDatagramChannel receiver = bind();
        OurioDomainDatagramChannel sender = bind();
        int[] sizes = {1, 0, 17, 1500, 2048, 2049, 9000, 65535, 0, 3};
        for (int i = 0; i < sizes.length; i++) {
            sender.write(packet(Data.random(sizes[i], i), receiver));
        }
        sender.flush();
        for (int i = 0; i < sizes.length; i++) {
            DomainDatagramPacket packet = received.next(DomainDatagramPacket.class);
            assertEquals(sender.localAddress(), packet.sender());
            assertEquals(receiver.localAddress(), packet.recipient());
            assertEquals(Data.checksum(Data.random(sizes[i], i)), Data.checksum(bytes(packet)),
                    "packet " + i);
        }
    }

    @Test
    void addressesOfTheJdkAreTheSame() throws Exception {
        Path path = directory.resolve("jdk");
        UnixDomainSocketAddress jdks = UnixDomainSocketAddress.of(path);
        OurioDomainDatagramChannel receiver = bind(bootstrap(), jdks);
        assertEquals(new DomainSocketAddress(path.toString()), receiver.localAddress());
        OurioDomainDatagramChannel sender = bind();
        Net.await(sender.writeAndFlush(new DefaultAddressedEnvelope<>(
                Unpooled.wrappedBuffer(new byte[] {1}), jdks)), "the write"); // On the heap.
        assertEquals(1, nextBytes()[0]);
        Net.await(sender.connect(jdks), "the connect");
        Net.await(sender.writeAndFlush(Data.direct(new byte[] {2})), "the write");
        assertEquals(2, nextBytes()[0]);
    }

    @Test
    void abstractNamesNeedNoFile() throws Exception {
        OurioDomainDatagramChannel receiver = bind(bootstrap(), new DomainSocketAddress(
                "\0ourio-" + directory.getFileName()));
        // The kernel chooses the name of one that is bound to the empty path.
        OurioDomainDatagramChannel sender = bind(bootstrap(), new DomainSocketAddress(""));
        assertTrue(sender.localAddress().path().startsWith("\0"), sender::toString);
        Net.await(sender.writeAndFlush(packet(new byte[] {1}, receiver)), "the write");
        DomainDatagramPacket packet = received.next(DomainDatagramPacket.class);
        assertEquals(sender.localAddress(), packet.sender());
        assertEquals(receiver.localAddress(), packet.recipient());
        Net.await(receiver.writeAndFlush(
                new DomainDatagramPacket(packet.content(), packet.sender())), "the answer");
        assertEquals(1, nextBytes()[0]);
    }

    @Test
    @SuppressWarnings("deprecation") // Netty deprecates the option, and its programs set it.
    void senderWithoutANameHasTheEmptyPath() throws Exception {
        OurioDomainDatagramChannel receiver = bind();
        OurioDomainDatagramChannel channel = await(bootstrap()
                .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true)
                .register(), "the registration");
        assertTrue(channel.isActive());
        assertNull(channel.localAddress());
        Net.await(channel.writeAndFlush(packet(new byte[] {1}, receiver)), "the write");
        DomainDatagramPacket packet = received.next(DomainDatagramPacket.class);
        assertEquals(new DomainSocketAddress(""), packet.sender());
        packet.release();
    }

    @Test
    void connectedChannelHearsItsPeerAloneUntilItIsDisconnected() throws Exception {
        OurioDomainDatagramChannel first = bind();
        OurioDomainDatagramChannel second = bind();
        OurioDomainDatagramChannel channel = bind();
        DomainSocketAddress own = channel.localAddress();
        for (int i = 0; i < 2; i++) {
            Net.await(channel.connect(first.localAddress()), "the connect");
            assertTrue(channel.isConnected() && channel.isActive());
            assertEquals(first.localAddress(), channel.remoteAddress());
            Throwable refused = Net.failure(
                    second.writeAndFlush(packet(new byte[] {1}, channel)), "a stranger's write");
            assertTrue(refused.getMessage().startsWith("sendmsg: EPERM"), refused::getMessage);
            Net.await(first.writeAndFlush(packet(new byte[] {2}, channel)), "the write");
            assertEquals(2, nextBytes()[0]);
            Net.await(channel.writeAndFlush(Data.direct(new byte[] {3})), "the write");
            assertEquals(3, nextBytes()[0]);
            Net.await(channel.disconnect(), "the disconnect");
            assertFalse(channel.isConnected());
            assertNull(channel.remoteAddress());
            assertEquals(own, channel.localAddress());
            Net.await(second.writeAndFlush(packet(new byte[] {4}, channel)), "the write");
            assertEquals(4, nextBytes()[0]);
        }
    }

    @Test
    void connectedChannelIsToldThatItsPeerIsGone() throws Exception {
        OurioDomainDatagramChannel peer = bind();
        OurioDomainDatagramChannel channel =
                await(bootstrap().connect(peer.localAddress()), "the connect");
        assertEquals(new DomainSocketAddress(""), channel.localAddress());
        Net.await(peer.close(), "the close");
        assertInstanceOf(PortUnreachableException.class,
                Net.failure(channel.writeAndFlush(Unpooled.copyInt(1)), "a write to nobody"));
        assertTrue(channel.isActive());
    }

    @Test
    void writeThatCannotBeIsFailedAlone() throws Exception {
        OurioDomainDatagramChannel receiver = bind();
        OurioDomainDatagramChannel sender = bind();
        OurioDomainDatagramChannel gone = bind();
        Net.await(gone.close(), "the close");
        ChannelFuture first = sender.write(packet(new byte[] {1}, receiver));
        ChannelFuture nowhere = sender.write(new DomainDatagramPacket(
                Unpooled.copyInt(1), path()));
        ChannelFuture nobody = sender.write(new DomainDatagramPacket(
                Unpooled.copyInt(1), gone.localAddress()));
        ChannelFuture large = sender.write(packet(new byte[1 << 20], receiver));
        ChannelFuture tooLong = sender.write(new DomainDatagramPacket(
                Unpooled.copyInt(1), new DomainSocketAddress("x".repeat(108))));
        ChannelFuture unconnected = sender.write(Unpooled.copyInt(1));
        ChannelFuture last = sender.write(packet(new byte[] {2}, receiver));
        ChannelFuture empty = sender.write(Unpooled.EMPTY_BUFFER);
        sender.flush();
        Net.await(first, "the first write");
        assertInstanceOf(FileNotFoundException.class, Net.failure(nowhere, "a write to nowhere"));
        assertInstanceOf(PortUnreachableException.class, Net.failure(nobody, "one to nobody"));
        assertTrue(Net.failure(large, "a large write").getMessage().startsWith(
                "sendmsg: EMSGSIZE (90)"), () -> large.cause().toString());
        assertTrue(Net.failure(tooLong, "a write to a long path").getMessage().startsWith(
                "the path of a Unix domain socket has at most 107 bytes"),
                () -> tooLong.cause().toString());
        assertInstanceOf(NotYetConnectedException.class,
                Net.failure(unconnected, "a write to whom it is not connected"));
        Net.await(last, "the last write");
        Net.await(empty, "the empty write");
        assertEquals(1, nextBytes()[0]);
        assertEquals(2, nextBytes()[0]);
    }

    @Test
    void addressesAndMessagesOfOtherKindsAreRefusedByName() {
        SocketAddress inet = new InetSocketAddress("127.0.0.1", 1);
        OurioDomainDatagramChannel channel = bind();
        assertEquals("unsupported message type: DefaultAddressedEnvelope (expected:"
                + " DomainDatagramPacket, AddressedEnvelope<ByteBuf, DomainSocketAddress>,"
                + " ByteBuf)", Net.failure(channel.writeAndFlush(new DefaultAddressedEnvelope<>(
                        Unpooled.copyInt(1), inet)), "a write").getMessage());
        assertInstanceOf(UnsupportedOperationException.class,
                Net.failure(channel.writeAndFlush("text"), "a write"));
        assertInstanceOf(IllegalArgumentException.class,
                Net.failure(channel.connect(inet), "a connect"));
        assertInstanceOf(IllegalArgumentException.class,
                Net.failure(bootstrap().bind(inet), "a bind"));
        assertInstanceOf(FileNotFoundException.class,
                Net.failure(channel.connect(path()), "a connect to no file"));
        assertTrue(channel.isActive() && !channel.isConnected());
    }

    @Test
    void fileStaysWhenTheChannelIsClosed() {
        OurioDomainDatagramChannel channel = bind();
        DomainSocketAddress address = channel.localAddress();
        Net.await(channel.close(), "the close");
        assertTrue(Files.exists(Path.of(address.path())));
        Throwable refused = Net.failure(bootstrap().bind(address), "a second bind");
        assertInstanceOf(BindException.class, refused);
        assertTrue(refused.getMessage().startsWith(
                "bind(" + address.path() + "): EADDRINUSE"), refused::getMessage);
    }

    @Test
    void packetThatIsCutIsTold() throws Exception {
        OurioDomainDatagramChannel sender = bind();
        OurioDomainDatagramChannel small = bind(bootstrap().option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(100)), path());
        OurioDomainDatagramChannel limited = bind(bootstrap().option(
                OurioChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, 100), path());
        for (OurioDomainDatagramChannel receiver : List.of(small, limited)) {
            assertCut(sender, receiver, 300, 100);
        }
        assertCut(sender, bind(), 200_000, buffers == Buffers.OF_THE_LOOP ? 65535 : 100_000);
    }

    private void assertCut(OurioDomainDatagramChannel sender, OurioDomainDatagramChannel receiver,
            int length, int there) throws InterruptedException {
        byte[] data = Data.random(length, 5);
        sender.write(packet(data, receiver));
        sender.writeAndFlush(packet(new byte[there], receiver));
        assertEquals(new TruncatedDatagramEvent(sender.localAddress(), length),
                received.next(TruncatedDatagramEvent.class));
        byte[] head = nextBytes();
        assertEquals(Data.checksum(Arrays.copyOf(data, there)), Data.checksum(head));
        assertEquals(there, nextBytes().length);
    }

    @Test
    void largePacketIsWholeIfTheAllocatorHasRoom() throws Exception {
        OurioDomainDatagramChannel receiver = bind(bootstrap().option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1 << 18)), path());
        OurioDomainDatagramChannel sender = bind();
        byte[] data = Data.random(200_000, 7);
        Net.await(sender.writeAndFlush(packet(data, receiver)), "the write");
        assertEquals(Data.checksum(data), Data.checksum(nextBytes()));
    }

    @Test
    void ownerOfAPeerThatWasFoundByItsAddressIsUnknown() throws Exception {
        OurioDomainDatagramChannel channel = bind();
        Net.await(channel.connect(bind().localAddress()), "the connect");
        assertEquals(0, channel.peerCredentials().pid());
        assertEquals(-1, channel.peerCredentials().uid());
        Net.await(channel.close(), "the close");
        assertThrows(ClosedChannelException.class, channel::peerCredentials);
    }

    @Test
    void socketsFromElsewhereBecomeChannels() throws Exception {
        int bound = UnixSockets.datagram();
        UnixSockets.bind(bound, path().path());
        OurioDomainDatagramChannel receiver = new OurioDomainDatagramChannel(bound);
        assertTrue(receiver.isActive() && !receiver.isConnected());
        int connected = UnixSockets.datagram();
        UnixSockets.connect(connected, receiver.localAddress().path());
        OurioDomainDatagramChannel sender = new OurioDomainDatagramChannel(connected);
        assertTrue(sender.isActive() && sender.isConnected());
        assertEquals(receiver.localAddress(), sender.remoteAddress());
        assertEquals(connected, sender.fd().intValue());
        receiver.pipeline().addLast(bind().pipeline().first());
        Net.await(net.group.register(receiver), "the registration");
        Net.await(net.group.register(sender), "the registration");
        Net.await(sender.writeAndFlush(Data.direct(new byte[] {9})), "the write");
        assertEquals(9, nextBytes()[0]);
    }
}
