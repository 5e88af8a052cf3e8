// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.Sockets;
import io.ourio.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Three ways to the end of an operation that would wait for too long: a deadline, a cancel, and the
 * end of everything. However it ends, each task is told exactly once.
 *
 * <p>Run it: it waits for connections that nobody makes, is through in a third of a second, and
 * prints what each task was told.
 */
public final class DeadlinesAndCancelation {
    private final Ring ring;
    private final int listener;
    private final Consumer<String> out;

    DeadlinesAndCancelation(Ring ring, int listener, Consumer<String> out) {
        this.ring = ring;
        this.listener = listener;
        this.out = out;
    }

    /** Starts what never ends by itself, and what ends it. */
    void play(Instant now) {
        Task patient = ring.accept(listener, told("accept with a deadline"));
        patient.deadline(now.plusMillis(100));

        Task unwanted = ring.accept(listener, told("accept that is canceled"));
        ring.timer(Duration.ofMillis(200), new Context(null, 0,
                (_, _) -> unwanted.cancel(told("the request to cancel it"))));

        ring.accept(listener, told("accept that is there at the end"));
        ring.timer(Duration.ofDays(1), told("timer of a day"));
        ring.timer(Duration.ofMillis(300), new Context(null, 0, (r, _) -> r.cancelAll()));
        ring.run(RunMode.UNTIL_DONE);
    }

    private Context told(String what) {
        return new Context(null, 0, (_, task) -> out.accept(what + ": "
                + (task.result() < 0 ? Errno.describe(-task.result()) : task.result())));
    }

    /**
     * Plays it on a socket that listens on a free port of 127.0.0.1.
     *
     * @param args not used
     * @throws IOException if there is no such socket to be had
     */
    public static void main(String[] args) throws IOException {
        int listener = Sockets.tcp();
        try (Ring ring = Ring.open(RingOptions.defaults())) {
            Sockets.bind(listener, Sockets.preferredFamily(),
                    new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
            Sockets.listen(listener, 16);
            new DeadlinesAndCancelation(ring, listener, System.out::println).play(Instant.now());
        } finally {
            Sockets.close(listener);
        }
    }
}
