// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.ourio.Context;
import io.ourio.OpenFlags;
import io.ourio.netty.OurioChannel;
import io.ourio.netty.OurioEvent;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What no other transport of Netty's has: messages to a channel from any thread, and operations of
 * its loop's ring, whose completions come into its pipeline under a tag of the application's.
 *
 * <p>Run it with the name of a file, or without: then it takes {@code pom.xml}. A channel is sent
 * the name, opens the file, and reads how it begins:
 *
 * <pre>
 * it begins with: &lt;?xml version="1.0"
 * </pre>
 */
public final class TagsBecomeEvents {
    private enum Tag { READ_THIS, FILE_OPENED, FILE_READ }

    private TagsBecomeEvents() {
    }

    /**
     * Has a channel read the beginning of a file.
     *
     * @param args the file, or nothing
     */
    public static void main(String[] args) {
        play(args.length > 0 ? args[0] : "pom.xml", System.out::println);
    }

    static void play(String name, Consumer<String> out) {
        var group = new OurioEventLoopGroup(1);
        OurioChannel other = (OurioChannel) new ServerBootstrap().group(group)
                .channel(OurioServerSocketChannel.class)
                .handler(new Reader(out)).childHandler(new ChannelInboundHandlerAdapter())
                .bind("127.0.0.1", 0).syncUninterruptibly().channel();
        // snippet:start
        // From another loop or any thread: the message arrives in that channel's pipeline.
        other.send(Tag.READ_THIS, name);
        // snippet:end
        other.closeFuture().syncUninterruptibly();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** Does one thing after the other, and waits for none. */
    private static final class Reader extends ChannelInboundHandlerAdapter {
        private final Consumer<String> out;
        private final MemorySegment buffer = Arena.ofAuto().allocate(19);
        private int file;

        Reader(Consumer<String> out) {
            this.out = out;
        }

        // snippet:start
        // There: what is done on the loop's own ring arrives in this pipeline too.
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object message) {
            OurioEvent event = (OurioEvent) message;
            OurioChannel channel = (OurioChannel) ctx.channel();
            switch (event.tag(Tag.class)) {
                case READ_THIS -> channel.ring().open(event.payload(String.class),
                        OpenFlags.READ, 0, channel.context(Tag.FILE_OPENED));
                case FILE_OPENED -> read(channel, event);
                case FILE_READ -> show(channel, event);
            }
        }
        // snippet:end

        private void read(OurioChannel channel, OurioEvent opened) {
            if (opened.error() != null) {
                out.accept(opened.cause().getMessage());
                channel.close();
                return;
            }
            file = opened.result();
            channel.ring().read(file, buffer, 0, channel.context(Tag.FILE_READ));
        }

        private void show(OurioChannel channel, OurioEvent read) {
            if (read.error() != null) {
                out.accept(read.cause().getMessage());
            } else {
                byte[] bytes = new byte[read.result()];
                buffer.asByteBuffer().get(bytes);
                out.accept("it begins with: " + new String(bytes, StandardCharsets.UTF_8));
            }
            channel.ring().close(file, Context.NONE);
            channel.close();
        }
    }
}
