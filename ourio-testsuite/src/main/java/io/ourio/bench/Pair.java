// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.CountDownLatch;

/** Two threads, 0 and 1, that send each other messages, and what that costs. */
abstract class Pair implements AutoCloseable {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** A message. Who gets it may send it again. */
    interface Letter {
        /** Sends it from the other thread of the pair. */
        void send(int to);

        /** Sends it from a thread outside. */
        void start(int to);
    }

    /**
     * What one message cost.
     *
     * @param micros from the sending of one to the sending of the next
     * @param cpuMicros of both threads
     */
    record Cost(double micros, double cpuMicros) {}

    /** A message that runs {@code arrived} in the thread that gets it. */
    abstract Letter letter(Runnable arrived);

    /** The numbers of the two threads. */
    abstract long[] threadIds();

    @Override
    public abstract void close();

    /** One message goes to and fro. */
    final Cost pingPong(int hops) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        Letter[] ball = new Letter[1];
        int[] left = {hops};
        ball[0] = letter(() -> {
            if (--left[0] == 0) {
                done.countDown();
            } else {
                ball[0].send(left[0] & 1);
            }
        });
        return measure(hops, done, () -> ball[0].start(hops & 1));
    }

    /** Many go one way, to 1; for each window of them, one comes back. */
    final Cost flow(int messages, int window) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        Letter[] batch = new Letter[window];
        int[] left = {messages};
        int[] missing = new int[1];
        Letter next = letter(() -> {
            missing[0] = window;
            for (Letter letter : batch) {
                letter.send(1);
            }
        });
        for (int i = 0; i < window; i++) {
            batch[i] = letter(() -> {
                if (--left[0] == 0) {
                    done.countDown();
                }
                if (--missing[0] == 0 && left[0] > 0) {
                    next.send(0);
                }
            });
        }
        return measure(messages, done, () -> next.start(0));
    }

    private Cost measure(int count, CountDownLatch done, Runnable start)
            throws InterruptedException {
        long cpu = cpuNanos();
        long began = System.nanoTime();
        start.run();
        done.await();
        long time = System.nanoTime() - began;
        return new Cost(time / 1e3 / count, (cpuNanos() - cpu) / 1e3 / count);
    }

    private long cpuNanos() {
        long sum = 0;
        for (long id : threadIds()) {
            sum += THREADS.getThreadCpuTime(id);
        }
        return sum;
    }
}
