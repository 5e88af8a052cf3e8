// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A callback that submits: what it asks for happens while its own turn goes on. */
@OnEveryBackend
class SubmitConformanceTest extends Conformance {
    private static final byte[] BYTES = {1, 2, 3};

    /** What ends a task from within a callback. */
    private enum End {
        CANCEL((ring, task) -> task.cancel(Context.NONE)),
        CANCEL_ALL((ring, _) -> ring.cancelAll()),
        CLOSE_OF_ITS_DESCRIPTOR((ring, task) -> ring.close(task.fd(), Context.NONE));

        final BiConsumer<Ring, Task> request;

        End(BiConsumer<Ring, Task> request) {
            this.request = request;
        }
    }

    /** Ends tasks in its first callback, and counts the endings of each. */
    private static final class Ender implements Callback {
        final List<Task> tasks = new ArrayList<>();
        final Log log = new Log();
        private final End end;
        private boolean asked;

        Ender(End end) {
            this.end = end;
        }

        Context context() {
            return new Context(null, 0, this);
        }

        @Override
        public void onCompletion(Ring ring, Task task) {
            log.onCompletion(ring, task);
            if (!asked) {
                asked = true;
                for (Task victim : end == End.CANCEL ? tasks : List.of(task)) {
                    end.request.accept(ring, victim);
                }
                ring.submit();
            }
        }

        void assertAllEndOnce(Ring ring) {
            runUntil(ring, () -> asked, () -> "nothing was told");
            if (end == End.CLOSE_OF_ITS_DESCRIPTOR) {
                turns(ring, 10); // With io_uring a close ends no task.
                ring.cancelAll();
            }
            finishAll(ring);
            for (Task task : tasks) {
                assertEquals(1, log.endings(task), log.entries()::toString);
            }
        }
    }

    private int ours(World.Pair pair, End end) {
        return end == End.CLOSE_OF_ITS_DESCRIPTOR ? world.disown(pair.ours()) : pair.ours();
    }

    @ParameterizedTest
    @EnumSource
    void receiveThatItsCallbackEndsTellsNothingBehindItsEnd(End end) {
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            BufferGroup group = ring.bufferGroup(8, 1024);
            Ender ender = new Ender(end);
            for (int i = 0; i < 3; i++) {
                World.Pair pair = world.tcpPair();
                ender.tasks.add(
                        ring.recvMultishot(ours(pair, end), group, ring.task(ender.context())));
                turns(ring, 2);
                world.send(pair.peer(), BYTES);
                world.close(pair.peer()); // The receive behind the first would tell the end.
            }
            ender.assertAllEndOnce(ring);
        }
    }

    @ParameterizedTest
    @EnumSource
    void acceptThatItsCallbackEndsTellsNothingBehindItsEnd(End end) {
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotAccept()) {
                return;
            }
            Ender ender = new Ender(end);
            int listener = world.listener();
            world.dial(listener);
            world.dial(listener);
            if (end == End.CLOSE_OF_ITS_DESCRIPTOR) {
                world.disown(listener);
            }
            ender.tasks.add(ring.acceptMultishot(listener, ring.task(ender.context())));
            ender.assertAllEndOnce(ring);
            ender.log.results().stream().filter(fd -> fd > 0).forEach(world::own);
        }
    }

    /** Others wait for the same descriptor, and others for another one. */
    @ParameterizedTest
    @EnumSource
    void pollsThatACallbackEndsAreToldOnce(End end) {
        World.Pair pair = world.pair();
        World.Pair other = world.pair();
        int ours = ours(pair, end);
        try (Ring ring = open()) {
            Ender ender = new Ender(end);
            for (int i = 0; i < 5; i++) {
                ender.tasks.add(ring.pollMultishot(ours, Linux.POLLIN, ender.context()));
                ender.tasks.add(
                        ring.pollMultishot(other.ours(), Linux.POLLIN, ender.context()));
                ender.tasks.add(ring.poll(other.ours(), Linux.POLLIN, ender.context()));
            }
            turns(ring, 2);
            world.send(pair.peer(), BYTES);
            world.send(other.peer(), BYTES);
            ender.assertAllEndOnce(ring);
        }
    }

    @Test
    void taskThatIsStartedAgainAndSubmittedDoesNotKeepATurnFromEnding() {
        int[] calls = new int[1];
        try (Ring ring = open()) {
            Task again = ring.task(new Context(null, 0, (r, task) -> {
                if (++calls[0] < 1000) {
                    r.noop(task);
                    r.submit();
                }
            }));
            ring.noop(again);
            turns(ring, 5);
            assertTrue(calls[0] >= 1 && calls[0] <= 10, calls[0] + " calls in 5 turns");
            ring.cancelAll();
            calls[0] = 1000;
            finishAll(ring);
        }
    }
}
