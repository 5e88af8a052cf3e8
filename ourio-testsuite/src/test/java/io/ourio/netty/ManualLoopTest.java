// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.ourio.BackendKind;
import io.ourio.RingOptions;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Netty's loop that runs when it is told to: the ring is that of the thread which runs it, and a
 * thread that never lets it sleep waits busily, as Netty's other transports do with a strategy.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"IO_URING", "EPOLL", "KQUEUE"})
class ManualLoopTest {
    private static final int ROUNDS = 200;
    private static final long AWHILE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long PATIENCE_NANOS = Net.PATIENCE.toNanos();

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    @Parameter
    BackendKind backend;

    private volatile OurioIoHandler handler;

    /** A loop whose handler is known here. */
    private ManualIoEventLoop loop(Thread owner) {
        IoHandlerFactory factory =
                OurioIoHandler.newFactory(RingOptions.defaults().withBackend(backend));
        return new ManualIoEventLoop(owner, executor -> {
            handler = (OurioIoHandler) factory.newHandler(executor);
            return handler;
        });
    }

    private static ChannelFuture bind(ManualIoEventLoop loop) {
        return new ServerBootstrap().group(loop).channel(OurioServerSocketChannel.class)
                .childHandler(Net.each(Echo::new)).bind(Net.ANY_PORT);
    }

    private static Thread runner(ManualIoEventLoop loop, boolean sleeps) {
        Thread runner = Thread.ofPlatform().unstarted(() -> {
            while (!loop.isTerminated()) {
                if (sleeps) {
                    loop.run(0);
                } else {
                    loop.runNow();
                    Thread.onSpinWait();
                }
            }
        });
        loop.setOwningThread(runner);
        runner.start();
        return runner;
    }

    private static void exchange(ChannelFuture bound) throws Exception {
        Net.await(bound, "the bind");
        try (Socket socket = new Socket()) {
            socket.setSoTimeout((int) Net.PATIENCE.toMillis());
            socket.connect(bound.channel().localAddress());
            for (int i = 0; i < ROUNDS; i++) {
                socket.getOutputStream().write(i);
                assertEquals(i & 0xff, socket.getInputStream().read());
            }
        }
    }

    private static void shutDown(ManualIoEventLoop loop, Thread runner) throws Exception {
        Net.await(loop.shutdownGracefully(0, Net.PATIENCE.toSeconds(), TimeUnit.SECONDS),
                "the shutdown");
        assertTrue(runner.join(Net.PATIENCE));
    }

    @Test
    void threadThatSleepsInItIsWokenByDataAndByTasks() throws Exception {
        ManualIoEventLoop loop = loop(null);
        Thread runner = runner(loop, true);
        ChannelFuture bound = bind(loop);
        exchange(bound);
        for (int i = 0; i < ROUNDS; i++) {
            Net.await(loop.submit(() -> { }), "a task");
        }
        Net.await(loop.schedule(() -> { }, 1, TimeUnit.MILLISECONDS), "a task for later");
        shutDown(loop, runner);
        assertFalse(bound.channel().isOpen());
    }

    @Test
    void threadThatNeverSleepsIsNeverWoken() throws Exception {
        ManualIoEventLoop loop = loop(null);
        Thread runner = runner(loop, false);
        exchange(bind(loop));
        for (int i = 0; i < ROUNDS; i++) {
            Net.await(loop.submit(() -> { }), "a task");
        }
        assertEquals(0, handler.metrics().ring().wakeups(), "strokes of the doorbell");
        shutDown(loop, runner);
    }

    /** Where this thread is the loop's, a channel has work for the ring before the first turn. */
    @Test
    void channelsAreMadeBeforeTheFirstTurn() throws Exception {
        ManualIoEventLoop loop = loop(Thread.currentThread());
        ChannelFuture bound = bind(loop);
        runUntilDone(loop, bound);
        Events events = new Events();
        ChannelFuture connected = new Bootstrap().group(loop).channel(OurioSocketChannel.class)
                .handler(events).connect((InetSocketAddress) bound.channel().localAddress());
        runUntilDone(loop, connected);
        Channel client = connected.channel();
        client.writeAndFlush(Data.direct(Data.random(10_000, 1)));
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (events.bytes() < 10_000 && System.nanoTime() - end < 0) {
            loop.run(AWHILE_NANOS);
        }
        assertEquals(10_000, events.bytes());
        assertEquals(Data.checksum(Data.random(10_000, 1)), events.checksum());
        loop.shutdownGracefully(0, Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        while (!loop.isTerminated() && System.nanoTime() - end < 0) {
            loop.runNow();
        }
        assertTrue(loop.isTerminated());
        assertFalse(client.isOpen());
    }

    private static void runUntilDone(ManualIoEventLoop loop, ChannelFuture future) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!future.isDone() && System.nanoTime() - end < 0) {
            loop.run(AWHILE_NANOS);
        }
        assertTrue(future.isSuccess(), () -> "not done: " + future);
    }

    @Test
    void turnWaitsNoLongerThanItIsTold() {
        ManualIoEventLoop loop = loop(Thread.currentThread());
        assertEquals(0, loop.runNow());
        long before = System.nanoTime();
        assertEquals(0, loop.run(AWHILE_NANOS));
        assertTrue(System.nanoTime() - before >= AWHILE_NANOS / 2, "it did not wait");
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            loop.runNow();
        }
    }

    @Test
    void otherThreadsMayNotRunIt() throws Exception {
        ManualIoEventLoop loop = loop(null);
        Thread runner = runner(loop, true);
        assertThrows(IllegalStateException.class, loop::runNow);
        shutDown(loop, runner);
    }
}
