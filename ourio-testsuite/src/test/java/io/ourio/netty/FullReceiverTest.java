// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.Promise;
import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Message;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.UnixSockets;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams of the Unix domain wait for a receiver that does not read, and for nobody else. */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL", "KQUEUE"})
class FullReceiverTest {
    /** A sender's buffer holds some 280 of the smallest packets, a queue mostly fewer. */
    private static final int MANY = 400;

    /** A turn sends a packet, and a wait that ends at once takes three. */
    private static final int IDLE_TURNS = 20;

    private final Received received = new Received();

    @TempDir
    Path directory;

    private final BackendKind backend;
    private final Net net;
    private int names;

    FullReceiverTest(BackendKind backend) {
        this.backend = backend;
        net = Net.on(backend, 1);
    }

    @AfterEach
    void close() throws IOException {
        received.releaseRest();
        net.close();
    }

    private OurioDomainDatagramChannel bind(boolean reads) {
        ChannelFuture bound = new Bootstrap().group(net.group)
                .channel(OurioDomainDatagramChannel.class)
                .option(ChannelOption.AUTO_READ, reads)
                .handler(received)
                .bind(new DomainSocketAddress(directory.resolve("s" + names++).toString()));
        Net.await(bound, "the bind");
        return (OurioDomainDatagramChannel) bound.channel();
    }

    private static DomainDatagramPacket packet(int number, OurioDomainDatagramChannel to) {
        return packet(number, Integer.BYTES, to);
    }

    private static DomainDatagramPacket packet(
            int number, int length, OurioDomainDatagramChannel to) {
        return new DomainDatagramPacket(
                Data.direct(new byte[length]).setInt(0, number), to.localAddress());
    }

    private static List<ChannelFuture> flush(
            OurioDomainDatagramChannel from, List<?> packets) {
        List<ChannelFuture> writes = new ArrayList<>();
        packets.forEach(packet -> writes.add(from.write(packet)));
        from.flush();
        return writes;
    }

