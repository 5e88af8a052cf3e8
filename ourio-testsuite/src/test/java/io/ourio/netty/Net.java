// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.ourio.BackendKind;
import io.ourio.RingOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The event loops of one test, with channels and plain sockets on loopback; close ends them. */
final class Net implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    final EventLoopGroup group;
    private final List<Socket> sockets = new ArrayList<>();

    Net() {
        this(1);
    }

    Net(int loops) {
        this(loops, RingOptions.defaults());
    }

    /** The backends that have a kernel under them, for a class of tests to run on each. */
    static List<BackendKind> kernels() {
        return List.of(BackendKind.IO_URING, BackendKind.EPOLL, BackendKind.KQUEUE);
    }

    /** Loops on one backend; the test is skipped, with the reason, where it cannot run. */
    static Net on(BackendKind kind, int loops) {
        try {
            return new Net(loops, RingOptions.defaults().withBackend(kind));
        } catch (IllegalStateException e) { // Netty's, for a group that it cannot make.
            return abort(kind + ": " + e.getCause().getMessage());
        }
    }

    Net(int loops, RingOptions options) {
        this(new OurioEventLoopGroup(loops, new Daemons(), options));
    }

    Net(EventLoopGroup group) {
        this.group = group;
    }

    ServerBootstrap server(Supplier<? extends ChannelHandler> child) {
        return new ServerBootstrap().group(group).channel(OurioServerSocketChannel.class)
                .childHandler(each(child));
    }

    Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(group).channel(OurioSocketChannel.class).handler(handler);
    }

    /** A listener whose connections get a handler each. */
    Channel listen(Supplier<? extends ChannelHandler> child) {
        return bind(server(child));
    }

    static Channel bind(ServerBootstrap server) {
        var bound = server.bind(ANY_PORT);
        await(bound, "the bind");
        return bound.channel();
    }

    Channel connect(Channel listener, ChannelHandler handler) {
        return connect(client(handler), listener);
    }

    static Channel connect(Bootstrap client, Channel listener) {
        var connected = client.connect(listener.localAddress());
        await(connected, "the connection");
        return connected.channel();
    }

    /** A connection without Netty, closed at the end. */
    Socket socket(Channel listener) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(listener.localAddress(), (int) PATIENCE.toMillis());
        return socket;
    }

    /** The same with a receive window that holds little. */
    Socket narrowSocket(Channel listener, int window) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(window);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(listener.localAddress(), (int) PATIENCE.toMillis());
        return socket;
    }

    static ChannelInitializer<Channel> each(Supplier<? extends ChannelHandler> handlers) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handlers.get());
            }
        };
    }

    /** Waits for a success. */
    static <T> T await(Future<T> future, String what) {
        Throwable cause = outcome(future, what);
        if (cause != null) {
            throw new AssertionError(what + " failed", cause);
        }
        return future.getNow();
    }

    /** Waits for a failure. */
    static Throwable failure(Future<?> future, String what) {
        Throwable cause = outcome(future, what);
        return cause != null ? cause : fail(what + " did not fail");
    }

    /** Waits for the end: null is a success. */
    static Throwable outcome(Future<?> future, String what) {
        try {
            if (!future.await(PATIENCE.toMillis())) {
                fail(what + " did not end within " + PATIENCE);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return future.cause();
    }

    /** Holds a loop until something has happened outside. */
    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                fail("it did not happen within " + PATIENCE);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static void until(BooleanSupplier fact, Supplier<?> otherwise) {
        until(PATIENCE, fact, otherwise);
    }

    /** Waits until something that no future tells is so. */
    static void until(Duration patience, BooleanSupplier fact, Supplier<?> otherwise) {
        long end = System.nanoTime() + patience.toNanos();
        while (!fact.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                fail("not so after " + patience + ": " + otherwise.get());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** What has gone to the loop before has been done after this. */
    static void barrier(Channel channel) {
        await(channel.eventLoop().submit(() -> { }), "a task of the loop");
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        await(group.shutdownGracefully(0, PATIENCE.toSeconds(), TimeUnit.SECONDS),
                "the shutdown of the event loops");
    }

    private static final class Daemons extends io.netty.util.concurrent.DefaultThreadFactory {
        Daemons() {
            super("net", true);
        }
    }
}
