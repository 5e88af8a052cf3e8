// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.netty.Stalls.Lane;
import io.ourio.netty.Stalls.Machine;
import io.ourio.netty.Stalls.Stall;
import io.ourio.netty.Stalls.Times;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is to blame for a task that was due at 1000 and ran at 1200. */
class StallsTest {
    private static final long DUE = 1000;
    private static final long RAN = 1200;

    private final Lane sender = new Lane("sender");
    private final Lane receiver = new Lane("receiver");
    private final Lane third = new Lane("third");
    private final Stalls stalls = new Stalls(List.of(sender, receiver, third));

    @BeforeEach
    void start() {
        List.of(sender, receiver, third).forEach(lane -> lane.note(900, 900, new Times(10, 500)));
        stalls.note(900, 900, Machine.NONE, Map.of("worker 7", new Times(0, 5)));
        stalls.add(new Stall(sender, receiver, DUE, RAN));
    }

    /** What the counts are afterwards, and much later. */
    private static void waits(Lane lane, long nanos) {
        lane.note(1250, 1250, new Times(10, 500 + nanos));
        lane.note(5000, 5000, new Times(10, 50_000));
    }

    private long bad(long limit) {
        return stalls.worseThan(limit).count();
    }

    private void assertUnexplained(long nanos) {
        assertEquals(0, bad(nanos));
        assertEquals(1, bad(nanos - 1));
    }

    @Test
    void stallOfWhichTheMachineKnowsNothingIsOurs() {
        assertUnexplained(200);
    }

    @Test
    void waitsOfTheReceiverAndTheSenderExplainIt() {
        waits(receiver, 50);
        assertUnexplained(150);
        waits(sender, 30);
        assertUnexplained(120);
    }

    @Test
    void waitsBeforeAndAfterItDoNot() {
        receiver.note(950, 950, new Times(10, 700));
        receiver.note(1250, 1250, new Times(10, 701));
        receiver.note(1300, 1300, new Times(10, 900));
        assertUnexplained(199);
    }

    @Test
    void waitOfALoopThatSentToTheSameOneMeanwhileExplainsIt() {
        waits(sender, 30);
        waits(third, 180);
        assertUnexplained(170);
        stalls.add(new Stall(third, sender, 990, 1210)); // That one held up somebody else.
        assertUnexplained(170);
        stalls.add(new Stall(third, receiver, 700, DUE)); // It was over.
        assertUnexplained(170);
        stalls.add(new Stall(third, receiver, 990, 1210)); // This one was first.
        assertEquals(2, bad(19));
        assertEquals(1, bad(20)); // By the 180 of the third, and not by the 30 of its sender.
        assertEquals(1, bad(39));
        assertEquals(0, bad(40));
    }

    @Test
    void pausesOfTheJvmAndOfTheMachineExplainIt() {
        stalls.note(1250, 1250, new Machine(120, 40, 0),
                Map.of("VM Thread 3", new Times(0, 25), "worker 7", new Times(0, 95)));
        assertUnexplained(15);
    }

    /** The pause may be in the midst of a reading, which then is neither before nor after. */
    @Test
    void readingThatWasGoingOnIsLeftOut() {
        receiver.note(990, 1190, new Times(10, 600));
        assertUnexplained(100);
        receiver.note(1195, 1205, new Times(10, 620));
        receiver.note(1210, 1220, new Times(10, 640));
        assertUnexplained(60);
    }

    @Test
    void whatIsToldNamesEachThreadAndWhatItHad() {
        sender.note(1250, 1250, new Times(3_000_010, 500));
        stalls.note(1250, 1250, new Machine(0, 40_000, 2),
                Map.of("worker 7", new Times(0, 9_000_005)));
        stalls.add(new Stall(sender, receiver, DUE, 300_001_000));
        String told = stalls.worseThan(1_000_000).findFirst().orElseThrow();
        assertEquals("300000 us late, 299960 us of it by its own doing: from sender to receiver,"
                + " beside those of 1 loops at 1 us; meanwhile the JVM paused for 0 us, the host"
                + " took 40 us, 2 major faults; loops: sender ran 3000 us and waited 0 us, receiver"
                + " ran 0 us and waited 0 us, third ran 0 us and waited 0 us; all threads, for"
                + " somewhat longer: worker 7 ran 0 us and waited 9000 us", told);
        assertTrue(stalls.worseThan(300_000_000).findAny().isEmpty());
    }
}
