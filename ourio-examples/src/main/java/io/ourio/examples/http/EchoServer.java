// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.ourio.netty.HandOver;
import io.ourio.netty.OurioChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP server: its event loops, its listening sockets and its connections.
 *
 * <p>All methods may be called from any thread.
 */
public final class EchoServer {
    private static final int BACKLOG = 1024;
    private static final int PART_BYTES = 64 * 1024;
    private static final WriteBufferWaterMark UNSENT =
            new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final EventLoopGroup group;
    private final Answers answers;
    private final ChannelGroup connections =
            new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final List<Channel> listeners = new ArrayList<>();
    private volatile boolean stopping;

    private EchoServer(EventLoopGroup group, String greeting) {
        this.group = group;
        this.answers = new Answers(greeting);
    }

    /**
     * Starts a server.
     *
     * @param transport what it runs on; must be available
     * @param address where it listens; port 0 is any free port
     * @param threads number of event loops, at least 1
     * @param tls the TLS to speak, or null for plain text
     * @return the running server
     * @throws IOException if it cannot listen on this address
     */
    public static EchoServer start(Transport transport, InetSocketAddress address, int threads,
            SslContext tls) throws IOException {
        return start(transport, Accepting.REGISTER, address, threads, tls);
    }

    /**
     * Starts a server.
     *
     * @param transport what it runs on; must be available
     * @param accepting how connections come to their loops; must be possible on the transport
     * @param address where it listens; port 0 is any free port
     * @param threads number of event loops, at least 1
     * @param tls the TLS to speak, or null for plain text
     * @return the running server
     * @throws IOException if it cannot listen on this address
     */
    public static EchoServer start(Transport transport, Accepting accepting,
            InetSocketAddress address, int threads, SslContext tls) throws IOException {
        String greeting = "Hello from transport " + transport + ", backend "
                + transport.backend() + ", JDK " + Runtime.version() + "\n";
        EchoServer server = new EchoServer(transport.newGroup(threads), greeting);
        try {
            server.listen(transport, accepting, address, tls);
        } catch (IOException | RuntimeException e) {
            server.group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw e;
        }
        return server;
    }

    /** {@return the address that it listens on, with its real port} */
    public InetSocketAddress address() {
        return (InetSocketAddress) listeners.getFirst().localAddress();
    }

    /** Waits until the server no longer listens. */
    public void awaitEnd() {
        listeners.getFirst().closeFuture().awaitUninterruptibly();
    }

    /**
     * Stops accepting, lets requests in progress finish, and ends.
     *
     * @param patience how long to wait for them
     * @return how many connections were cut off because they took longer
     */
    public int stop(Duration patience) {
        stopping = true;
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        for (Channel connection : connections) {
            connection.pipeline().fireUserEventTriggered(EchoHandler.STOP);
        }
        connections.newCloseFuture().awaitUninterruptibly(patience.toMillis());
        int cutOff = connections.size();
        connections.close().awaitUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        return cutOff;
    }

    Answers answers() {
        return answers;
    }

    boolean isStopping() {
        return stopping;
    }

    void track(Channel connection) {
        connections.add(connection);
    }

    private void listen(Transport transport, Accepting accepting, InetSocketAddress address,
            SslContext tls) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                // A client may end its output and still wait for its answers.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT)
                .childHandler(new Connections(tls));
        transport.configure(bootstrap);
        if (accepting == Accepting.REUSE_PORT) {
            bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
            for (EventExecutor loop : group) {
                bind(bootstrap.clone().group((EventLoop) loop),
                        listeners.isEmpty() ? address : address());
            }
        } else {
            HandOver handOver = accepting.handOver(group);
            if (handOver != null) {
                bootstrap.option(OurioChannelOption.HAND_OVER, handOver);
            }
            bind(bootstrap.group(group), address);
        }
        group.next().scheduleAtFixedRate(answers::refresh, 1, 1, TimeUnit.SECONDS);
    }

    private void bind(ServerBootstrap bootstrap, InetSocketAddress address) throws IOException {
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(reason(bound.cause()), bound.cause());
        }
        listeners.add(bound.channel());
    }

    /** The transports word the common case each in its own way. */
    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return message.contains("Address already in use") || message.contains("EADDRINUSE")
                ? "the address is already in use" : message;
    }

    /** Sets up the connections. */
    private final class Connections extends ChannelInitializer<Channel> {
        private final SslContext tls;

        private Connections(SslContext tls) {
            this.tls = tls;
        }

        @Override
        protected void initChannel(Channel connection) {
            ChannelPipeline pipeline = connection.pipeline();
            if (tls != null) {
                pipeline.addLast(tls.newHandler(connection.alloc()));
            }
            pipeline.addLast(new HttpServerCodec(
                    new HttpDecoderConfig().setMaxChunkSize(PART_BYTES)));
            pipeline.addLast(new EchoHandler(EchoServer.this));
        }
    }
}
