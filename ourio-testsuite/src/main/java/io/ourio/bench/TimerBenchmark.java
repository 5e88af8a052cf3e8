// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What very many timers cost: armed, canceled, fired. Beside those of a ring, the timers of Netty's
 * event loops and of the JDK.
 *
 * <p>One command runs it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -Pbench -pl ourio-testsuite -am process-classes -DskipTests \
 *     -Dbench.class=io.ourio.bench.TimerBenchmark -Dbench.args="--rounds 9"
 * }</pre>
 *
 * <p>All of them are armed for times in random order, within an hour, and canceled in the order in
 * which they were armed; then all are armed for times within the next millisecond, which has passed
 * when the last one is armed, and all are fired. Each is armed and canceled in the thread that
 * would fire it, save those of the JDK, which has no such thing.
 */
@Command(name = "TimerBenchmark", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "Measures very many timers.")
public final class TimerBenchmark implements Callable<Integer> {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "7",
            description = "Each kind of timer has one run in a round.")
    private int rounds;

    @Option(names = "--timers", paramLabel = "N", defaultValue = "1000000",
            description = "How many are armed at a time.")
    private int timers;

    private long[] delays;
    private int told;

    @Spec
    private CommandSpec spec;

    /** Runs the benchmark and ends this JVM with the exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TimerBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        delays = new Random(1).longs(timers, 0, HOUR).toArray();
        EventExecutor netty = new DefaultEventExecutor();
        try (Ring ring = Ring.open(RingOptions.defaults());
                ScheduledThreadPoolExecutor jdk = new ScheduledThreadPoolExecutor(1)) {
            jdk.setRemoveOnCancelPolicy(true);
            Task[] again = new Task[timers];
            for (int i = 0; i < timers; i++) {
                again[i] = ring.task(new Context(null, 0, (_, _) -> told++));
            }
            Contest contest = new Contest()
                    .way("Netty's event executor", laps -> ofNetty(netty, laps))
                    .way("JDK's scheduled executor", laps -> ofJdk(jdk, laps))
                    .way("ring, a new task for each", laps -> ofRing(ring, null, laps))
                    .way("ring, tasks started again", laps -> ofRing(ring, again, laps));
            contest.run(2, rounds);
            contest.print(spec.commandLine().getOut());
        } finally {
            netty.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        return CommandLine.ExitCode.OK;
    }

    private long delay(int timer, long within) {
        return delays[timer] % within;
    }

    private void ofRing(Ring ring, Task[] again, Contest.Laps laps) throws Exception {
        Context count = new Context(null, 0, (_, _) -> told++);
        Task[] armed = again == null ? new Task[timers] : again;
        told = 0;
        laps.start();
        arm(ring, armed, again == null ? count : null, HOUR);
        laps.lap("armed", timers);
        for (Task task : armed) {
            task.cancel(Context.NONE);
        }
        ring.run(RunMode.UNTIL_DONE);
        laps.lap("canceled", timers);
        check(timers);
        arm(ring, armed, again == null ? count : null, MILLISECOND);
        laps.start();
        ring.run(RunMode.UNTIL_DONE);
        laps.lap("fired", timers);
        check(2 * timers);
    }

    private void arm(Ring ring, Task[] tasks, Context fresh, long within) {
        for (int i = 0; i < tasks.length; i++) {
            if (fresh != null) {
                tasks[i] = ring.timer(Duration.ofNanos(delay(i, within)), fresh);
            } else {
                ring.timer(delay(i, within), tasks[i]);
            }
        }
    }

    private void ofNetty(EventExecutor netty, Contest.Laps laps) throws Exception {
        netty.submit(() -> {
            armAndCancel(netty, laps);
            return null;
        }).sync();
        Countdown fired = new Countdown(timers);
        netty.submit(() -> {
            for (int i = 0; i < timers; i++) {
                netty.schedule(fired, delay(i, MILLISECOND), TimeUnit.NANOSECONDS);
            }
            laps.start(); // When this task has ended, the thread fires them.
            return null;
        }).sync();
        fired.await();
        laps.lap("fired", timers);
    }

    private void ofJdk(ScheduledThreadPoolExecutor jdk, Contest.Laps laps) throws Exception {
        armAndCancel(jdk, laps);
        CountDownLatch armed = new CountDownLatch(1);
        jdk.submit(() -> {
            armed.await();
            return null;
        });
        Countdown fired = new Countdown(timers);
        for (int i = 0; i < timers; i++) {
            jdk.schedule(fired, delay(i, MILLISECOND), TimeUnit.NANOSECONDS);
        }
        laps.start();
        armed.countDown();
        fired.await();
        laps.lap("fired", timers);
    }

    private void armAndCancel(ScheduledExecutorService executor, Contest.Laps laps)
            throws Exception {
        Runnable never = () -> {
            throw new AssertionError("canceled, and fired");
        };
        Future<?>[] armed = new Future<?>[timers];
        laps.start();
        for (int i = 0; i < timers; i++) {
            armed[i] = executor.schedule(never, delay(i, HOUR), TimeUnit.NANOSECONDS);
        }
        laps.lap("armed", timers);
        for (Future<?> future : armed) {
            future.cancel(false);
        }
        laps.lap("canceled", timers);
    }

    /** Counts in the one thread that fires. */
    private static final class Countdown implements Runnable {
        private final CountDownLatch end = new CountDownLatch(1);
        private int left;

        Countdown(int count) {
            left = count;
        }

        @Override
        public void run() {
            if (--left == 0) {
                end.countDown();
            }
        }

        void await() throws InterruptedException {
            end.await();
        }
    }

    private void check(int expected) {
        if (told != expected) {
            throw new AssertionError(told + " of " + expected + " timers were told");
        }
    }
}
