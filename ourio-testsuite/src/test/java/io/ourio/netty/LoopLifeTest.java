// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import io.ourio.RingOptions;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Event loops begin, work, rest, move to other threads and end. */
class LoopLifeTest {
    private static final class Echo extends Events {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private static int descriptors() {
        return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    }

    private static long threadsNamed(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix)).count();
    }

    private static void assertEchoes(Channel listener, Bootstrap client, Events received) {
        Channel channel = Net.connect(client, listener);
        Net.await(channel.writeAndFlush(Unpooled.copyLong(1)), "the write");
        Net.until(() -> received.bytes() == Long.BYTES, received::toString);
        Net.await(channel.close(), "the close");
    }

    @Test
    void hundredGroupsLeaveNoDescriptorAndNoThread() throws Exception {
        int before = -1;
        for (int i = 0; i < 100; i++) {
            try (Net net = new Net(new OurioEventLoopGroup(1, new DefaultThreadFactory("life")))) {
                Events received = new Events();
                Channel listener = net.listen(Echo::new);
                assertEchoes(listener, net.client(received), received);
                if (i % 2 == 0) {
                    net.connect(listener, new Events()); // Left to the shutdown.
                }
            }
            if (before < 0) {
                before = descriptors();
            }
        }
        int expected = before;
        Net.until(() -> descriptors() <= expected,
                () -> descriptors() + " descriptors are open, " + expected + " were before");
        Net.until(() -> threadsNamed("life") == 0,
                () -> threadsNamed("life") + " threads are left");
    }

    /** Begins with much, and answers all that comes with as much. */
    private static final class Talker extends Events {
        private final int length;
        volatile ChannelFuture last;

        Talker(int length) {
            this.length = length;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            super.channelActive(ctx);
            last = ctx.writeAndFlush(ctx.alloc().directBuffer(length).writeZero(length));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            note((ByteBuf) message);
            last = ctx.writeAndFlush(message);
        }
    }

    @Test
    void shutdownWithBusyConnectionsIsQuickAndClosesThem() throws Exception {
        try (Net peers = new Net()) {
            long millis = shutDownWhileConnected(20, 100_000,
                    listener -> peers.connect(listener, new Talker(100_000)));
            assertTrue(millis < 1000, "the shutdown took " + millis + " ms");
        }
    }

    /** Then it waits five seconds for what was flushed, and tells all channels all the same. */
    @Test
    void shutdownWithPeersThatDoNotReadEndsAndClosesTheirConnections() throws Exception {
        try (Net peers = new Net()) {
            long millis = shutDownWhileConnected(3, 16 << 20,
                    listener -> peers.narrowSocket(listener, 64 * 1024).getOutputStream()
                            .write(new byte[100_000]));
            assertTrue(millis > 4000 && millis < 7000, "the shutdown took " + millis + " ms");
        }
    }

    private interface Connector {
        void connect(Channel listener) throws Exception;
    }

    private static long shutDownWhileConnected(int connections, int length, Connector peer)
            throws Exception {
        Queue<Talker> all = new ConcurrentLinkedQueue<>();
        Net net = new Net(2);
        Channel listener = net.listen(() -> {
            Talker talker = new Talker(length);
            all.add(talker);
            return talker;
        });
        for (int i = 0; i < connections; i++) {
            peer.connect(listener);
        }
        Net.until(() -> all.size() == connections && all.stream().allMatch(
                talker -> talker.last != null && talker.bytes() >= 100_000), all::toString);
        long start = System.nanoTime();
        net.close();
        long millis = (System.nanoTime() - start) / 1_000_000;
        for (Talker talker : all) {
            assertEquals(List.of("active", "inactive"), talker.told(), talker::toString);
            assertTrue(talker.last.isDone(), "a write has no outcome");
        }
        return millis;
    }

    /** It begins in the midst of a turn, after the loop has looked whether it has begun. */
    @Test
    void shutdownFromATaskOfTheLoopClosesTheChannels() throws Exception {
        for (int i = 0; i < 20; i++) {
            Queue<Events> all = new ConcurrentLinkedQueue<>();
            Net net = new Net();
            Channel listener = net.listen(() -> {
                Events events = new Events();
                all.add(events);
                return events;
            });
            Events client = new Events();
            all.add(client);
            net.connect(listener, client);
            Net.until(() -> all.size() == 2 && all.stream().allMatch(e -> e.channel() != null),
                    all::toString);
            listener.eventLoop().execute(() -> net.group.shutdownGracefully(
                    0, Net.PATIENCE.toSeconds(), TimeUnit.SECONDS));
            Net.await(net.group.terminationFuture(), "the shutdown");
            assertTrue(listener.closeFuture().isDone(), "the listener is open");
            for (Events events : all) {
                assertEquals(List.of("active", "inactive"), events.told());
                assertTrue(events.channel().closeFuture().isDone(), "a channel is open");
            }
        }
    }

    /** Four threads that wake a loop which would sleep, again and again. */
    @Test
    void noTaskIsLostOrStalled() throws Exception {
        int threads = 4;
        int perThread = 100_000;
        AtomicIntegerArray runs = new AtomicIntegerArray(threads * perThread);
        AtomicLong longest = new AtomicLong();
        try (Net net = new Net()) {
            EventLoop loop = net.group.next();
            List<Thread> submitters = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread * perThread;
                Semaphore room = new Semaphore(1 << 3 * thread); // 1, 8, 64, 512 at a time
                submitters.add(Thread.ofPlatform().start(() -> {
                    for (int i = first; i < first + perThread; i++) {
                        int task = i;
                        room.acquireUninterruptibly();
                        long start = System.nanoTime();
                        loop.execute(() -> {
                            runs.incrementAndGet(task);
                            longest.accumulateAndGet(System.nanoTime() - start, Math::max);
                            room.release();
                        });
                    }
                }));
            }
            for (Thread submitter : submitters) {
                assertTrue(submitter.join(Duration.ofSeconds(60)), "a task was never run");
            }
        }
        for (int i = 0; i < runs.length(); i++) {
            assertEquals(1, runs.get(i), "runs of one task");
        }
        assertTrue(longest.get() < TimeUnit.SECONDS.toNanos(2), longest + " ns for one task");
    }

    @Test
    void scheduledTasksFireOnAnIdleLoop() throws Exception {
        try (Net net = new Net()) {
            EventLoop loop = net.group.next();
            for (int millis : new int[] {0, 1, 10, 100}) {
                long start = System.nanoTime();
                long fired = Net.await(loop.schedule(
                        System::nanoTime, millis, TimeUnit.MILLISECONDS), "the timer");
                long after = (fired - start) / 1_000_000;
                assertTrue(after >= millis && after < millis + 1000,
                        after + " ms instead of " + millis);
            }
        }
    }

    @Test
    void idleLoopUsesNoProcessor() throws Exception {
        try (Net net = new Net()) {
            Events received = new Events();
            Channel listener = net.listen(Echo::new);
            Channel client = net.connect(listener, received);
            Net.await(client.writeAndFlush(Unpooled.copyLong(1)), "the write");
            Net.until(() -> received.bytes() == Long.BYTES, received::toString);
            long thread = Net.await(client.eventLoop().submit(
                    () -> Thread.currentThread().threadId()), "a task");
            Net.await(client.eventLoop().schedule(() -> { }, 1, TimeUnit.MINUTES)
                    .cancel(false) ? client.newSucceededFuture() : client.newFailedFuture(
                            new IllegalStateException("it cannot be canceled")), "the cancel");
            long before = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread);
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1)); // What is measured, not a wait.
            long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread) - before;
            assertTrue(before > 0 && used < 20_000_000, used + " ns in a second of idleness");
        }
    }

    @Test
    void suspendedLoopWorksOnInANewThread() throws Exception {
        try (Net serving = new Net(); Net net = new Net()) {
            Channel listener = serving.listen(Echo::new);
            SingleThreadEventExecutor loop = (SingleThreadEventExecutor) net.group.next();
            int before = -1;
            for (int i = 0; i < 100; i++) {
                Thread thread = Net.await(loop.submit(Thread::currentThread), "a task");
                Events received = new Events();
                assertEchoes(listener, net.client(received), received);
                Net.until(() -> loop.trySuspend() && !thread.isAlive(),
                        () -> thread + " goes on");
                assertNotEquals(thread, Net.await(loop.submit(Thread::currentThread), "a task"));
                if (before < 0) {
                    before = descriptors();
                }
            }
            int expected = before;
            Net.until(() -> descriptors() <= expected,
                    () -> descriptors() + " descriptors are open, " + expected + " were before");
        }
    }

    /** Between the decision to rest and the rest. Netty's own loops end there. */
    @Test
    void loopThatIsAboutToRestTakesATask() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        try (Net net = new Net()) {
            SingleThreadEventExecutor loop = (SingleThreadEventExecutor) net.group.next();
            for (int round = 0; round < 20_000; round++) {
                int task = round;
                loop.trySuspend();
                LockSupport.parkNanos(random.nextInt(50_000));
                assertEquals(round, Net.await(loop.submit(() -> task), "a task"));
            }
            assertFalse(loop.isShuttingDown());
        }
    }

    /** As Netty does with one that did not come to rest after all. */
    @Test
    void loopThatIsSetUpAgainInItsThreadKeepsItsBuffers() throws Exception {
        try (Net net = new Net()) {
            RingEventLoop loop = (RingEventLoop) net.group.next();
            OurioIoHandler handler = loop.handler();
            Net.await(loop.submit(() -> {
                ReceiveBuffers stream = handler.receiveBuffers();
                ReceiveBuffers datagrams = handler.datagramBuffers();
                assertEquals(handler.ring().capabilities().multishotRecv(), stream != null);
                handler.initialize();
                assertSame(stream, handler.receiveBuffers());
                assertSame(datagrams, handler.datagramBuffers());
            }), "a task");
        }
    }

    @Test
    void loopsThatTheChooserSuspendedComeBackWhenUsed() throws Exception {
        var chooser = new AutoScalingEventExecutorChooserFactory(
                1, 3, 50, TimeUnit.MILLISECONDS, 0.2, 0.8, 3, 3, 1);
        var group = new OurioEventLoopGroup(3, new ThreadPerTaskExecutor(
                new DefaultThreadFactory("scaling", true)), chooser, RingOptions.defaults());
        try (Net net = new Net(group)) {
            Channel listener = net.listen(Echo::new);
            Net.until(() -> suspended(group) == 2, () -> suspended(group) + " are suspended");
            try (Socket socket = net.socket(listener)) {
                socket.getOutputStream().write(5);
                assertEquals(5, socket.getInputStream().read());
            }
            for (EventExecutor loop : group) { // Who uses a loop wakes it.
                Events received = new Events();
                assertEchoes(listener, new Bootstrap().group((EventLoop) loop)
                        .channel(OurioSocketChannel.class).handler(received), received);
            }
        }
    }

    private static int suspended(OurioEventLoopGroup group) {
        int count = 0;
        for (EventExecutor loop : group) {
            count += loop.isSuspended() ? 1 : 0;
        }
        return count;
    }
}
