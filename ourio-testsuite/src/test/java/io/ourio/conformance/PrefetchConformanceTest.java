// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.BufferGroup;
import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.sys.Linux;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@link Callback#prefetch} promises, where it is called at all. */
@OnEveryBackend
class PrefetchConformanceTest extends Conformance {
    /** More than a ring prefetches at a time. */
    private static final int MANY = 40;

    /** So many tasks wait beside these that the ring finds it worth it. */
    private static final int OTHERS = 256;

    /** Receives from many sockets. The events are numbers: those of prefetches are negative. */
    private final class Receivers implements Callback {
        final List<Integer> events = new ArrayList<>();
        final List<World.Pair> pairs = new ArrayList<>();
        boolean refuses;
        int received;

        Receivers(Ring ring) {
            BufferGroup group = ring.bufferGroup(8, 1024);
            for (int i = 1; i <= MANY; i++) {
                pairs.add(world.pair());
                ring.recvMultishot(pairs.getLast().ours(), group,
                        ring.task(new Context(this, i, this)));
            }
            World.Pair quiet = world.pair();
            for (int i = 0; i < OTHERS; i++) {
                ring.poll(quiet.ours(), Linux.POLLIN, Context.NONE);
            }
            turns(ring, OTHERS / 64 + 2);
        }

        @Override
        public void onCompletion(Ring ring, Task task) {
            events.add(task.msg());
            received += Math.max(0, task.result());
        }

        @Override
        public int prefetch(Task task, int depth) {
            assertEquals(Task.State.IN_FLIGHT, task.state());
            assertTrue(depth >= 1 && depth <= Callback.PREFETCH_DEPTH, depth + " of " + task);
            if (depth == 1) {
                events.add(-task.msg());
            }
            if (refuses && depth == 1) {
                throw new IllegalStateException("prefetch of " + task.msg());
            }
            return task.msg();
        }

        void receive(Ring ring) {
            events.clear();
            received = 0;
            pairs.forEach(pair -> world.send(pair.peer(), new byte[1]));
            runUntil(ring, () -> received == MANY, events::toString);
        }

        List<Integer> told() {
            return events.stream().filter(event -> event > 0).sorted().toList();
        }
    }

    @Test
    void someArePrefetchedBeforeTheFirstIsTold() {
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            Receivers receivers = new Receivers(ring);
            for (int round = 0; round < 3; round++) {
                receivers.receive(ring);
                List<Integer> events = receivers.events;
                assertEquals(IntStream.rangeClosed(1, MANY).boxed().toList(), receivers.told());
                if (kind == BackendKind.IO_URING) {
                    assertEquals(MANY, events.size());
                } else {
                    assertTrue(events.get(0) < 0 && events.get(1) < 0, events::toString);
                }
                for (int i = 1; i <= MANY; i++) {
                    int prefetched = events.indexOf(-i); // Or none, for one alone.
                    assertTrue(prefetched < events.indexOf(i), i + " in " + events);
                }
            }
        }
    }

    @Test
    void prefetchThatThrowsIsReportedAndTheCompletionIsTold() {
        try (Ring ring = open()) {
            if (!ring.capabilities().multishotRecv()) {
                return;
            }
            Receivers receivers = new Receivers(ring);
            receivers.refuses = true;
            receivers.receive(ring);
            assertEquals(MANY, receivers.told().size());
            List<String> prefetches = receivers.events.stream().filter(event -> event < 0)
                    .map(event -> "prefetch of " + -event).toList();
            assertEquals(prefetches, failures.stream().map(Throwable::getMessage).toList());
            receivers.refuses = false;
            failures.clear();
        }
    }
}
