// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * What changes in a program that moves to Ourio: three class names. The handlers stay as they are.
 *
 * <p>Run it: a client sends a line to a server, and prints what comes back.
 */
public final class SwapTheTransport {
    private SwapTheTransport() {
    }

    /**
     * Sends one line there and back.
     *
     * @param args not used
     */
    public static void main(String[] args) {
        ChannelHandler serverHandler = new Echo();
        ChannelHandler clientHandler = new Print();
        // snippet:start
        EventLoopGroup group = new OurioEventLoopGroup();  // was new EpollEventLoopGroup()
        Channel server = new ServerBootstrap().group(group)
                .channel(OurioServerSocketChannel.class)   // was EpollServerSocketChannel.class
                .childHandler(serverHandler)
                .bind("127.0.0.1", 0).syncUninterruptibly().channel();
        Channel client = new Bootstrap().group(group)
                .channel(OurioSocketChannel.class)         // was EpollSocketChannel.class
                .handler(clientHandler)
                .connect(server.localAddress()).syncUninterruptibly().channel();
        // snippet:end
        client.writeAndFlush(ByteBufUtil.writeUtf8(client.alloc(), "hello over Ourio\n"));
        client.closeFuture().syncUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** Sends back what it gets. */
    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    /** Prints what it gets, up to the end of the line. */
    private static final class Print extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            String text = message.toString(StandardCharsets.UTF_8);
            System.out.print(text);
            if (text.endsWith("\n")) {
                ctx.close();
            }
        }
    }
}
