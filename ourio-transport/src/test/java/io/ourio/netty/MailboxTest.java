// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of all steps between senders, a home that changes, and its end is the test's. */
class MailboxTest {
    private final Loop first = new Loop();
    private final Loop second = new Loop();
    private final Box box = new Box();

    /** A loop of which the test says when it runs its tasks, and whether it takes any. */
    private static final class Loop extends AbstractEventExecutor {
        final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        Runnable beforeRefusal = () -> { };
        boolean running;
        boolean full;
        boolean ended;

        @Override
        public void execute(Runnable task) {
            if (full || ended) {
                beforeRefusal.run();
                throw new RejectedExecutionException(full ? "full" : "ended");
            }
            tasks.add(task);
        }

        int run() {
            int count = 0;
            running = true;
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
                count++;
            }
            running = false;
            return count;
        }

        @Override
        public boolean inEventLoop(Thread thread) {
            return running;
        }

        @Override
        public boolean isShutdown() {
            return ended;
        }

        @Override
        public boolean isShuttingDown() {
            return ended;
        }

        @Override
        public boolean isTerminated() {
            return ended;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return ended;
        }

        @Override
        public Future<?> terminationFuture() {
            return newSucceededFuture(null);
        }

        @Override
        public Future<?> shutdownGracefully(long quiet, long timeout, TimeUnit unit) {
            return terminationFuture();
        }

