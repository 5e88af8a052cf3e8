// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.ReferenceCountUtil;
import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Message;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.UnixSockets;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** File descriptors through Unix domain connections. */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL"})
class DescriptorPassingTest {
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Channel> children = new LinkedBlockingQueue<>();

    @TempDir
    Path directory;

    private final Net net;

    DescriptorPassingTest(BackendKind backend) {
        net = Net.on(backend, 2);
    }

    @AfterEach
    void close() throws IOException {
        net.close();
    }

    /** Puts what is read into a queue, bytes as text. */
    private ChannelHandler collector() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                children.add(ctx.channel());
            }

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (message instanceof ByteBuf bytes) {
                    received.add(bytes.toString(UTF_8));
                    bytes.release();
                } else {
                    received.add(message);
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                received.add(cause);
            }
        };
    }

    private DomainSocketAddress address() {
        return new DomainSocketAddress(directory.resolve("socket").toString());
    }

    private OurioDomainSocketChannel listenFor(DomainSocketReadMode mode, boolean autoRead)
            throws InterruptedException {
        Net.await(new ServerBootstrap().group(net.group)
                .channel(OurioServerDomainSocketChannel.class)
                .childOption(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, mode)
                .childOption(ChannelOption.AUTO_READ, autoRead)
                .childHandler(Net.each(this::collector)).bind(address()), "the bind");
        return client(new ChannelInboundHandlerAdapter());
    }

    private OurioDomainSocketChannel client(ChannelHandler handler) {
        var connected = new Bootstrap().group(net.group).channel(OurioDomainSocketChannel.class)
                .handler(handler).connect(address());
        Net.await(connected, "the connection");
        return (OurioDomainSocketChannel) connected.channel();
    }

    private <T> T next(Class<T> type) throws InterruptedException {
        Object message = received.poll(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return assertInstanceOf(type, message, "what was received");
    }

    private OurioDomainSocketChannel child() throws InterruptedException {
        Channel child = children.poll(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return assertInstanceOf(OurioDomainSocketChannel.class, child);
    }

    private static Path target(int fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
    }

    /** The connection that is handed over answers in the place of the one that was connected to. */
    @Test
    void connectionThatIsHandedOverIsServedByItsReceiver() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        OurioDomainSocketChannel handedOver = new OurioDomainSocketChannel();
        Net.await(client.writeAndFlush(handedOver.fd()), "the write");
        FileDescriptor descriptor = next(FileDescriptor.class);
        assertTrue(descriptor.isOpen());
        assertNotEquals(handedOver.fd().intValue(), descriptor.intValue());
        assertEquals(target(handedOver.fd().intValue()), target(descriptor.intValue()));
        handedOver.unsafe().closeForcibly();
        OurioDomainSocketChannel taken = new OurioDomainSocketChannel(descriptor.intValue());
        Net.await(net.group.register(taken), "the registration");
        Net.await(taken.connect(address()), "the connection");
        Net.await(taken.close(), "the close");
    }

    @Test
    void descriptorIsClosedOnce() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        Net.await(client.writeAndFlush(client.fd()), "the write");
        FileDescriptor descriptor = next(FileDescriptor.class);
        descriptor.close();
        assertFalse(descriptor.isOpen());
        assertFalse(Files.exists(Path.of("/proc/self/fd/" + descriptor.intValue())));
        descriptor.close(); // Its number may be somebody else's by now.
    }

    @Test
    void manyDescriptorsArriveInOrderAmongManyFlushes() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        Path[] files = new Path[100];
        for (int i = 0; i < files.length; i++) {
            files[i] = Files.createFile(directory.resolve("file" + i)).toRealPath();
        }
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            int[] open = new int[files.length];
            for (int i = 0; i < files.length; i++) {
                int index = i;
                ring.open(files[i].toString(), 0, 0,
                        new Context(this, 0, (_, task) -> open[index] = task.result()));
            }
            ring.run(RunMode.UNTIL_DONE);
            for (int i = 0; i < open.length; i++) {
                client.write(new OurioFileDescriptor(open[i]));
                if (i % 7 == 0) {
                    client.flush();
                }
            }
            client.flush();
            for (Path file : files) {
                FileDescriptor descriptor = next(FileDescriptor.class);
                assertEquals(file, target(descriptor.intValue()));
                descriptor.close();
            }
            for (int fd : open) {
                new OurioFileDescriptor(fd).close();
            }
        }
    }

    @Test
    void severalDescriptorsOfOneMessageAreAllRead() throws Exception {
        listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            int socket = UnixSockets.stream();
            UnixSockets.connect(socket, address().path());
            Message message = new Message(3 * Message.DESCRIPTOR_SPACE)
                    .data(Arena.ofAuto().allocate(1))
                    .descriptor(socket).descriptor(0).descriptor(socket);
            Task task = ring.task(new Context(this, 0, (_, _) -> { }));
            ring.sendmsg(socket, message, 0, task);
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(1, task.result());
            Path[] expected = {target(socket), target(0), target(socket)};
            for (Path path : expected) {
                FileDescriptor descriptor = next(FileDescriptor.class);
                assertEquals(path, target(descriptor.intValue()));
                descriptor.close();
            }
            new OurioFileDescriptor(socket).close();
        }
    }

    @Test
    void dataAndDescriptorsOfOneFlushKeepTheirOrder() throws Exception {
        OurioDomainSocketChannel client = listenFor(DomainSocketReadMode.BYTES, true);
        client.write(Unpooled.copiedBuffer("before", UTF_8));
        client.write(client.fd());
        Net.await(client.writeAndFlush(
                Unpooled.copiedBuffer("behind", UTF_8)),
                "the writes");
        StringBuilder bytes = new StringBuilder();
        while (bytes.length() < 13) {
            bytes.append(next(String.class));
        }
        assertEquals("before\0behind", bytes.toString()); // The descriptor's byte is in between.
    }

    /** Each answer is read in the mode that was set before the request for it was written. */
    @Test
    void modeMayChangeBetweenAnyTwoMessages() throws Exception {
        OurioDomainSocketChannel peer = listenFor(DomainSocketReadMode.BYTES, true);
        peer.close().sync();
        child();
        OurioDomainSocketChannel asked = client(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object request) {
                boolean descriptor = ((ByteBuf) request).readByte() == 'd';
                ReferenceCountUtil.release(request);
                ctx.writeAndFlush(descriptor ? ((OurioDomainSocketChannel) ctx.channel()).fd()
                        : Unpooled.copiedBuffer("b", UTF_8));
            }
        });
        OurioDomainSocketChannel channel = child();
        for (int i = 0; i < 500; i++) {
            boolean descriptor = i % 3 != 0;
            channel.eventLoop().execute(() -> {
                channel.config().setReadMode(descriptor
                        ? DomainSocketReadMode.FILE_DESCRIPTORS : DomainSocketReadMode.BYTES);
                channel.writeAndFlush(Unpooled.copiedBuffer(
                        descriptor ? "d" : "b", UTF_8));
            });
            if (descriptor) {
                next(FileDescriptor.class).close();
            } else {
                assertEquals("b", next(String.class));
            }
        }
        assertTrue(asked.isActive() && channel.isActive() && received.isEmpty());
    }

    @Test
    void dataThatArrivesAfterTheChangeToBytesIsReadWhole() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        OurioDomainSocketChannel child = child();
        Net.await(client.writeAndFlush(client.fd()), "the write");
        next(FileDescriptor.class).close();
        child.eventLoop().submit(() -> {
            child.config().setReadMode(DomainSocketReadMode.BYTES);
            // The receive of the other mode has not been canceled yet.
            client.writeAndFlush(Unpooled.copiedBuffer(
                    "hello", UTF_8)).syncUninterruptibly();
        }).syncUninterruptibly();
        StringBuilder bytes = new StringBuilder();
        while (bytes.length() < 5) {
            bytes.append(next(String.class));
        }
        assertEquals("hello", bytes.toString());
    }

    @Test
    void nothingIsReadUnasked() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, false);
        OurioDomainSocketChannel child = child();
        for (int i = 0; i < 3; i++) {
            Net.await(client.writeAndFlush(client.fd()), "the write");
        }
        Net.barrier(child);
        assertTrue(received.isEmpty());
        for (int i = 0; i < 3; i++) {
            child.read();
            next(FileDescriptor.class).close();
            Net.barrier(child);
            assertTrue(received.isEmpty());
        }
    }

    @Test
    void endOfTheConnectionIsToldInBothModes() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, true);
        client.write(client.fd());
        Net.await(client.writeAndFlush(client.fd()), "the write");
        client.close();
        next(FileDescriptor.class).close();
        next(FileDescriptor.class).close();
        Net.await(child().closeFuture(), "the close of the other end");
    }

    @Test
    void descriptorsThatNobodyReadsAreClosedWithTheChannel() throws Exception {
        OurioDomainSocketChannel client =
                listenFor(DomainSocketReadMode.FILE_DESCRIPTORS, false);
        OurioDomainSocketChannel child = child();
        Path file = Files.createFile(directory.resolve("file")).toRealPath();
        try (var held = new RandomAccessFile(file.toFile(), "r")) {
            int fd = Integer.parseInt(openDescriptors(file).findFirst().orElseThrow());
            for (int i = 0; i < 10; i++) {
                Net.await(client.writeAndFlush(new OurioFileDescriptor(fd)), "the write");
            }
            child.read();
            next(FileDescriptor.class).close();
            Net.await(child.close(), "the close");
            Net.await(client.close(), "the close");
            Net.until(() -> openDescriptors(file).count() == 1,
                    () -> openDescriptors(file).toList());
            assertEquals(0, held.length());
        }
    }

    private static Stream<String> openDescriptors(Path file) {
        String[] all = new File("/proc/self/fd").list();
        return Stream.of(all).filter(fd -> {
            try {
                return target(Integer.parseInt(fd)).equals(file);
            } catch (IOException e) {
                return false; // Closed meanwhile.
            }
        });
    }
}
