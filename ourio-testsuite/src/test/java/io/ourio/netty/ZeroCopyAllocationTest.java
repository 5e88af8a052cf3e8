// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.ourio.BackendKind;
import io.ourio.Op;
import io.ourio.RingOptions;
import io.ourio.conformance.ChildJvm;
import io.ourio.conformance.SystemCalls;
import io.ourio.mock.Answer;
import io.ourio.mock.Script;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A flush that is sent without a copy allocates nothing. The mock under it does. */
class ZeroCopyAllocationTest {
    /** In a JVM of its own, since here every buffer is tracked by an object. */
    @Test
    void nothingIsAllocatedForASend() {
        try (ChildJvm child = new ChildJvm(List.of(),
                List.of("-Dio.netty.leakDetection.level=disabled"), Main.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(100));
            assertEquals(0, child.status(), () -> String.join("\n", lines));
            assertEquals(List.of("0 bytes in a flush"), lines);
        }
    }

    /** The child: prints what a flush of two messages costs in the steady state. */
    static final class Main {
        private static final int MOST_ROUNDS = 20_000;
        private static final ThreadMXBean THREADS =
                (ThreadMXBean) ManagementFactory.getThreadMXBean();

        private Main() {}

        public static void main(String[] args) throws Exception {
            SystemCalls calls = new SystemCalls();
            Script zeroCopy = task -> {
                Answer answer = calls.answer(task);
                return answer == Answer.again() ? answer : answer.withoutCopy();
            };
            SystemCalls.mock().patience(Net.PATIENCE)
                    .always(Op.SENDMSG_ZERO_COPY, zeroCopy).install();
            Events events = new Events();
            try (Net net = new Net(1, RingOptions.defaults().withBackend(BackendKind.MOCK))) {
                Channel listener = Net.bind(net.server(() -> events)
                        .childOption(OurioChannelOption.ZERO_COPY_THRESHOLD, 0));
                Socket peer = net.socket(listener);
                Net.until(() -> events.channel() != null, () -> "no connection");
                System.out.println(leastBytes(events.channel(), peer) + " bytes in a flush");
                Net.await(events.channel().close(), "the close");
            }
        }

        private static long leastBytes(Channel channel, Socket peer) throws Exception {
            ByteBuf data = Data.direct(Data.random(100, 1));
            long best = Long.MAX_VALUE;
            for (int i = 0; i < MOST_ROUNDS && best > 0; i++) {
                best = Math.min(best, Net.await(
                        channel.eventLoop().submit(() -> flush(channel, data)), "a flush"));
                peer.getInputStream().readNBytes(2 * data.readableBytes());
            }
            data.release();
            return best;
        }

        private static long flush(Channel channel, ByteBuf data) {
            channel.write(data.retainedDuplicate(), channel.voidPromise());
            channel.write(data.retainedDuplicate(), channel.voidPromise());
            long before = THREADS.getCurrentThreadAllocatedBytes();
            channel.flush();
            return THREADS.getCurrentThreadAllocatedBytes() - before;
        }
    }
}
