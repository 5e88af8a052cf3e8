// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.Task;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Time of a mock passes where a ring would sleep, or by hand, and at no other moment. */
class MockTimeTest {
    private static final int SOCKET = 7;

    private final Mock mock = new Mock();
    private final MemorySegment memory = Arena.ofAuto().allocate(8);

    /** "what at second n: result", in the order of the callbacks. */
    private final List<String> told = new ArrayList<>();

    private Context told(String what) {
        return new Context(null, 0, (_, task) -> told.add(what + " at "
                + mock.nanoTime() / 1_000_000_000.0 + ": " + task.result()));
    }

    @Test
    void dayOfTimersIsOverInNoTime() {
        long start = System.nanoTime();
        int[] ticks = new int[1];
        try (Ring ring = mock.open()) {
            Task tick = ring.task(new Context(null, 0, (r, task) -> {
                if (++ticks[0] < 86_400) {
                    r.timer(1_000_000_000, task);
                }
            }));
            ring.timer(1_000_000_000, tick);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(86_400, ticks[0]);
        assertEquals(Duration.ofDays(1).toNanos(), mock.nanoTime());
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(20).toNanos());
    }

    @Test
    void timersDeadlinesAndAnswersComeInTheOrderOfTheirTimes() {
        mock.on(Op.RECV, Answer.result(1).after(Duration.ofSeconds(2)), Answer.never());
        try (Ring ring = mock.open()) {
            ring.timer(Duration.ofSeconds(3), told("timer"));
            ring.recv(SOCKET, memory, 0, told("answer"));
            ring.recv(SOCKET, memory, 0, told("deadline"))
                    .deadline(mock.now().plusMillis(2500));
            ring.timer(Duration.ofSeconds(1), told("timer"));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("timer at 1.0: 0", "answer at 2.0: 1",
                "deadline at 2.5: -" + Errno.ECANCELED, "timer at 3.0: 0"), told);
    }

    @Test
    void partsOfAnAnswerComeOneAfterTheOther() {
        Duration second = Duration.ofSeconds(1);
        mock.on(Op.POLL_MULTISHOT, Answer.result(1).after(second)
                .then(Answer.result(2).after(second)).then(Answer.result(3)));
        try (Ring ring = mock.open()) {
            ring.pollMultishot(SOCKET, 1, told("poll"));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("poll at 1.0: 1", "poll at 2.0: 2", "poll at 2.0: 3"), told);
    }

    @Test
    void answersThatAreDueTogetherComeTheSoonestFirst() {
        mock.on(Op.RECV, Answer.result(1).after(Duration.ofSeconds(2)),
                Answer.result(2).after(Duration.ofSeconds(1)),
                Answer.result(3).after(Duration.ofSeconds(2)));
        try (Ring ring = mock.open()) {
            for (int i = 0; i < 3; i++) {
                ring.recv(SOCKET, memory, 0, told("recv"));
            }
            ring.poll(0);
            mock.advance(Duration.ofSeconds(5));
            ring.poll(0);
        }
        assertEquals(List.of("recv at 5.0: 2", "recv at 5.0: 1", "recv at 5.0: 3"), told);
    }

    @Test
    void turnThatDoesNotWaitLetsNoTimePass() {
        try (Ring ring = mock.open()) {
            ring.timer(1, ring.task(told("timer")));
            for (int i = 0; i < 10; i++) {
                ring.poll(0);
            }
            assertEquals(0, mock.nanoTime());
            mock.advance(Duration.ofSeconds(7));
            ring.poll(0);
            assertEquals(List.of("timer at 7.0: 0"), told);
        }
    }

    @Test
    void waitWithALimitTakesThatLong() {
        mock.on(Op.RECV, Answer.never());
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory, 0, told("recv"));
            ring.poll(Duration.ofSeconds(3).toNanos());
            assertEquals(3_000_000_000L, mock.nanoTime());
            ring.wakeup();
            ring.poll(Duration.ofSeconds(3).toNanos());
            assertEquals(3_000_000_000L, mock.nanoTime(), "a wakeup ends the wait at once");
        }
    }

    @Test
    void deadlinesFollowTheWallClockAndTimersDoNot() {
        mock.on(Op.RECV, Answer.never());
        mock.setWallClock(Instant.EPOCH);
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory, 0, told("recv")).deadline(Instant.EPOCH.plusSeconds(3600));
            ring.timer(Duration.ofSeconds(10), told("timer"));
            ring.poll(0);
            mock.setWallClock(Instant.EPOCH.plusSeconds(3600));
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of("recv at 0.0: -" + Errno.ECANCELED, "timer at 10.0: 0"), told);
    }

    @Test
    void ringThatWouldSleepForEverSaysWhatItWaitsFor() {
        mock.on(Op.RECV, Answer.never());
        try (Ring ring = mock.open()) {
            ring.recv(SOCKET, memory, 0, told("recv"));
            assertEquals("the ring would sleep for ever; in flight: RECV(fd 7, length 8, offset 0,"
                    + " flags 0x0, msg 0): nothing until it is canceled",
                    assertThrows(ScriptError.class, () -> ring.run(RunMode.UNTIL_DONE))
                            .getMessage());
            assertEquals(1, ring.active());
        }
        assertEquals(List.of("recv at 0.0: -" + Errno.ECANCELED), told);
    }

    @Test
    void otherThreadMayEndASleepThatThePatienceAllows() throws Exception {
        mock.on(Op.RECV, Answer.never()).patience(Duration.ofSeconds(20));
        try (Ring ring = mock.open()) {
            Task recv = ring.recv(SOCKET, memory, 0, told("recv"));
            ring.poll(0);
            Thread waker = Thread.ofPlatform().start(ring::wakeup);
            ring.poll(-1);
            waker.join();
            mock.patience(Duration.ofMillis(1));
            assertTrue(assertThrows(ScriptError.class, () -> ring.poll(-1)).getMessage()
                    .startsWith("the ring would sleep for ever, and nobody woke it up within"
                            + " PT0.001S; in flight: RECV"));
            recv.cancel(Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(1, told.size());
    }

    @Test
    void clockOfTheSystemCannotBeMoved() {
        mock.systemClock();
        assertThrows(IllegalStateException.class, () -> mock.advance(Duration.ofSeconds(1)));
        assertThrows(IllegalStateException.class, () -> mock.setWallClock(Instant.EPOCH));
        assertThrows(IllegalArgumentException.class, () -> mock.advance(Duration.ofSeconds(-1)));
    }
}
