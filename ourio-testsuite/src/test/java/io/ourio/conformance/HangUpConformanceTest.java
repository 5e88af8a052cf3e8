// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.BufferGroup;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The way that {@link Ring#recvMultishot} names to hear of an end behind much data. */
@OnEveryBackend
class HangUpConformanceTest extends Conformance {
    /** More buffers than the kernel fills in a row. */
    private static final int BUFFERS = 64;

    private static final int BUFFER_SIZE = 1024;
    private static final int LENGTH = 60_000;
    private static final int ROUNDS = 20;

    /** Receives with a poll beside it. */
    private static final class Watched {
        private static final int GOES_ON = 1;

        final Ring ring;
        final BufferGroup group;
        final int fd;
        final Task receive;
        long received;
        int end = GOES_ON;
        boolean hungUp;

        Watched(Ring ring, int fd) {
            this.ring = ring;
            this.fd = fd;
            group = ring.bufferGroup(BUFFERS, BUFFER_SIZE);
            receive = ring.task(new Context(this, 0, (_, done) -> received(done)));
            ring.recvMultishot(fd, group, receive);
            ring.poll(fd, Ring.POLLRDHUP, new Context(this, 0, (_, _) -> hungUp()));
        }

        private void received(Task done) {
            received += Math.max(done.result(), 0);
            if (done.hasMore()) {
                return;
            }
            boolean goesOn = done.result() > 0
                    || done.result() == -Errno.ECANCELED || done.result() == -Errno.ENOBUFS;
            if (goesOn) {
                ring.recvMultishot(fd, group, receive);
            } else {
                end = done.result();
            }
        }

        private void hungUp() {
            hungUp = true;
            if (!receive.isFree()) {
                receive.cancel(Context.NONE);
            }
        }

        boolean isOver() {
            return hungUp && end != GOES_ON;
        }

        @Override
        public String toString() {
            return received + " bytes, hung up " + hungUp + ", end " + end;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endBehindMuchDataIsTold(boolean reset) throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            World.Pair pair = world.tcpPair();
            try (Ring ring = open()) {
                if (!ring.capabilities().multishotRecv()) {
                    return;
                }
                assertEquals(LENGTH, world.trySend(pair.peer(), world.memory(LENGTH)));
                Watched watched = new Watched(ring, pair.ours());
                if (i % 2 == 0) { // The end comes before or after the first look.
                    ring.poll(0);
                }
                if (reset) {
                    Sockets.linger(pair.peer(), 0);
                }
                world.close(pair.peer());
                runUntil(ring, watched::isOver, watched::toString);
                assertEquals(LENGTH, watched.received);
                assertResult(reset ? -Errno.ECONNRESET : 0, watched.end);
            }
        }
    }
}
