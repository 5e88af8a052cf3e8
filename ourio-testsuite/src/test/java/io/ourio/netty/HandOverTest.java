// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipelineException;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.unix.DomainSocketAddress;
import io.ourio.RingMetrics;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections are accepted on one loop and served on others, which make their channels. */
class HandOverTest {
    private static final int LOOPS = 3;

    private final Net net = new Net(1);
    private final OurioEventLoopGroup workers = new OurioEventLoopGroup(LOOPS);
    private final List<EventLoop> loops = new ArrayList<>();
    private final Queue<Channel> children = new ConcurrentLinkedQueue<>();

    HandOverTest() {
        workers.forEach(loop -> loops.add((EventLoop) loop));
    }

    @AfterEach
    void close() throws Exception {
        Net.await(workers.shutdownGracefully(0, 20, TimeUnit.SECONDS), "the end of the workers");
        net.close();
    }

    /** Sends back what comes. */
    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            assertTrue(ctx.channel().eventLoop().inEventLoop());
            children.add(ctx.channel());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private ServerBootstrap server(HandOver handOver) {
        return new ServerBootstrap().group(net.group, workers)
                .channel(OurioServerSocketChannel.class)
                .option(OurioChannelOption.HAND_OVER, handOver)
                .childHandler(Net.each(Echo::new));
    }

    private Socket echoed(Channel listener) throws IOException {
        Socket socket = net.socket(listener);
        assertEchoes(socket);
        return socket;
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.getOutputStream().write(7);
        assertEquals(7, socket.getInputStream().read());
    }

    /** The peer's word that the connection was closed, by whichever end. */
    private static boolean isClosed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    private Map<EventLoop, Integer> open() {
        Map<EventLoop, Integer> counts = new HashMap<>();
        children.stream().filter(Channel::isOpen)
                .forEach(child -> counts.merge(child.eventLoop(), 1, Integer::sum));
        return counts;
    }

    private static int descriptors() {
        return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    }

    private static void assertNoMoreThan(int before) {
        Net.until(() -> descriptors() <= before,
                () -> descriptors() + " descriptors are open, " + before + " were before");
    }

