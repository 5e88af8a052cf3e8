// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Task;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Two rings in one thread: the outer one waits for its own work and, by a descriptor, for the
 * inner one, which may be of a library, or of work that comes first. The thread sleeps in the
 * outer ring only; the inner one gets a turn when its descriptor says that it needs one.
 *
 * <p>Run it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -DskipTests -pl ourio-examples -am package exec:exec \
 *     -Dexec.mainClass=io.ourio.examples.TwoRingsOneThread
 * }</pre>
 *
 * <p>It ends after half a second, in which both rings have done their work in time:
 *
 * <pre>{@code
 * inner: a timer after 100 ms
 * outer: a timer after 200 ms
 * inner: a message of another thread
 * inner: a timer after 400 ms
 * outer: the end
 * }</pre>
 */
public final class TwoRingsOneThread {
    private static final int READABLE = 1; // POLLIN of poll(2)

    private final Ring outer;
    private final Ring inner;
    private final Consumer<String> out;
    private final Task poll;

    private TwoRingsOneThread(Ring outer, Ring inner, Consumer<String> out) {
        this.outer = outer;
        this.inner = inner;
        this.out = out;
        poll = outer.task(new Context(this, 0, (_, task) -> innerIsReady(task)));
    }

    /**
     * Runs both rings for half a second.
     *
     * @param args not used
     */
    public static void main(String[] args) {
        play(System.out::println);
    }

    static void play(Consumer<String> out) {
        try (Ring outer = Ring.open(RingOptions.defaults());
                Ring inner = Ring.open(RingOptions.defaults())) {
            new TwoRingsOneThread(outer, inner, out).run();
        }
    }

    private void run() {
        waitForInner();
        inner.timer(Duration.ofMillis(100), say("inner: a timer after 100 ms"));
        outer.timer(Duration.ofMillis(200), new Context(null, 0, (_, _) -> {
            out.accept("outer: a timer after 200 ms");
            Thread.ofPlatform().start(() ->
                    inner.post(Task.userMsg(1, say("inner: a message of another thread"))));
        }));
        inner.timer(Duration.ofMillis(400), say("inner: a timer after 400 ms"));
        outer.timer(Duration.ofMillis(500), new Context(null, 0, (_, _) -> {
            out.accept("outer: the end");
            poll.cancel(Context.NONE); // Else the outer ring would never be done.
        }));
        outer.run(RunMode.UNTIL_DONE);
    }

    private Context say(String text) {
        return new Context(null, 0, (_, _) -> out.accept(text));
    }

    private void waitForInner() {
        outer.poll(inner.pollableFd(), READABLE, poll);
    }

    private void innerIsReady(Task task) {
        if (task.result() >= 0) {
            inner.poll(0);
            waitForInner();
        }
    }
}
