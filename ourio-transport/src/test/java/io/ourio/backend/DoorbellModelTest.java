// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Backend;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The race between a thread that goes to sleep and those that call it, by trying every order of
 * their steps. Each method of a {@link Doorbell} is one atomic step, and {@link Doorbell#ring} is
 * three ({@code call}, {@code strike}, {@code done}), so this leaves nothing out. A thread that
 * announces has the flag of {@code Ring.wakeup} as well: a caller sets it that does not see it set,
 * an announcement and the end of a sleep take it back.
 */
class DoorbellModelTest {
    private static final int CALLERS = 2;
    private static final int CALLS = 2;

    /** What the thread that sleeps does, over and over. */
    private enum Way {
        /** Looks for work and sleeps if there is none: {@code Ring.poll}. */
        SLEEPS,
        /** Says first that it will sleep: the event loop of Netty. */
        ANNOUNCES,
        /** Waits elsewhere for what it hides first: a ring that is polled by another. */
        LEAVES,
        /** The first of them, and closes the doorbell at some moment. */
        CLOSES,
        /** A mistake: looks before it announces, and sleeps without a look at what that says. */
        LOOKS_TOO_EARLY
    }

    /** Where the thread is in its program. */
    private enum At {
        FORGET, ANNOUNCE, LOOK, ASK, SLEEP, ASLEEP, WAKE, ANSWER, TAKE, HIDE, LEAVE, CLOSING, GONE
    }

    /** Where a caller is in its program. */
    private enum To { ADD, SEE, SET, CALL, STRIKE, DONE, END }

    /** Its strokes are steps of their own. */
    private static final class Bell extends Doorbell {
        @Override
        protected void strike(Backend from) {
            throw new AssertionError("not to be called");
        }
    }

    /** One order of steps, as far as it has been taken. */
    private static final class Play {
        final Way way;
        final Bell doorbell = new Bell();
        final To[] callers = new To[CALLERS];
        final int[] calls = new int[CALLERS];
        At thread;
        int queue;
        int taken;
        boolean idle;
        boolean flag;

        /** What the thread waits for. */
        int events;

        /** The wait may end once by itself: a time limit, or other work. */
        boolean otherWork = true;

        /** What is to be proved: somebody strikes only in a sleep, and only one. */
        boolean maySleep;
        int strikers;

        Play(Way way) {
            this.way = way;
            thread = way == Way.ANNOUNCES ? At.FORGET : At.LOOK;
            Arrays.fill(callers, To.ADD);
        }

        /** Who can take a step: the thread is 0 (-1 to close), a caller one more than its index. */
        List<Integer> able() {
            List<Integer> able = new ArrayList<>();
            boolean blocked = switch (thread) {
                case ASLEEP -> events == 0 && !otherWork;
                case CLOSING -> doorbell.hasCallers();
                case GONE -> true;
                default -> false;
            };
            if (!blocked) {
                able.add(0);
            }
            if (way == Way.CLOSES && thread == At.LOOK) {
                able.add(-1);
            }
            for (int i = 0; i < CALLERS; i++) {
                if (callers[i] != To.END) {
                    able.add(i + 1);
                }
            }
            return able;
        }

        void step(int who) {
            if (who < 0) {
                thread = At.CLOSING; // The other way to go on.
                doorbell.close();
            } else if (who == 0) {
                thread = stepOfThread();
            } else {
                stepOfCaller(who - 1);
            }
        }

        private At stepOfThread() {
            return switch (thread) {
                case FORGET -> {
                    flag = false;
                    yield At.ANNOUNCE;
                }
                case ANNOUNCE -> {
                    doorbell.announceSleep();
                    maySleep = true;
                    yield way == Way.LOOKS_TOO_EARLY ? At.ASLEEP : At.LOOK;
                }
                case LOOK -> {
                    idle = queue == 0;
                    if (way == Way.LEAVES) {
                        yield At.HIDE;
                    }
                    yield !idle ? At.WAKE : switch (way) {
                        case ANNOUNCES -> At.ASK;
                        case LOOKS_TOO_EARLY -> At.ANNOUNCE;
                        default -> At.SLEEP;
                    };
                }
                case ASK -> flag ? At.WAKE : At.SLEEP;
                case SLEEP -> {
                    if (!doorbell.sleep()) {
                        yield At.WAKE;
                    }
                    maySleep = true;
                    yield At.ASLEEP;
                }
                case HIDE -> {
                    events = 0;
                    yield At.LEAVE;
                }
                case LEAVE -> {
                    boolean called = !doorbell.sleep();
                    maySleep |= !called;
                    events += called || !idle ? 1 : 0;
                    yield At.ASLEEP;
                }
                case ASLEEP -> {
                    otherWork &= events > 0;
                    events = 0;
                    yield At.WAKE;
                }
                case WAKE -> {
                    doorbell.wake();
                    maySleep = false;
                    strikers = 0;
                    yield At.ANSWER;
                }
                case ANSWER -> {
                    flag = false;
                    yield At.TAKE;
                }
                case TAKE -> {
                    taken += queue;
                    queue = 0;
                    yield way == Way.ANNOUNCES ? At.FORGET : At.LOOK;
                }
                case CLOSING, GONE -> At.GONE;
            };
        }

        private void stepOfCaller(int i) {
            callers[i] = switch (callers[i]) {
                case ADD -> {
                    queue++;
                    yield way == Way.ANNOUNCES ? To.SEE : To.CALL;
                }
                case SEE -> flag ? To.CALL : To.SET;
                case SET -> {
                    flag = true;
                    yield To.CALL;
                }
                case CALL -> {
                    if (!doorbell.call()) {
                        yield next(i);
                    }
                    assertTrue(maySleep, "rings although the thread is awake");
                    assertEquals(1, ++strikers, "rings for one sleep");
                    yield To.STRIKE;
                }
                case STRIKE -> {
                    assertTrue(thread != At.GONE, "rings although the descriptor is closed");
                    events++;
                    yield To.DONE;
                }
                case DONE -> {
                    doorbell.done();
                    yield next(i);
                }
                case END -> throw new AssertionError("has ended");
            };
        }

        private To next(int i) {
            return ++calls[i] == CALLS ? To.END : To.ADD;
        }

        /** Nobody can take a step any more. */
        void checkEnd() {
            if (way == Way.CLOSES && thread == At.GONE) {
                return;
            }
            assertEquals(CALLERS * CALLS, taken, "the thread sleeps and there is work");
            assertEquals(At.ASLEEP, thread);
            assertFalse(doorbell.hasCallers());
        }

        /** All on which the future depends. */
        String key() {
            return doorbell.toString() + Arrays.toString(callers) + Arrays.toString(calls)
                    + thread + queue + idle + flag + events + otherWork + maySleep + strikers;
        }
    }

    /** Returns how many situations there are. */
    private static int explore(Way way) {
        Set<String> seen = new HashSet<>();
        ArrayDeque<List<Integer>> open = new ArrayDeque<>();
        open.add(List.of());
        for (List<Integer> steps = open.poll(); steps != null; steps = open.poll()) {
            Play play = replayed(way, steps);
            if (seen.add(play.key())) {
                for (int who : play.able()) {
                    List<Integer> longer = new ArrayList<>(steps);
                    longer.add(who);
                    open.add(longer);
                }
            }
        }
        return seen.size();
    }

    private static Play replayed(Way way, List<Integer> steps) {
        try {
            Play play = new Play(way);
            steps.forEach(play::step);
            if (play.able().isEmpty()) {
                play.checkEnd();
            }
            return play;
        } catch (AssertionError e) {
            throw new AssertionError(way + " " + steps + ": " + e.getMessage(), e);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "LOOKS_TOO_EARLY", mode = EnumSource.Mode.EXCLUDE)
    void everyOrderOfStepsWakesTheThreadOnceForASleep(Way way) {
        int situations = explore(way);
        assertTrue(situations > 1000, situations + " situations");
    }

    /** That the search finds such a thing is what makes the others worth something. */
    @Test
    void threadThatLooksBeforeItAnnouncesIsFoundAsleepWithWork() {
        AssertionError found =
                assertThrows(AssertionError.class, () -> explore(Way.LOOKS_TOO_EARLY));
        assertTrue(found.getMessage().contains("the thread sleeps and there is work"),
                found::getMessage);
    }
}
