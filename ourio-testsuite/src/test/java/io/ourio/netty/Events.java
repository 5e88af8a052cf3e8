// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32;

/** Notes what a channel tells; data only by its length and checksum. Any thread may ask. */
class Events extends ChannelInboundHandlerAdapter {
    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CRC32 checksum = new CRC32();
    private long bytes;
    private long messages;
    private volatile ChannelHandlerContext context;

    /** The events besides data, in their order. */
    final List<String> told() {
        return List.copyOf(told);
    }

    final List<Throwable> failures() {
        return List.copyOf(failures);
    }

    final long count(String event) {
        return told.stream().filter(event::equals).count();
    }

    final synchronized long bytes() {
        return bytes;
    }

    final synchronized long messages() {
        return messages;
    }

    final synchronized long checksum() {
        return checksum.getValue();
    }

    /** Null until the channel has become active. */
    final io.netty.channel.Channel channel() {
        ChannelHandlerContext known = context;
        return known == null ? null : known.channel();
    }

    /** After this a second end would have been told as well. */
    final void awaitInactive() {
        Net.until(() -> told.contains("inactive"), this::toString);
        Net.barrier(channel());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        told.add("active");
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        told.add("inactive");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf data = (ByteBuf) message;
        note(data);
        data.release();
    }

    final synchronized void note(ByteBuf data) {
        messages++;
        bytes += data.readableBytes();
        for (var part : data.nioBuffers()) {
            checksum.update(part);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        told.add(event.getClass().getSimpleName());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failures.add(cause);
        told.add(cause.getClass().getSimpleName());
    }

    @Override
    public String toString() {
        return told + ", " + bytes() + " bytes in " + messages() + " messages";
    }
}
