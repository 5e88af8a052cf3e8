// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.ourio.BackendKind;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.RingOptions;
import io.ourio.conformance.SystemCalls;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import io.ourio.mock.Script;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sends without a copy on a kernel of the test's, which does what the loopback never does. */
class ZeroCopyScriptTest {
    private static final int LENGTH = 200_000;
    private static final Duration NEVER = Duration.ofDays(1);

    private final byte[] bytes = Data.random(LENGTH, 17);
    private final ByteBuf data = Data.direct(bytes);
    private final Events events = new Events();
    private final AtomicInteger sends = new AtomicInteger();
    private Mock mock;
    private Net net;
    private Socket peer;

    /** Connects a channel whose writes are all to be sent without a copy. */
    private void connect(Script zeroCopy) throws Exception {
        Script counted = task -> {
            Answer answer = zeroCopy.answer(task);
            if (answer != Answer.again()) {
                sends.incrementAndGet();
            }
            return answer;
        };
        mock = SystemCalls.mock().patience(NEVER)
                .always(Op.SEND_ZERO_COPY, counted).always(Op.SENDMSG_ZERO_COPY, counted);
        mock.install();
        net = new Net(1, RingOptions.defaults().withBackend(BackendKind.MOCK));
        Channel listener = Net.bind(net.server(() -> events)
                .childOption(OurioChannelOption.ZERO_COPY_THRESHOLD, 0));
        peer = net.socket(listener);
        Net.until(() -> events.channel() != null, () -> "no connection");
    }

    @AfterEach
    void close() throws Exception {
        OurioChannel channel = (OurioChannel) events.channel();
        Net.await(channel.eventLoop().submit(() -> channel.ring().cancelAll()), "the cancels");
        net.close();
        mock.uninstall();
        assertEquals(1, data.refCnt(), "references when the loop has ended");
        data.release();
    }

    private ChannelFuture write(int from, int length) {
        return events.channel().writeAndFlush(data.retainedSlice(from, length));
    }

    private void assertReads(byte[] expected) throws Exception {
        assertArrayEquals(expected, peer.getInputStream().readNBytes(expected.length));
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOMEM, Errno.ENOBUFS})
    void refusedSendIsCopied(int errno) throws Exception {
        connect(_ -> Answer.error(errno));
        write(0, 1000);
        Net.await(write(1000, LENGTH - 1000), "the write");
        assertReads(bytes);
        assertEquals(1, sends.get());
        assertEquals(1, data.refCnt());
    }

    /** As a kernel does that has begun: the memory is in use although nothing was sent. */
    @Test
    void refusalMayKeepTheMemory() throws Exception {
        Answer refusal = Answer.error(Errno.EOPNOTSUPP);
        connect(_ -> refusal.then(refusal.after(NEVER)));
        Net.await(write(0, LENGTH), "the write");
        assertReads(bytes);
        assertEquals(2, data.refCnt());
    }

    @Test
    void anotherFailureIsTheWrites() throws Exception {
        connect(_ -> Answer.error(Errno.EPIPE));
        Net.failure(write(0, LENGTH), "the write");
        assertEquals(1, sends.get());
    }

    @Test
    void shortSendGoesOn() throws Exception {
        SystemCalls calls = new SystemCalls();
        connect(task -> {
            Answer whole = calls.answer(task);
            return whole == Answer.again() ? whole : whole.withoutCopy();
        });
        for (int round = 0; round < 20; round++) { // The socket takes more than it takes at once.
            ChannelFuture sent = write(0, LENGTH);
            assertReads(bytes);
            Net.await(sent, "the write");
        }
        assertTrue(sends.get() >= 20, () -> sends + " sends");
        assertEquals(0, metrics().zeroCopySendsCopied());
        Net.until(() -> data.refCnt() == 1, () -> data.refCnt() + " references");
    }

    private OurioLoopMetrics metrics() {
        return ((OurioEventLoop) events.channel().eventLoop()).metrics();
    }

    @Test
    void fewSendsHoldTheirBuffersAtATime() throws Exception {
        SystemCalls calls = new SystemCalls();
        connect(task -> {
            Answer whole = calls.answer(task);
            return whole == Answer.again() ? whole : whole.after(NEVER).withoutCopy();
        });
        int piece = LENGTH / 50;
        for (int at = 0; at < LENGTH; at += piece) {
            Net.await(write(at, piece), "a write");
        }
        assertReads(bytes);
        assertEquals(ZeroCopySends.MOST, sends.get());
        assertEquals(ZeroCopySends.MOST + 1, data.refCnt());
    }
}
