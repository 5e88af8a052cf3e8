// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A thread with its own ring, which sleeps until a message comes and does what the message's
 * callback says: {@link Ring#msgRing} or {@link Ring#post} to {@link #ring()}. Made by {@link
 * Ring#spawnThread}. It runs until it is killed, and keeps the program alive as long. Any thread
 * may use this object.
 */
public final class RingThread implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Ring ring;
    private final Thread thread;

    private RingThread(Ring ring) {
        this.ring = ring;
        thread = Thread.ofPlatform().daemon(false)
                .name("ourio-ring-" + COUNT.incrementAndGet()).unstarted(this::run);
    }

    static RingThread start(Ring ring) {
        RingThread started = new RingThread(ring);
        try {
            started.thread.start();
        } catch (Throwable noThread) {
            ring.close();
            throw noThread;
        }
        return started;
    }

    private void run() {
        try (ring) {
            ring.run(RunMode.FOREVER);
        }
    }

    /** The thread's ring, as a target of messages. All else is the thread's own business. */
    public Ring ring() {
        return ring;
    }

    /**
     * Asks the thread to end: it takes the messages that came before, closes its ring and ends.
     * What is in flight completes with {@code -}{@link Errno#ECANCELED}, as do messages behind.
     * Asked again, or when the thread has ended, it does nothing.
     */
    public void kill() {
        try {
            ring.post(Task.userPtr(null, new Context(null, 0, (self, _) -> self.close())));
        } catch (RingClosedException _) {
            return; // It has ended, or is about to.
        }
    }

    /** Whether the thread has not ended. */
    public boolean isAlive() {
        return thread.isAlive();
    }

    /**
     * Waits until the thread has ended. {@link #kill()} does not wait for that.
     *
     * @throws IllegalStateException from the thread itself
     */
    public void join() throws InterruptedException {
        checkOther();
        thread.join();
    }

    /**
     * Waits until the thread has ended, at most for a time. Returns whether it has.
     *
     * @throws IllegalStateException from the thread itself
     */
    public boolean join(Duration most) throws InterruptedException {
        checkOther();
        return thread.join(most);
    }

    private void checkOther() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("the thread " + thread.getName()
                    + " cannot wait for its own end");
        }
    }

    /**
     * Kills the thread and waits until it has ended. An interrupt does not shorten that; it is
     * set again before the return.
     *
     * @throws IllegalStateException from the thread itself
     */
    @Override
    public void close() {
        checkOther();
        kill();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return thread.getName() + (thread.isAlive() ? "" : " (ended)");
    }
}
