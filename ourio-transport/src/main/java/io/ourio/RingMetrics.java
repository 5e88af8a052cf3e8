// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/**
 * What a ring has done since it was opened, by plain counters that its thread keeps: {@link
 * Ring#metrics()}.
 *
 * @param enters how often the thread entered the kernel to submit or to wait: {@code
 *     io_uring_enter}, {@code epoll_wait} or {@code kevent}
 * @param submissions operations handed to the backend; timers and messages between rings, which the
 *     ring keeps itself, are none
 * @param completions results that the backend has delivered; a multishot operation has many
 * @param overflows on io_uring, how often the kernel was found with more completions than the queue
 *     holds ({@code IORING_SQ_CQ_OVERFLOW}): none is lost, and a longer queue would be faster
 * @param exhausted how often a receive ended since the provided buffers had run out ({@code
 *     ENOBUFS}); it goes on when one is given back
 * @param wakeups how often others ended the thread's sleep
 * @param wakeupsSent how often the ring's thread ended the sleep of another ring, see {@link
 *     Ring#msgRing} and {@link Ring#wakeup(Ring)}
 * @param wakeupsSaved how often it had no need to: that ring was awake, or somebody else's call was
 *     on its way
 * @param active tasks that have not completed for the last time
 */
public record RingMetrics(long enters, long submissions, long completions, long overflows,
        long exhausted, long wakeups, long wakeupsSent, long wakeupsSaved, int active) {}
