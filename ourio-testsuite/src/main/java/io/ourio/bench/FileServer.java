// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.ourio.BackendKind;
import io.ourio.RingOptions;
import io.ourio.netty.OurioIoHandler;
import io.ourio.netty.OurioServerSocketChannel;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A server under test: answers each request, which is a length of 8 bytes, by so much of the file
 * in the system property {@code file}. It takes the arguments of {@link ServerCommand}.
 */
final class FileServer {
    private FileServer() {}

    /** Runs until it is ended. */
    public static void main(String[] args) throws Exception {
        String transport = args[1];
        Class<? extends ServerChannel> channel = channel(transport);
        Channel listener = new ServerBootstrap()
                .group(group(transport, Integer.parseInt(args[5]))).channel(channel)
                .childHandler(new Answer(new File(System.getProperty("file"))))
                .bind(InetAddress.getLoopbackAddress(), Integer.parseInt(args[3]))
                .sync().channel();
        int port = ((InetSocketAddress) listener.localAddress()).getPort();
        System.out.println("listening on http://127.0.0.1:" + port + ", transport " + transport
                + ", backend " + channel.getSimpleName());
        listener.closeFuture().sync();
    }

    static Class<? extends ServerChannel> channel(String transport) {
        return switch (transport) {
            case "ourio", "ourio-epoll" -> OurioServerSocketChannel.class;
            case "nio" -> NioServerSocketChannel.class;
            case "epoll" -> EpollServerSocketChannel.class;
            case "netty-io_uring" -> IoUringServerSocketChannel.class;
            default -> throw new IllegalArgumentException("no transport " + transport);
        };
    }

    static EventLoopGroup group(String transport, int threads) {
        return new MultiThreadIoEventLoopGroup(threads, switch (transport) {
            case "ourio" -> OurioIoHandler.newFactory();
            case "ourio-epoll" -> OurioIoHandler.newFactory(
                    RingOptions.defaults().withBackend(BackendKind.EPOLL));
            case "nio" -> NioIoHandler.newFactory();
            case "epoll" -> EpollIoHandler.newFactory();
            default -> IoUringIoHandler.newFactory();
        });
    }

    @ChannelHandler.Sharable
    private static final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
        private final File file;

        Answer(File file) {
            this.file = file;
        }

        /** A request is too small to come in two. */
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf request) {
            ctx.writeAndFlush(new DefaultFileRegion(file, 0, request.readLong()));
        }
    }
}
