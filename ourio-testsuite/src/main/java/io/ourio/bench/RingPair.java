// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.RingThread;
import io.ourio.Task;
import java.util.concurrent.CompletableFuture;

/** Two threads with a ring each. */
final class RingPair extends Pair {
    private static final String PROPERTY = "io.ourio.uring.disable";

    private final DoorbellWay way;
    private final RingThread[] threads;
    private final Ring[] rings;
    private final long[] threadIds;

    private RingPair(DoorbellWay way, RingThread... threads) {
        this.way = way;
        this.threads = threads;
        rings = new Ring[] {threads[0].ring(), threads[1].ring()};
        threadIds = new long[] {threadId(rings[0]), threadId(rings[1])};
    }

    static RingPair start(Ring parent, DoorbellWay way) {
        String before = System.getProperty(PROPERTY, "");
        System.setProperty(PROPERTY, way.disabled());
        try {
            return new RingPair(way, parent.spawnThread(64), parent.spawnThread(64));
        } finally {
            System.setProperty(PROPERTY, before);
        }
    }

    private static long threadId(Ring ring) {
        CompletableFuture<Long> id = new CompletableFuture<>();
        ring.post(Task.userPtr(null, new Context(null, 0,
                (_, _) -> id.complete(Thread.currentThread().threadId()))));
        return id.join();
    }

    @Override
    Letter letter(Runnable arrived) {
        Task task = Task.userPtr(null, new Context(null, 0, (_, _) -> arrived.run()));
        return new Letter() {
            @Override
            public void send(int to) {
                way.send(rings[1 - to], rings[to], task);
            }

            @Override
            public void start(int to) {
                rings[to].post(task);
            }
        };
    }

    @Override
    long[] threadIds() {
        return threadIds;
    }

    @Override
    public void close() {
        for (RingThread thread : threads) {
            thread.close();
        }
    }
}