    @Test
    void loopsTakeTurns() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)));
        for (int i = 0; i < 4 * LOOPS; i++) {
            echoed(listener);
        }
        assertEquals(Map.of(loops.get(0), 4, loops.get(1), 4, loops.get(2), 4), open());
        for (Channel child : children) {
            assertSame(listener, child.parent());
        }
    }

    @Test
    void descriptorTravelsInAMessageAndNotInATask() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)));
        echoed(listener); // The first loop runs, and sleeps.
        Net.barrier(listener);
        RingMetrics before = boss();
        for (int i = 1; i < 5 * LOOPS; i++) {
            echoed(listener);
        }
        RingMetrics after = boss();
        // One message each, and for the two other loops a task that starts them.
        assertTrue(after.wakeupsSent() + after.wakeupsSaved()
                >= before.wakeupsSent() + before.wakeupsSaved() + 5 * LOOPS - 1,
                () -> before + " " + after);
    }

    private RingMetrics boss() {
        return ((OurioEventLoopGroup) net.group).metrics().getFirst().ring();
    }

    @Test
    void loopWithTheFewestConnectionsGetsTheNext() throws Exception {
        Channel listener = Net.bind(server(HandOver.leastConnections(workers)));
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 4 * LOOPS; i++) {
            sockets.add(echoed(listener));
        }
        assertEquals(Map.of(loops.get(0), 4, loops.get(1), 4, loops.get(2), 4), open());
        List<Channel> first = children.stream()
                .filter(child -> child.eventLoop() == loops.getFirst()).toList();
        for (Channel child : first.subList(0, 3)) {
            Net.await(child.close(), "the close");
        }
        for (int i = 0; i < 3; i++) {
            echoed(listener);
        }
        assertEquals(Map.of(loops.get(0), 4, loops.get(1), 4, loops.get(2), 4), open());
    }

    @Test
    void listenerMayBeAmongTheLoopsThatServe() throws Exception {
        OurioEventLoopGroup group = (OurioEventLoopGroup) net.group;
        Channel listener = Net.bind(server(HandOver.roundRobin(group)).clone().childHandler(
                Net.each(Echo::new)));
        echoed(listener);
        echoed(listener);
        // The bootstrap's child group is another one: that has the last word.
        assertTrue(children.stream().noneMatch(c -> c.eventLoop() == listener.eventLoop()));
        Channel alone = Net.bind(new ServerBootstrap().group(group)
                .channel(OurioServerSocketChannel.class)
                .option(OurioChannelOption.HAND_OVER, HandOver.leastConnections(group))
                .childHandler(Net.each(Echo::new)));
        children.clear();
        echoed(alone);
        assertSame(alone.eventLoop(), children.peek().eventLoop());
    }

    /** Notes what the listener's pipeline is told of. */
    private static final class Gate extends ChannelInboundHandlerAdapter {
        final Queue<Channel> told = new ConcurrentLinkedQueue<>();
        final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            assertTrue(ctx.channel().eventLoop().inEventLoop());
            told.add((Channel) message);
            ctx.fireChannelRead(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failures.add(cause);
        }
    }

    @Test
    void handlerBeforeTheBootstrapsIsToldOfEachChannelFirst() throws Exception {
        Gate gate = new Gate();
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)).handler(gate));
        for (int i = 0; i < 2 * LOOPS; i++) {
            echoed(listener);
        }
        assertEquals(2 * LOOPS, gate.told.size());
        assertEquals(Map.of(loops.get(0), 2, loops.get(1), 2, loops.get(2), 2), open());
    }

    @Test
    void loopThatHasEndedIsPassedOver() throws Exception {
        HandOver handOver = HandOver.roundRobin(workers);
        Channel listener = Net.bind(server(handOver));
        echoed(listener);
        Net.await(loops.get(1).shutdownGracefully(0, 20, TimeUnit.SECONDS), "the end of a loop");
        for (int i = 0; i < 6; i++) {
            echoed(listener);
        }
        assertEquals(2, open().size(), () -> open().toString());
        Net.await(workers.shutdownGracefully(0, 20, TimeUnit.SECONDS), "the end of the workers");
        int before = descriptors();
        for (int i = 0; i < 10; i++) {
            try (Socket socket = net.socket(listener)) {
                assertTrue(isClosed(socket), "nobody serves it");
            }
        }
        assertNoMoreThan(before);
    }

    /** A loop that cannot take what is sent to it until the latch opens. */
    private static void block(EventLoop loop, CountDownLatch latch) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        loop.execute(() -> {
            begun.countDown();
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        assertTrue(begun.await(20, TimeUnit.SECONDS));
    }

    private List<Socket> travelling(Channel listener, int count) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        RingMetrics before = boss();
        for (int i = 0; i < count; i++) {
            sockets.add(net.socket(listener));
        }
        Net.until(() -> boss().wakeupsSent() + boss().wakeupsSaved()
                >= before.wakeupsSent() + before.wakeupsSaved() + count, () -> boss().toString());
        return sockets;
    }

    @Test
    void connectionsOnTheirWayAreServedAlsoIfTheListenerIsClosed() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)));
        CountDownLatch latch = new CountDownLatch(1);
        List<Socket> sockets;
        try {
            for (EventLoop loop : loops) {
                block(loop, latch);
            }
            sockets = travelling(listener, 2 * LOOPS);
            Net.await(listener.close(), "the close of the listener");
            assertEquals(0, children.size());
        } finally {
            latch.countDown();
        }
        for (Socket socket : sockets) {
            assertEchoes(socket);
        }
    }

    @Test
    void connectionsOnTheirWayToALoopThatEndsAreClosed() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)));
        CountDownLatch latch = new CountDownLatch(1);
        List<Socket> sockets;
        int before;
        try {
            for (EventLoop loop : loops) {
                block(loop, latch);
            }
            before = descriptors();
            sockets = travelling(listener, 4 * LOOPS);
            workers.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        } finally {
            latch.countDown();
        }
        for (Socket socket : sockets) {
            assertTrue(isClosed(socket), "it was not served and is open");
            socket.close();
        }
        Net.await(workers.terminationFuture(), "the end of the workers");
        assertNoMoreThan(before);
        assertEquals(0, children.size());
    }

    /** A handler that may not be shared: the second child cannot have it. */
    @Test
    void childThatCannotBeSetUpIsClosedAndTheListenerToldOfIt() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)).childHandler(new Echo()));
        Gate gate = new Gate();
        listener.pipeline().addLast(gate); // Behind the bootstrap's, which tells it of failures.
        try (Socket first = echoed(listener)) {
            int before = descriptors();
            try (Socket second = net.socket(listener)) {
                assertTrue(isClosed(second), "it has no handler");
            }
            Net.until(() -> !gate.failures.isEmpty(), () -> "the listener was not told");
            assertInstanceOf(ChannelPipelineException.class, gate.failures.peek());
            assertNoMoreThan(before);
            assertEchoes(first);
        }
    }

    @Test
    void initializerThatThrowsClosesItsChild() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)).childHandler(
                new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        throw new IllegalStateException("on purpose");
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                        ctx.close();
                    }
                }));
        int before = descriptors();
        for (int i = 0; i < 2 * LOOPS; i++) {
            try (Socket socket = net.socket(listener)) {
                assertTrue(isClosed(socket), "it has no handler");
            }
        }
        assertNoMoreThan(before);
    }

    @Test
    void loopThatRestsIsWoken() throws Exception {
        Channel listener = Net.bind(server(HandOver.roundRobin(workers)));
        for (int round = 0; round < 10; round++) {
            for (EventLoop loop : loops) {
                ((SingleThreadIoEventLoop) loop).trySuspend();
            }
            for (int i = 0; i < LOOPS; i++) {
                echoed(listener).close();
            }
            Net.until(() -> children.stream().noneMatch(Channel::isOpen), children::toString);
        }
    }

    @Test
    void unixDomainListenerHandsOverToo() throws Exception {
        Path folder = Files.createTempDirectory("hand-over");
        Path path = folder.resolve("socket");
        Channel listener = new ServerBootstrap().group(net.group, workers)
                .channel(OurioServerDomainSocketChannel.class)
                .option(OurioChannelOption.HAND_OVER, HandOver.roundRobin(workers))
                .childHandler(Net.each(Echo::new))
                .bind(new DomainSocketAddress(path.toString())).sync().channel();
        for (int i = 0; i < LOOPS; i++) {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
            socket.connect(UnixDomainSocketAddress.of(path));
            socket.write(ByteBuffer.wrap(new byte[] {3}));
            assertEquals(1, socket.read(ByteBuffer.allocate(1)));
            socket.close();
        }
        assertEquals(3, children.stream().map(Channel::eventLoop).distinct().count());
        Net.await(listener.close(), "the close");
        Files.deleteIfExists(folder);
    }

    @Test
    void optionIsNoneAtFirstAndTakesNothingElse() {
        OurioServerSocketChannel channel = new OurioServerSocketChannel();
        assertSame(HandOver.NONE, channel.config().getOption(OurioChannelOption.HAND_OVER));
        assertTrue(channel.config().getOptions().containsKey(OurioChannelOption.HAND_OVER));
        HandOver handOver = HandOver.leastConnections(workers);
        assertTrue(channel.config().setOption(OurioChannelOption.HAND_OVER, handOver));
        assertSame(handOver, channel.config().getOption(OurioChannelOption.HAND_OVER));
        assertEquals("least connections of 3 loops", handOver.toString());
        assertEquals("round robin among 3 loops", HandOver.roundRobin(workers).toString());
        assertEquals("none", HandOver.NONE.toString());
        @SuppressWarnings("unchecked") // A mistake that the compiler cannot see.
        ChannelOption<Object> raw = (ChannelOption<Object>) (ChannelOption<?>)
                OurioChannelOption.HAND_OVER;
        assertThrows(IllegalArgumentException.class, () -> channel.config().setOption(raw, 3));
        assertThrows(NullPointerException.class, () -> HandOver.roundRobin(null));
        channel.unsafe().closeForcibly();
    }
}
