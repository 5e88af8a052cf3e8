// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.ourio.Ring;
import io.ourio.RingOptions;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a loop's channels send with is used again, by whichever comes next. */
class SendSlotsTest {
    @Test
    void lastOneThatWasFreeComesFirst() {
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            SendSlots slots = new SendSlots(ring);
            SendSlots.Slot first = slots.take(null);
            SendSlots.Slot second = slots.take(null);
            assertNotSame(first, second);
            second.free();
            first.free();
            assertSame(first, slots.take(null));
            assertSame(second, slots.take(null));
            assertTrue(first.task().isFree());
        }
    }

    /** Whoever is stuck keeps its own until its peer reads. */
    @Test
    void connectionsThatWaitHoldTheirsAndTheOthersGoOn() throws Exception {
        int length = 8 << 20;
        try (Net net = new Net()) {
            var listener = net.listen(() -> new Events() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    boolean large = ((ByteBuf) message).getByte(0) == 1;
                    if (large) {
                        ctx.write(Data.direct(Data.random(length, 1)));
                    }
                    ctx.writeAndFlush(message);
                }
            });
            List<Socket> stuck = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Socket socket = net.narrowSocket(listener, 64 * 1024);
                socket.getOutputStream().write(1);
                stuck.add(socket);
            }
            for (int i = 0; i < 100; i++) {
                try (Socket socket = net.socket(listener)) {
                    socket.getOutputStream().write(2);
                    assertEquals(2, socket.getInputStream().read());
                }
            }
            byte[] expected = Data.random(length, 1);
            for (Socket socket : stuck) {
                assertArrayEquals(
                        expected, socket.getInputStream().readNBytes(length));
                assertEquals(1, socket.getInputStream().read());
            }
        }
    }
}
