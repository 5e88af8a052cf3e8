// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.ourio.BackendKind;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What a connection that waits for data has with the kernel, and that it hears of the end. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.netty.Net#kernels")
class IdleConnectionTest {
    private final Events events = new Events();

    @Parameter
    BackendKind kind;

    private Net net;

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private int active() {
        return ((OurioEventLoopGroup) net.group).metrics().getFirst().ring().active();
    }

    /** Beside the listener's accept: a receive, and what watches it if that may miss the end. */
    @Test
    void endIsToldByTheReceiveOrByThePollBesideIt() throws Exception {
        net = Net.on(kind, 1);
        Channel listener = net.listen(() -> events);
        Socket peer = net.socket(listener);
        Net.until(() -> events.channel() != null, events::toString);
        peer.getOutputStream().write(new byte[3]);
        Net.until(() -> events.bytes() == 3, events::toString);
        Net.barrier(events.channel()); // The receive goes on.
        assertEquals(kind == BackendKind.IO_URING ? 3 : 2, active());
        peer.setSoLinger(true, 0);
        peer.close();
        events.awaitInactive();
        Net.await(events.channel().closeFuture(), "the close");
        assertEquals(1, active());
    }
}
