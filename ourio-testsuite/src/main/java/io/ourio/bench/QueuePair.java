// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Two threads with a concurrent queue each, which park when it is empty: what Java programs do
 * that have no ring, and the least that a message can cost here.
 */
final class QueuePair extends Pair {
    /** One of the threads. */
    private static final class Worker {
        final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
        final AtomicBoolean asleep = new AtomicBoolean();
        final Thread thread = Thread.ofPlatform().start(this::work);
        volatile boolean ended;

        private void work() {
            while (!ended) {
                Runnable next = queue.poll();
                if (next != null) {
                    next.run();
                } else {
                    asleep.set(true);
                    if (queue.isEmpty() && !ended) {
                        LockSupport.park(this);
                    }
                    asleep.set(false);
                }
            }
        }

        void put(Runnable message) {
            queue.add(message);
            wake();
        }

        void wake() {
            if (asleep.get() && asleep.compareAndSet(true, false)) {
                LockSupport.unpark(thread);
            }
        }
    }

    private final Worker[] workers = {new Worker(), new Worker()};

    @Override
    Letter letter(Runnable arrived) {
        return new Letter() {
            @Override
            public void send(int to) {
                workers[to].put(arrived);
            }

            @Override
            public void start(int to) {
                send(to);
            }
        };
    }

    @Override
    long[] threadIds() {
        return new long[] {workers[0].thread.threadId(), workers[1].thread.threadId()};
    }

    @Override
    public void close() {
        for (Worker worker : workers) {
            worker.ended = true;
            worker.wake();
        }
    }
}
