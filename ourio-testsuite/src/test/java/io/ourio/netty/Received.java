// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what the channels of a test are told, one behind the other: messages, events, failures. */
@Sharable
final class Received extends ChannelInboundHandlerAdapter {
    private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

    /** The next, which is the caller's to release. */
    <T> T next(Class<T> type) throws InterruptedException {
        return assertInstanceOf(type,
                queue.poll(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS), "what was received");
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    void add(Object message) {
        queue.add(message);
    }

    void releaseRest() {
        queue.forEach(ReferenceCountUtil::release);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        add(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        add(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        add(cause);
    }

    @Override
    public String toString() {
        return queue.toString();
    }
}
