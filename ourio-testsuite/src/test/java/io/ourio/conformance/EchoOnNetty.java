// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/** A request to a Netty server on whatever backend there is: apart, since Netty is many files. */
final class EchoOnNetty {
    private EchoOnNetty() {}

    /** What came of it. */
    static String run() {
        byte[] request = "GET / HTTP/1.1\r\nhost: here\r\n\r\n".getBytes(UTF_8);
        EventLoopGroup group = new OurioEventLoopGroup(1);
        Channel server = new ServerBootstrap().group(group)
                .channel(OurioServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ctx.writeAndFlush(message);
                    }
                })
                .bind(World.LOOPBACK, 0).syncUninterruptibly().channel();
        int port = ((InetSocketAddress) server.localAddress()).getPort();
        try (Socket client = new Socket(World.LOOPBACK, port)) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write(request);
            byte[] answer = client.getInputStream().readNBytes(request.length);
            return "echoed " + new String(answer, UTF_8).lines().findFirst().orElse("nothing");
        } catch (IOException e) {
            return e.toString();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }
}
