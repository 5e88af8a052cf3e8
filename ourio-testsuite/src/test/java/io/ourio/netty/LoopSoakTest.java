// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.EventLoop;
import io.ourio.RingMetrics;
import io.ourio.netty.Stalls.Times;
import io.ourio.netty.ThreadTimes.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
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
 * <p>What the machine does to its threads is no fault of the loops: {@link Stalls} says what that
 * was, by the kernel's word and that of a thread which only sleeps.
 */
class LoopSoakTest {
    private static final int LOOPS = 4;
    private static final int BALLS = 8;
    private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long NOTE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Naps that last a little longer are none. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(8);

    private final AtomicLong delivered = new AtomicLong();
    private final List<Loop> loops = new ArrayList<>();
    private final CountDownLatch landed = new CountDownLatch(BALLS);
    private Stalls stalls;
    private volatile boolean over;

    /** What a loop's own thread looks at. */
    private record Loop(EventLoop executor, Stalls.Lane lane, Source times) {
        static Loop of(EventLoop executor) {
            Source times = Source.ofThisThread();
            return new Loop(executor, new Stalls.Lane(times.name), times);
        }

        void look() {
            long begin = System.nanoTime();
            Times soFar = times.read();
            lane.note(begin, System.nanoTime(), soFar);
        }
    }

    /** Goes from loop to loop; one in four rests before the next hop. */
    private final class Ball implements Runnable {
        private final SplittableRandom random;
        private Loop from = loops.getFirst();
        private Loop to = loops.getFirst();
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
                stalls.add(new Stalls.Stall(from.lane, to.lane, due, now));
            }
            if (late || !to.lane.wasNotedSince(now - LOOK_NANOS)) {
                to.look();
            }
            if (over) {
                landed.countDown();
            } else {
                hop();
            }
        }

        private void hop() {
            from = to;
            to = loops.get(random.nextInt(LOOPS));
            long pause = random.nextInt(4) == 0 ? random.nextLong(3_000_000) : 0;
            due = System.nanoTime() + pause;
            if (pause > 0) {
                to.executor.schedule(this, pause, TimeUnit.NANOSECONDS);
            } else {
                to.executor.execute(this);
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
            net.group.forEach(loop -> loops.add(Net.await(
                    loop.submit(() -> Loop.of((EventLoop) loop)), "a task of the loop")));
            stalls = new Stalls(loops.stream().map(Loop::lane).toList());
            look();
            Thread sleeper = Thread.ofPlatform().daemon().start(this::sleep);
            for (int i = 0; i < BALLS; i++) { // With many more, no loop would ever be asleep.
                loops.getFirst().executor.execute(new Ball(seed + i));
            }
            watch(duration, seed);
            over = true;
            Net.await(landed);
            sleeper.join();
            look();
            List<String> bad = stalls.worseThan(STALL_NANOS).toList();
            assertEquals(0, bad.size(), () -> "seed " + seed + ", stalls:\n"
                    + String.join("\n", bad) + '\n');
            long wakeups = ((OurioEventLoopGroup) net.group).metrics().stream()
                    .map(OurioLoopMetrics::ring).mapToLong(RingMetrics::wakeups).sum();
            assertTrue(wakeups > 100, () -> wakeups + " wakeups: the loops hardly slept");
        } finally {
            loops.forEach(loop -> loop.times.close());
        }
    }

    private void look() {
        loops.forEach(loop -> Net.await(
                loop.executor.submit(loop::look), "a look at the schedule"));
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

    /** Sees the pauses of the whole JVM: time that it neither slept, nor ran, nor could have. */
    private void sleep() {
        try (Source self = Source.ofThisThread(); ThreadTimes others = new ThreadTimes()) {
            long paused = 0;
            long slept = 0;
            long noted = System.nanoTime();
            Times before = self.read();
            for (boolean last = false; !last; ) {
                last = over;
                LockSupport.parkNanos(NAP_NANOS);
                slept += NAP_NANOS;
                Times soFar = self.read();
                long now = System.nanoTime();
                Times had = soFar.minus(before);
                long pause = now - noted - slept - had.ran() - had.waited();
                if (pause > PAUSE_NANOS || now - noted > NOTE_NANOS || last) {
                    paused += pause > PAUSE_NANOS ? pause : 0;
                    note(now, paused, others);
                    before = soFar;
                    noted = now; // A pause may fall into the notes as well.
                    slept = 0;
                }
            }
        }
    }

    private void note(long begin, long paused, ThreadTimes others) {
        Stalls.Machine machine = ThreadTimes.machine(paused);
        Map<String, Times> all = others.ofAllThreads();
        stalls.note(begin, System.nanoTime(), machine, all);
    }
}
