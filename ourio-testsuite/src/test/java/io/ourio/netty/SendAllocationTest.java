// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A message to a channel allocates its promise and its event, and nothing else on either side. */
class SendAllocationTest {
    private enum Tag { TICK }

    /** 48 for the promise and 40 for the event, with compressed references. */
    private static final int BYTES = 88;

    private static final int MESSAGES = 50_000;
    private static final int ROUNDS = 40;
    private static final int AT_A_TIME = 50;

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void onlyPromiseAndEventAreAllocated() throws Exception {
        AtomicInteger got = new AtomicInteger();
        try (Net net = new Net()) {
            OurioChannel channel = (OurioChannel) Net.bind(net.server(Events::new).handler(
                    new ChannelInboundHandlerAdapter() {
                        @Override
                        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                            got.incrementAndGet();
                        }
                    }));
            long loop = Net.await(channel.eventLoop().submit(
                    () -> Thread.currentThread().threadId()), "a task");
            double sender;
            double receiver;
            int round = 0;
            do { // What is not compiled yet allocates, and the compiler comes late when it is busy.
                sender = -THREADS.getCurrentThreadAllocatedBytes();
                receiver = -THREADS.getThreadAllocatedBytes(loop);
                send(channel, got);
                sender = (sender + THREADS.getCurrentThreadAllocatedBytes()) / MESSAGES;
                receiver = (receiver + THREADS.getThreadAllocatedBytes(loop)) / MESSAGES;
                round++;
            } while (round < ROUNDS && (sender >= BYTES + 1 || receiver >= 1));
            assertEquals(round * MESSAGES, got.get());
            assertTrue(sender < BYTES + 1, sender + " bytes for each message at its sender");
            assertTrue(receiver < 1, receiver + " bytes for each message at its receiver");
        }
    }

    private static void send(OurioChannel channel, AtomicInteger got) {
        for (int sent = 0; sent < MESSAGES; sent += AT_A_TIME) {
            int wanted = got.get() + AT_A_TIME;
            for (int i = 0; i < AT_A_TIME; i++) {
                channel.send(Tag.TICK, null);
            }
            while (got.get() < wanted) {
                Thread.onSpinWait();
            }
        }
    }
}
