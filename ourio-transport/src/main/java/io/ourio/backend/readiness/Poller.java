// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.backend.Doorbell;

/**
 * What says which descriptors are ready: all that differs between epoll and kqueue. The engine,
 * {@link ReadinessBackend}, has tried the calls, decides who waits for what, and tries them again.
 *
 * <p>Events are bits of {@code poll(2)}. A descriptor is armed for some of {@code POLLIN}, {@code
 * POLLPRI}, {@code POLLOUT} and {@code POLLRDHUP}; {@code POLLERR} and {@code POLLHUP} are told
 * unasked. To tell too much is harmless, since the call is tried and no event is believed by
 * itself, save by a {@code Ring.poll}; to tell too little hangs a task.
 *
 * <p>The ring's thread makes every call but those of the doorbell. The engine keeps two rules:
 *
 * <ul>
 *   <li>It arms before a descriptor's first task waits, whatever was armed before. Numbers are
 *       closed and used again outside of the ring, so nothing is believed of one that nobody
 *       waited for, and the poller must find out whether the system still knows it.
 *   <li>It arms and polls between two turns, or inside a callback that submits, and never while
 *       {@link #poll} tells what it found.
 * </ul>
 */
abstract class Poller {
    /** Whom it tells what it finds. */
    final Descriptors descriptors;

    Poller(Descriptors descriptors) {
        this.descriptors = descriptors;
    }

    /**
     * From now on {@link #poll} tells when {@code descriptor} becomes ready for any of {@code
     * events}, and at once if it is so already; of what else it was armed for, nothing more. Sets
     * {@link Descriptor#armed}.
     *
     * <p>It may tell of each change, as ours do, or once: one that tells once takes the bits
     * out of {@link Descriptor#armed} then, and is armed again if somebody still waits. What the
     * system refuses is told to {@link Descriptors#refused}, at once or by the next poll.
     */
    abstract void arm(Descriptor descriptor, int events);

    /** Tells nothing more of {@code descriptor}, which may be closed by now. */
    abstract void disarm(Descriptor descriptor);

    /**
     * Waits until something is ready, the {@linkplain #doorbell doorbell} is rung, or the time is
     * up; it may end sooner, with nothing. What it finds is told to {@link Descriptors#ready}.
     *
     * @param timeoutNanos the most to wait; 0 does not wait, a negative one has no limit
     */
    abstract void poll(long timeoutNanos);

    /**
     * A descriptor that is readable as long as {@link #poll} would find something.
     *
     * @throws UnsupportedOperationException if there is none
     */
    abstract int pollableFd();

    /** Makes that descriptor readable after a time above 0, or sooner. */
    abstract void within(long nanos);

    /** What ends the wait from other threads. It is the poller's to close. */
    abstract Doorbell doorbell();

    /** Releases all of it, the doorbell too. */
    abstract void close();
}
