// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.ourio.examples.http.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A TCP proxy whose two sides sit on different event loops: what one loop reads, another writes.
 *
 * <p>Run it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -DskipTests -pl ourio-examples -am package exec:exec \
 *     -Dexec.mainClass=io.ourio.examples.TwoLoopProxy
 * }</pre>
 *
 * <p>It sends 64 MiB through itself to a server that sends them back, but begins late to read, ends
 * its output, and reads until the server has ended its own:
 *
 * <pre>{@code
 * the client's side runs on one loop, the server's on another
 * while nobody read, the proxy took less than 67108864 bytes
 * there and back: 67108864 bytes, then the end
 * }</pre>
 *
 * <p>What to look at: back-pressure is {@code autoRead} of the one side by the writability of the
 * other, over the border of two loops; and the end of one direction is passed on, while the other
 * goes on. With {@code -Dexample.args="--target 127.0.0.1:8080 --port 9090"} it stands before a
 * server of yours.
 */
@Command(name = "TwoLoopProxy", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "A TCP proxy on two event loops.")
public final class TwoLoopProxy implements Callable<Integer> {
    private static final int BACKLOG = 1024;

    @Option(names = "--transport", defaultValue = "ourio", paramLabel = "NAME",
            converter = HttpEcho.TransportName.class, description = "As of HttpEcho.")
    private Transport transport;

    @Option(names = "--target", paramLabel = "HOST:PORT",
            description = "The server to stand before; without it, a demonstration.")
    private String target;

    @Option(names = "--port", defaultValue = "0", description = "0 takes any free port.")
    private int port;

    @Option(names = "--threads", defaultValue = "2", paramLabel = "COUNT",
            description = "Event loops: half for the clients, the others for the servers.")
    private int threads;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    /**
     * Runs the proxy.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TwoLoopProxy()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (threads < 2) {
            throw new ParameterException(spec.commandLine(),
                    "--threads is " + threads + "; each side needs one");
        }
        if (target == null) {
            play(transport, System.out::println);
            return CommandLine.ExitCode.OK;
        }
        int colon = target.lastIndexOf(':');
        Proxy proxy = new Proxy(transport, threads, port, new InetSocketAddress(
                target.substring(0, colon), Integer.parseInt(target.substring(colon + 1))));
        System.out.println("listening on http://127.0.0.1:" + proxy.address().getPort()
                + ", transport " + transport + ", backend " + transport.backend());
        proxy.listener.closeFuture().sync();
        return CommandLine.ExitCode.OK;
    }

    /** The loops and the listener. */
    static final class Proxy implements AutoCloseable {
        private final EventLoopGroup clients;
        private final EventLoopGroup servers;
        private final Channel listener;

        Proxy(Transport transport, int loops, int port, InetSocketAddress target) {
            clients = transport.newGroup(loops / 2);
            servers = transport.newGroup(loops - loops / 2);
            listener = new ServerBootstrap().group(clients).channel(transport.serverChannel())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel client) {
                            connect(transport, client, target);
                        }
                    })
                    .bind(InetAddress.getLoopbackAddress(), port).syncUninterruptibly().channel();
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listener.localAddress();
        }

        /** The client is not read before the server is there. */
        private void connect(Transport transport, Channel client, InetSocketAddress target) {
            ChannelFuture connected = new Bootstrap().group(servers).channel(transport.channel())
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(new Side(client, client.newSucceededFuture()))
                    .connect(target);
            Channel server = connected.channel();
            client.pipeline().addLast(new Side(server, connected));
            connected.addListener(done -> {
                if (done.isSuccess()) {
                    Side.readOn(client);
                    Side.readOn(server);
                } else {
                    client.close();
                }
            });
        }

        @Override
        public void close() {
            listener.close().syncUninterruptibly();
            for (EventLoopGroup group : new EventLoopGroup[] {clients, servers}) {
                group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }

    /** One side, in its own loop. All that it does to the other side goes to the other's loop. */
    private static final class Side extends ChannelInboundHandlerAdapter {
        private final Channel other;
        private final ChannelFuture otherIsThere;
        private boolean ended;

        Side(Channel other, ChannelFuture otherIsThere) {
            this.other = other;
            this.otherIsThere = otherIsThere;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object data) {
            whenOtherIsThere(() -> other.writeAndFlush(data));
            if (!other.isWritable()) {
                ctx.channel().config().setAutoRead(false);
                if (other.isWritable()) { // It became so in between, and has told us too early.
                    readOn(ctx.channel());
                }
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                readOn(other);
            }
        }

        /** Netty's epoll reads what has come before an end, also if it was told not to read. */
        private void whenOtherIsThere(Runnable action) {
            if (otherIsThere.isDone()) {
                action.run();
            } else {
                otherIsThere.addListener(_ -> action.run());
            }
        }

        /** Not after the end: at that Netty's epoll (4.2.17) fails, and closes the channel. */
        private static void readOn(Channel channel) {
            channel.eventLoop().execute(() -> {
                if (!((DuplexChannel) channel).isInputShutdown()) {
                    channel.config().setAutoRead(true);
                }
            });
        }

        /** The peer has ended its output: so do we on the other side, after what was written. */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownReadComplete.INSTANCE && !ended) {
                ended = true;
                whenOtherIsThere(() ->
                        other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> {
                            ((DuplexChannel) other).shutdownOutput();
                            closeIfOver(other);
                        }));
                closeIfOver(ctx.channel());
            }
        }

        private static void closeIfOver(Channel channel) {
            channel.eventLoop().execute(() -> { // After the shutdown, which may be on its way.
                if (((DuplexChannel) channel).isShutdown()) {
                    channel.close();
                }
            });
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // A reset; the other side hears of it by channelInactive.
        }
    }

    static void play(Transport transport, Consumer<String> out)
            throws IOException, InterruptedException {
        int length = 64 << 20;
        try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Proxy proxy = new Proxy(transport, 2, 0,
                        (InetSocketAddress) target.getLocalSocketAddress());
                Socket client = new Socket()) {
            Thread.ofVirtual().start(() -> echo(target));
            client.setReceiveBufferSize(1 << 16);
            client.connect(proxy.address());
            out.accept("the client's side runs on one loop, the server's on another");
            Thread sender = Thread.ofVirtual().start(() -> send(client, length));
            boolean taken = sender.join(Duration.ofMillis(500));
            out.accept("while nobody read, the proxy took "
                    + (taken ? "" : "less than ") + length + " bytes");
            int received = 0;
            InputStream input = client.getInputStream();
            byte[] buffer = new byte[1 << 16];
            for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
                received += n;
            }
            sender.join();
            out.accept("there and back: " + received + " bytes, then the end");
        }
    }

    private static void send(Socket client, int length) {
        try {
            byte[] piece = new byte[1 << 16];
            for (int sent = 0; sent < length; sent += piece.length) {
                client.getOutputStream().write(piece);
            }
            client.shutdownOutput();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends back what comes, on the first connection, until its end. */
    private static void echo(ServerSocket target) {
        try (Socket connection = target.accept()) {
            connection.getInputStream().transferTo(connection.getOutputStream());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