    private List<DomainDatagramPacket> packets(int count, OurioDomainDatagramChannel to) {
        List<DomainDatagramPacket> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            packets.add(packet(i, to));
        }
        return packets;
    }

    private int nextNumber() throws InterruptedException {
        DomainDatagramPacket packet = received.next(DomainDatagramPacket.class);
        try {
            return packet.content().getInt(0);
        } finally {
            packet.release();
        }
    }

    /** Waits until many turns of the loop let no more packets go; returns how many have gone. */
    private static long full(OurioDomainDatagramChannel sender, List<ChannelFuture> writes) {
        long gone = 0;
        for (int idle = 0; idle < IDLE_TURNS || gone == 0; idle++) {
            turn(sender);
            long done = writes.stream().filter(ChannelFuture::isDone).count();
            if (done > gone) {
                gone = done;
                idle = 0;
            }
        }
        assertTrue(gone < writes.size(), "the receiver has room for all");
        assertFalse(writes.getLast().isDone());
        return gone;
    }

    /** Lets the ring turn once, of which many tasks of the loop need not be a sign. */
    private static void turn(OurioDomainDatagramChannel channel) {
        Promise<Void> turned = channel.eventLoop().newPromise();
        Context context = new Context(turned, 0, (_, _) -> turned.setSuccess(null));
        channel.eventLoop().execute(() -> channel.ring().noop(context));
        Net.await(turned, "a turn of the ring");
    }

    private void assertAllArrive(List<ChannelFuture> writes, long from) throws Exception {
        for (long i = from; i < writes.size(); i++) {
            assertEquals(i, nextNumber());
        }
        for (ChannelFuture write : writes) {
            Net.await(write, "a write");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writesWaitForTheReceiverAndArriveInOrder(boolean connected) throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        List<DomainDatagramPacket> packets = packets(MANY, receiver);
        if (connected) {
            Net.await(sender.connect(receiver.localAddress()), "the connect");
        }
        List<ChannelFuture> writes = flush(sender, connected
                ? packets.stream().map(DomainDatagramPacket::content).toList() : packets);
        full(sender, writes);
        receiver.config().setAutoRead(true);
        assertAllArrive(writes, 0);
    }

    /** The one kind of wait that the socket itself does not hear the end of. */
    @Test
    void writeWaitsForAQueueThatOthersHaveFilled() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel filler = bind(true);
        List<ChannelFuture> filling = flush(filler, packets(MANY, receiver));
        full(filler, filling);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, List.of(packet(-1, receiver)));
        Net.barrier(sender);
        long before = enters();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300)); // What is measured, not a wait.
        long enters = enters() - before;
        assertTrue(enters < 50, enters + " turns in 300 ms of waiting");
        assertFalse(writes.getFirst().isDone());
        receiver.config().setAutoRead(true);
        int others = 0;
        for (int i = 0; i <= MANY; i++) {
            int number = nextNumber();
            assertEquals(number < 0 ? -1 : others++, number);
        }
        Net.await(writes.getFirst(), "the write");
        Net.await(filling.getLast(), "the last write");
    }

    private long enters() {
        return ((OurioEventLoopGroup) net.group).metrics().getFirst().ring().enters();
    }

    @Test
    void writesWaitForRoomInTheSendersOwnBuffer() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        sender.config().setSendBufferSize(50_000);
        List<DomainDatagramPacket> packets = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            packets.add(packet(i, 40_000, receiver));
        }
        List<ChannelFuture> writes = flush(sender, packets);
        assertTrue(full(sender, writes) < 8);
        receiver.config().setAutoRead(true);
        assertAllArrive(writes, 0);
    }

    /** Its queue takes any number from its peer, so that no second socket may be its peer. */
    @Test
    void writesWaitForAReceiverThatIsConnectedToTheSender() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        Net.await(receiver.connect(sender.localAddress()), "the connect");
        List<ChannelFuture> writes = flush(sender, packets(MANY, receiver));
        full(sender, writes);
        receiver.config().setAutoRead(true);
        assertAllArrive(writes, 0);
    }

    @Test
    void closeWaitsForWhatWasFlushed() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, packets(MANY, receiver));
        full(sender, writes);
        ChannelFuture closed = sender.close();
        Net.barrier(sender);
        assertFalse(closed.isDone());
        receiver.config().setAutoRead(true);
        assertAllArrive(writes, 0);
        Net.await(closed, "the close");
    }

    @Test
    void receiverThatClosesFailsWhatWaitsForIt() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, packets(MANY, receiver));
        full(sender, writes);
        Net.await(receiver.close(), "the close");
        assertInstanceOf(IOException.class, Net.failure(writes.getLast(), "the last write"));
    }

    @Test
    void forcedCloseEndsTheWait() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, packets(MANY, receiver));
        int gone = (int) full(sender, writes);
        int open = descriptors();
        sender.eventLoop().execute(() -> sender.unsafe().closeForcibly());
        assertInstanceOf(ClosedChannelException.class,
                Net.failure(writes.get(gone), "the write that waits"));
        Net.until(() -> descriptors() <= open - 2, // The socket and the one that asks for room.
                () -> descriptors() + " descriptors are open, " + open + " were before");
    }

    @Test
    void channelThatWaitsForItsReceiverMovesAndSendsOn() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, packets(MANY, receiver));
        int gone = (int) full(sender, writes);
        leave(sender);
        receiver.config().setAutoRead(true);
        for (int i = 0; i < gone; i++) {
            assertEquals(i, nextNumber());
        }
        assertFalse(writes.get(gone).isDone(), "a channel without a loop writes");
        try (Net second = Net.on(backend, 1)) {
            Net.await(second.group.next().register(sender), "the registration");
            assertAllArrive(writes, gone);
        }
    }

    /** Then it has a second socket, which waits in its place. */
    @Test
    void channelThatWaitsForAQueueThatOthersHaveFilledMovesToo() throws Exception {
        OurioDomainDatagramChannel receiver = bind(false);
        OurioDomainDatagramChannel filler = bind(true);
        full(filler, flush(filler, packets(MANY, receiver)));
        OurioDomainDatagramChannel sender = bind(true);
        ChannelFuture write = flush(sender, List.of(packet(-1, receiver))).getFirst();
        for (int i = 0; i < IDLE_TURNS; i++) {
            turn(sender);
        }
        int open = descriptors();
        leave(sender);
        Net.until(() -> descriptors() < open, () -> "the second socket is open");
        receiver.config().setAutoRead(true);
        for (int i = 0; i < MANY; i++) {
            assertEquals(i, nextNumber());
        }
        assertFalse(write.isDone(), "a channel without a loop writes");
        try (Net second = Net.on(backend, 1)) {
            Net.await(second.group.next().register(sender), "the registration");
            assertEquals(-1, nextNumber());
            Net.await(write, "the write");
        }
    }

    /** Then room comes at any moment of a move. */
    @Test
    void channelThatMovesWhileItsReceiverReadsKeepsTheOrder() throws Exception {
        OurioDomainDatagramChannel receiver = bind(true);
        OurioDomainDatagramChannel sender = bind(true);
        List<ChannelFuture> writes = flush(sender, packets(10 * MANY, receiver));
        try (Net second = Net.on(backend, 1)) {
            for (int i = 0; i < 20; i++) {
                leave(sender);
                Net.await((i % 2 == 0 ? second : net).group.next().register(sender),
                        "the registration");
            }
            assertAllArrive(writes, 0);
        }
    }

    private static void leave(OurioDomainDatagramChannel channel) {
        Net.await(channel.deregister(), "the deregistration");
        Net.await(channel.eventLoop().submit(() -> assertFalse(channel.isBusy())), "no task");
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open.length;
    }

    @Test
    void descriptorThatComesWithAPacketIsClosed() throws Exception {
        OurioDomainDatagramChannel receiver = bind(true);
        Path file = Files.createFile(directory.resolve("file"));
        int socket = UnixSockets.datagram();
        try (Ring ring = Ring.open(RingOptions.defaults().withBackend(backend));
                Arena arena = Arena.ofShared()) {
            ring.open(file.toString(), 0, 0, new Context(null, 0, (_, opened) -> {
                Message message = new Message(Message.DESCRIPTOR_SPACE)
                        .data(arena.allocate(Integer.BYTES)).descriptor(opened.result())
                        .to(receiver.localAddress().path());
                ring.sendmsg(socket, message, 0, ring.task(new Context(null, 0,
                        (_, sent) -> ring.close(opened.result(), Context.NONE))));
            }));
            ring.run(RunMode.UNTIL_DONE);
        } finally {
            Sockets.close(socket);
        }
        assertEquals(0, nextNumber());
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            assertEquals(0, open.filter(fd -> isLinkTo(fd, file)).count());
        }
    }

    private static boolean isLinkTo(Path link, Path file) {
        try {
            return Files.readSymbolicLink(link).equals(file);
        } catch (IOException _) {
            return false; // It was closed meanwhile.
        }
    }
}
