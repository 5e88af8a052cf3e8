// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty.trust;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.ourio.netty.Ourio;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;

/** Echoes a number over Ourio, or says why it cannot. In a package that no module has. */
final class TrustMain {
    private TrustMain() {}

    public static void main(String[] args) throws Exception {
        System.out.println("module " + Ourio.class.getModule().getName());
        System.out.println("available " + Ourio.isAvailable());
        for (Throwable cause = Ourio.unavailabilityCause(); cause != null;
                cause = cause.getCause()) {
            System.out.println(cause.getClass().getName() + ": " + cause.getMessage());
        }
        if (Ourio.isAvailable()) {
            System.out.println("echo " + echo(42));
            return;
        }
        try {
            new OurioEventLoopGroup(1).close();
        } catch (IllegalStateException e) { // Netty's, with ours as the cause.
            System.out.println("a group: " + e.getCause().getMessage());
        }
        try {
            Ourio.ensureAvailability();
        } catch (UnsatisfiedLinkError e) {
            System.out.println(e.getMessage());
        }
    }

    private static int echo(int number) throws Exception {
        Promise<Integer> answer = new DefaultPromise<>(GlobalEventExecutor.INSTANCE);
        var group = new OurioEventLoopGroup(1);
        try {
            var listener = new ServerBootstrap().group(group)
                    .channel(OurioServerSocketChannel.class).childHandler(new Echo())
                    .bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
            var client = new Bootstrap().group(group).channel(OurioSocketChannel.class)
                    .handler(new Asker(answer)).connect(listener.localAddress()).sync().channel();
            client.writeAndFlush(Unpooled.copyInt(number));
            return answer.get(20, TimeUnit.SECONDS);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private static final class Asker extends ChannelInboundHandlerAdapter {
        private final Promise<Integer> answer;

        Asker(Promise<Integer> answer) {
            this.answer = answer;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            answer.setSuccess(((ByteBuf) message).readInt());
            ((ByteBuf) message).release();
        }
    }
}