        @Override
        @Deprecated
        public void shutdown() {
            ended = true;
        }
    }

    private static final class Box extends Mailbox {
        final List<Integer> told = new ArrayList<>();
        final IllegalStateException closed = new IllegalStateException("closed");
        Runnable during = () -> { };
        int limit;

        @Override
        int limit() {
            return limit;
        }

        @Override
        Throwable tell(OurioEvent event) {
            told.add(event.tag());
            during.run();
            return null;
        }

        @Override
        Throwable closedCause() {
            return closed;
        }
    }

    private Future<Void> send(int tag) {
        return box.send(OurioEvent.message(tag, null));
    }

    @Test
    void manyMessagesCostOneTask() {
        box.moveTo(first);
        send(1);
        send(2);
        Future<Void> last = send(3);
        assertFalse(last.isDone());
        assertEquals(1, first.run());
        assertTrue(last.isSuccess());
        send(4);
        assertEquals(1, first.run());
        assertEquals(List.of(1, 2, 3, 4), box.told);
        assertEquals(0, first.run());
    }

    @Test
    void messageFromItsDeliveryComesWithAnotherTask() {
        box.moveTo(first);
        box.during = () -> {
            if (box.told.size() < 3) {
                send(box.told.size() + 1);
            }
        };
        send(1);
        assertEquals(3, first.run());
        assertEquals(List.of(1, 2, 3), box.told);
    }

    @Test
    void messagesWaitForAHome() {
        Future<Void> sent = send(1);
        send(2);
        assertFalse(sent.isDone());
        box.moveTo(first);
        first.run();
        assertEquals(List.of(1, 2), box.told);
    }

    @Test
    void taskOfALoopThatWasLeftHandsOver() {
        box.moveTo(first);
        send(1);
        box.moveTo(null);
        first.run();
        assertEquals(List.of(), box.told);
        send(2);
        box.moveTo(second);
        second.run();
        assertEquals(List.of(1, 2), box.told);
        send(3);
        box.moveTo(first); // The task is with the second still.
        assertEquals(1, second.run());
        assertEquals(1, first.run());
        assertEquals(List.of(1, 2, 3), box.told);
    }

    @Test
    void moveInTheMidstKeepsTheOrder() {
        box.moveTo(first);
        box.during = () -> box.moveTo(null);
        send(1);
        send(2);
        send(3);
        first.run();
        assertEquals(List.of(1), box.told);
        box.during = () -> { };
        send(4);
        box.moveTo(second);
        second.run();
        assertEquals(List.of(1, 2, 3, 4), box.told);
    }

    @Test
    void closeInTheMidstFailsTheRest() {
        box.moveTo(first);
        box.during = box::close;
        Future<Void> one = send(1);
        List<Future<Void>> rest = List.of(send(2), send(3));
        first.run();
        assertTrue(one.isSuccess());
        rest.forEach(sent -> assertSame(box.closed, sent.cause()));
        assertSame(box.closed, send(4).cause());
        box.close();
        box.moveTo(second);
        second.run();
        assertEquals(List.of(1), box.told);
    }

    @Test
    void fullQueueOfTasksFailsWhatWaitsAndNoMore() {
        box.moveTo(first);
        first.full = true;
        Throwable refused = send(1).cause();
        assertEquals("full", assertInstanceOf(
                RejectedExecutionException.class, refused).getMessage());
        first.full = false;
        Future<Void> sent = send(2);
        first.run();
        assertTrue(sent.isSuccess());
        assertEquals(List.of(2), box.told);
    }

    @Test
    void otherTasksOfTheLoopComeBetweenVeryMany() {
        box.moveTo(first);
        for (int i = 0; i < 3000; i++) {
            send(i);
        }
        List<Integer> seen = new ArrayList<>();
        first.execute(() -> seen.add(box.told.size()));
        first.run();
        assertEquals(List.of(1024), seen);
        assertEquals(IntStream.range(0, 3000).boxed().toList(), box.told);
    }

    @Test
    void fullQueueAmongVeryManyFailsTheRest() {
        box.moveTo(first);
        List<Future<Void>> sent = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            sent.add(send(i));
        }
        box.during = () -> {
            if (box.told.size() == 1000) {
                sent.add(send(2000));
            }
        };
        first.full = true;
        first.run();
        assertEquals(1024, sent.stream().filter(Future::isSuccess).count());
        assertEquals(2001 - 1024, sent.stream().filter(
                one -> one.cause() instanceof RejectedExecutionException).count());
        first.full = false;
        send(2001);
        first.run();
        assertEquals(2001, box.told.getLast());
        assertEquals(1025, box.told.size());
    }

    /**
     * A delivery leaves a rest to the next one, for which somebody else is about to queue the task;
     * which the loop then refuses.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void senderWhomTheLoopRefusesFailsWhatTheLoopHasLeft(boolean ended) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        first.beforeRefusal = () -> {
            asked.countDown();
            awaitLatch(left);
        };
        List<Future<Void>> sent = new ArrayList<>();
        box.limit = 2000;
        box.moveTo(first);
        for (int i = 0; i < 1500; i++) {
            sent.add(send(i));
        }
        Thread sender = Thread.ofPlatform().unstarted(() -> sent.add(send(1500)));
        box.during = () -> {
            if (box.told.size() == 10) {
                first.full = !ended;
                first.ended = ended;
                sender.start();
                awaitLatch(asked);
            }
        };
        first.run();
        left.countDown();
        sender.join();
        assertEquals(1501, sent.size());
        assertEquals(0, sent.stream().filter(one -> !one.isDone()).count(), "forgotten");
        assertEquals(1024, sent.stream().filter(Future::isSuccess).count());
        assertEquals(ended, sent.getLast().cause() == box.closed);
        first.full = false;
        first.ended = false;
        box.limit = 1;
        assertEquals(ended, send(1501).cause() == box.closed); // All places are given back.
        first.run();
        assertEquals(ended ? 1024 : 1025, box.told.size());
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether its own thread asks, or that of the loop it has left. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loopThatRefusesAMailboxOnItsWayFailsWhatThatHasTaken(boolean called) {
        List<Future<Void>> sent = new ArrayList<>();
        box.moveTo(first);
        box.during = () -> box.moveTo(null);
        for (int i = 0; i < 3; i++) {
            sent.add(send(i));
        }
        first.run();
        if (called) {
            box.moveTo(first); // Has the task queued, and is gone when it runs.
        }
        second.full = true;
        box.moveTo(second);
        first.run();
        assertTrue(sent.removeFirst().isSuccess());
        sent.forEach(one -> assertInstanceOf(RejectedExecutionException.class, one.cause()));
        second.full = false;
        box.during = () -> { };
        send(3);
        second.run();
        assertEquals(List.of(0, 3), box.told);
    }

    @Test
    void endOfTheLoopClosesIt() {
        Future<Void> early = send(1);
        first.ended = true;
        box.moveTo(first);
        assertSame(box.closed, early.cause());
        assertSame(box.closed, send(2).cause());
    }

    @Test
    void limitCountsWhatIsNotDelivered() {
        box.limit = 2;
        box.moveTo(first);
        Future<Void> taken = send(1);
        assertTrue(send(2).cancel(false)); // It takes its place until its turn.
        assertInstanceOf(MailboxFullException.class, send(3).cause());
        first.run();
        assertTrue(taken.isSuccess());
        send(4);
        send(5);
        assertInstanceOf(MailboxFullException.class, send(6).cause());
        first.run();
        assertEquals(List.of(1, 4, 5), box.told);
    }

    @Test
    void limitCountsWhatIsSentWhileItIsThere() {
        send(1);
        box.limit = 1;
        send(2);
        assertInstanceOf(MailboxFullException.class, send(3).cause());
        box.moveTo(first);
        first.run(); // Neither is the first one's place given back, nor the second one's kept.
        send(4);
        assertInstanceOf(MailboxFullException.class, send(5).cause());
        box.limit = 0;
        send(6);
        first.run();
        box.limit = 1;
        send(7);
        assertInstanceOf(MailboxFullException.class, send(8).cause());
        box.moveTo(null);
        first.run();
        first.full = true;
        box.moveTo(first); // Fails what waits, and so gives back its place.
        first.full = false;
        send(9);
        assertInstanceOf(MailboxFullException.class, send(10).cause());
        first.run();
        assertEquals(List.of(1, 2, 4, 6, 9), box.told);
    }
}
