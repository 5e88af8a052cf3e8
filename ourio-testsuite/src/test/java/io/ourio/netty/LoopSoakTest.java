// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.ourio.RingMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Four loops send each other tasks at random, with pauses in which they fall asleep. No wakeup may
 * be lost: a loop that sleeps with a task in its queue would show as a stall.
 *
 * <p>What the machine does to its threads is no fault of the loops. A stall counts only beyond the
 * time that its sender and its receiver waited for a processor meanwhile, by the kernel's word
 * ({@code /proc/thread-self/schedstat}), and that a thread which only sleeps has overslept: a pause
 * of the whole JVM, or of the machine.
 */
class LoopSoakTest {
    private static final int LOOPS = 4;
    private static final int BALLS = 8;
    private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Path SCHEDSTAT = Path.of("/proc/thread-self/schedstat");

    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();
    private final AtomicLong delivered = new AtomicLong();
    private final List<Lane> lanes = new ArrayList<>();

    /** What a thread that only sleeps has overslept in all, by the time. */
    private final TreeMap<Long, Long> overslept = new TreeMap<>();

    private volatile boolean over;

    /** A task that ran too late. */
    private record Stall(Lane from, Lane to, long due, long ran) {}

    /** A loop, and how long its thread has waited for a processor in all, by the time. */
    private static final class Lane {
        final EventLoop loop;
        final TreeMap<Long, Long> waited = new TreeMap<>();

        Lane(EventLoop loop) {
            this.loop = loop;
        }

        /** Called by the loop's thread, as are all methods until the end. */
        void look() {
            try {
                String waits = Files.readString(SCHEDSTAT).strip().split(" ")[1];
                waited.put(System.nanoTime(), Long.parseLong(waits));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        boolean looksRarely(long now) {
            return now - waited.lastKey() > LOOK_NANOS;
        }
    }

    /** Goes from loop to loop; one in four rests before the next hop. */
    private final class Ball implements Runnable {
        private final SplittableRandom random;
        private Lane from = lanes.getFirst();
        private Lane to = lanes.getFirst();
        private long due = System.nanoTime();

        Ball(long seed) {
            random = new SplittableRandom(seed);
        }

        @Override
        public void run() {
            long now = System.nanoTime();
            delivered.incrementAndGet();
            boolean late = now - due > STALL_NANOS;
            if (late) {
                stalls.add(new Stall(from, to, due, now));
            }
            if (late || to.looksRarely(now)) {
                to.look();
            }
            if (!over) {
                hop();
            }
        }

        private void hop() {
            from = to;
            to = lanes.get(random.nextInt(LOOPS));
            long pause = random.nextInt(4) == 0 ? random.nextLong(3_000_000) : 0;
            due = System.nanoTime() + pause;
            if (pause > 0) {
                to.loop.schedule(this, pause, TimeUnit.NANOSECONDS);
            } else {
                to.loop.execute(this);
            }
        }
    }

    @Test
    void noLoopSleepsOverATask() throws Exception {
        soak(Duration.ofSeconds(3));
    }

    @Test
    @Tag("full")
    @Timeout(value = 7, unit = TimeUnit.MINUTES)
    void noLoopSleepsOverATaskForMinutes() throws Exception {
        soak(Duration.ofMinutes(5));
    }

    private void soak(Duration duration) throws Exception {
        long seed = System.nanoTime();
        try (Net net = new Net(LOOPS)) {
            net.group.forEach(loop -> lanes.add(new Lane((EventLoop) loop)));
            look();
            overslept.put(System.nanoTime(), 0L);
            Thread sleeper = Thread.ofPlatform().daemon().start(this::sleep);
            for (int i = 0; i < BALLS; i++) { // With many more, no loop would ever be asleep.
                lanes.getFirst().loop.execute(new Ball(seed + i));
            }
            watch(duration, seed);
            over = true;
            sleeper.join();
            look();
            assertEquals(List.of(),
                    stalls.stream().filter(stall -> unexplained(stall) > STALL_NANOS)
                            .map(stall -> (stall.ran - stall.due) / 1000 + " us late, of which "
                                    + unexplained(stall) / 1000 + " by its own doing").toList(),
                    "seed " + seed);
            long wakeups = ((OurioEventLoopGroup) net.group).metrics().stream()
                    .map(OurioLoopMetrics::ring).mapToLong(RingMetrics::wakeups).sum();
            assertTrue(wakeups > 100, () -> wakeups + " wakeups: the loops hardly slept");
        }
    }

    private void look() {
        lanes.forEach(lane -> Net.await(lane.loop.submit(lane::look), "a look at the schedule"));
    }

    private long unexplained(Stall stall) {
        long explained = during(stall, stall.to.waited) + during(stall, overslept)
                + (stall.from == stall.to ? 0 : during(stall, stall.from.waited));
        return stall.ran - stall.due - explained;
    }

    /** How much a count has grown over the stall; as seen from before it until after it. */
    private static long during(Stall stall, TreeMap<Long, Long> count) {
        var before = count.floorEntry(stall.due);
        var after = count.ceilingEntry(stall.ran);
        return (after == null ? count.lastEntry() : after).getValue()
                - (before == null ? 0 : before.getValue());
    }

    /** A ball that stays in a queue for ever is never late. */
    private void watch(Duration duration, long seed) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() - end < 0) {
            long before = delivered.get();
            Net.until(() -> delivered.get() > before,
                    () -> "all balls rest for ever, seed " + seed);
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void sleep() {
        long sum = 0;
        while (!over) {
            long began = System.nanoTime();
            LockSupport.parkNanos(NAP_NANOS);
            long now = System.nanoTime();
            if (now - began > 2 * NAP_NANOS) {
                sum += now - began - NAP_NANOS;
                overslept.put(now, sum);
            }
        }
    }
}
