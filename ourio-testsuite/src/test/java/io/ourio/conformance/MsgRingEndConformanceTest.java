// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingClosedException;
import io.ourio.RingThread;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages to rings that end: the sender hears of it, or the message's own callback does. */
@OnEveryBackend
class MsgRingEndConformanceTest extends Conformance {
    private static final byte[] HELLO = "hello".getBytes();

    @Test
    void closedTargetIsToldToTheSender() {
        Log log = new Log();
        Log never = new Log();
        Task message = Task.userMsg(1, never.context());
        try (Ring ring = open()) {
            Ring closed = ring.openChild(8);
            closed.close();
            ring.msgRing(closed, message, log.context());
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of(-Errno.EOWNERDEAD), log.results());
            assertTrue(message.isFree());
            assertThrows(RingClosedException.class, () -> closed.post(message));
            assertTrue(message.isFree());
            ring.post(message);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of(0), never.results());
    }

    @Test
    void threadThatEndedIsToldToTheSenderAndWhatWaitedToTheCloser() throws InterruptedException {
        Log waiting = new Log();
        Log log = new Log();
        try (Ring ring = open()) {
            Ring orphan = ring.openChild(8);
            Thread owner = Thread.ofPlatform().start(() -> {
                orphan.poll(0);
                orphan.post(Task.userMsg(1, waiting.context()));
            });
            owner.join();
            ring.msgRing(orphan, Task.userMsg(2, waiting.context()), log.context());
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of(-Errno.EOWNERDEAD), log.results());
            assertThrows(RingClosedException.class,
                    () -> orphan.post(Task.userMsg(3, waiting.context())));
            assertEquals(0, waiting.size());
            orphan.close();
            assertEquals(List.of(-Errno.ECANCELED), waiting.results());
        }
    }

    @Test
    void messagesOfARingThatNobodyUsedAreToldWhenItIsClosed() {
        Log log = new Log();
        try (Ring ring = open()) {
            Ring unused = ring.openChild(8);
            Task message = Task.userMsg(1, log.context());
            unused.post(message);
            unused.post(Task.userMsg(2, log.context()));
            unused.close();
            unused.close();
            assertEquals(List.of(-Errno.ECANCELED, -Errno.ECANCELED), log.results());
            assertTrue(message.isFree());
        }
    }

    @Test
    void messagesInTheQueueOfATargetThatClosesAreToldOnItsThread() throws InterruptedException {
        Thread[] toldBy = new Thread[1];
        Log log = new Log();
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (Ring ring = open(); RingThread target = ring.spawnThread(8)) {
            target.ring().post(Task.userPtr(null, new Context(null, 0, (self, _) -> {
                toldBy[0] = Thread.currentThread();
                busy.countDown();
                awaitLatch(release);
                self.close();
            })));
            awaitLatch(busy);
            List<Thread> threads = new ArrayList<>();
            Context context = new Context(null, 0, (self, task) -> {
                threads.add(Thread.currentThread());
                log.onCompletion(self, task);
            });
            for (int i = 0; i < 100; i++) {
                target.ring().post(Task.userMsg(i, context));
            }
            release.countDown();
            assertTrue(target.join(PATIENCE));
            assertEquals(100, log.size());
            assertTrue(log.results().stream().allMatch(result -> result == -Errno.ECANCELED));
            assertTrue(threads.stream().allMatch(thread -> thread == toldBy[0]));
        }
    }

    /** All of them are taken together. */
    @Test
    void messagesBehindAKillAreCanceledAndThoseBeforeAreNot() {
        Log log = new Log();
        int fd = Libc.current().eventfd(0, Linux.EFD_CLOEXEC);
        Ring ring = open();
        Task descriptor = Task.userFd(fd, log.context());
        ring.post(Task.userMsg(1, log.context()));
        ring.post(Task.userPtr(null, new Context(null, 0, (self, _) -> self.close())));
        ring.post(Task.userMsg(2, log.context()));
        ring.post(descriptor);
        ring.run(RunMode.FOREVER);
        assertEquals(List.of(0, -Errno.ECANCELED, -Errno.ECANCELED), log.results());
        assertEquals(-1, descriptor.fd());
        assertFalse(World.isOpen(fd));
        try (Ring other = open()) {
            assertThrows(IllegalStateException.class, () -> other.post(descriptor));
            other.post(Task.userMsg(3, descriptor));
            other.run(RunMode.UNTIL_DONE);
        }
        assertEquals(0, log.results().getLast());
    }

    @Test
    void ringRefusesMessagesAsSoonAsItsCloseIsCalled() {
        List<Integer> results = new ArrayList<>();
        Ring ring = open();
        Task message = Task.userMsg(1, Context.NONE);
        ring.post(Task.userPtr(null, new Context(null, 0, (self, _) -> {
            self.close();
            assertThrows(RingClosedException.class, () -> self.post(message));
            results.add(1);
        })));
        ring.run(RunMode.FOREVER);
        assertEquals(List.of(1), results);
        assertTrue(message.isFree());
    }

    /** How the target of a race ends. */
    private enum End {
        /** A message says so. */
        KILL,
        /** A callback closes the ring. */
        IN_A_CALLBACK,
        /** Its thread closes the ring between two turns. */
        BETWEEN_TURNS
    }

    /**
     * Two senders, one of them a ring, and a target that ends meanwhile. Every second message has a
     * descriptor. Of each sender's messages the first so many arrive, one by one, and all others
     * are refused.
     */
    private static final class Race {
        static final int MESSAGES = 250;

        final End end;
        final int endAt;
        final AtomicIntegerArray arrived = new AtomicIntegerArray(2);
        final AtomicIntegerArray refused = new AtomicIntegerArray(2);
        int delivered;
        int canceled;

        Race(End end, int endAt) {
            this.end = end;
            this.endAt = endAt;
        }

        void run(Ring ring) throws InterruptedException {
            RingThread spawned = end == End.BETWEEN_TURNS ? null : ring.spawnThread(8);
            Ring target = spawned != null ? spawned.ring() : ring.openChild(8);
            Thread owner = spawned != null ? null : Thread.ofPlatform().start(() -> own(target));
            Thread other = Thread.ofPlatform().start(() -> sendWithoutARing(target));
            for (int i = 0; i < MESSAGES; i++) {
                if (end == End.KILL && i == endAt) {
                    spawned.kill();
                }
                Task message = message(0, i);
                ring.msgRing(target, message, new Context(message, 0, this::sent));
                if (i % 16 == 0) {
                    ring.poll(0);
                }
            }
            finishAll(ring);
            other.join();
            if (spawned != null) {
                spawned.join();
            } else {
                owner.join();
            }
            for (int sender = 0; sender < 2; sender++) {
                assertEquals(MESSAGES, arrived.get(sender) + refused.get(sender), this::toString);
            }
        }

        private void own(Ring target) {
            while (arrived.get(0) + arrived.get(1) < endAt) {
                target.poll(-1);
            }
            target.close();
        }

        private void sendWithoutARing(Ring target) {
            for (int i = 0; i < MESSAGES; i++) {
                Task message = message(1, i);
                try {
                    target.post(message);
                } catch (RingClosedException e) {
                    refused(1, message);
                }
            }
        }

        private Task message(int sender, int index) {
            Context context = new Context(null, index, (self, task) -> arrived(self, sender, task));
            return index % 2 == 0
                    ? Task.userFd(Libc.current().eventfd(0, Linux.EFD_CLOEXEC), context)
                    : Task.userMsg(index, context);
        }

        private void sent(Ring ring, Task task) {
            if (task.result() < 0) {
                assertResult(-Errno.EOWNERDEAD, task.result());
                refused(0, task.target(Task.class));
            }
        }

        private void refused(int sender, Task message) {
            refused.incrementAndGet(sender);
            assertTrue(message.isFree());
            if (message.op() == Op.USER_FD) {
                Libc.current().close(message.fd());
            }
        }

        private void arrived(Ring self, int sender, Task task) {
            assertEquals(arrived.getAndIncrement(sender), task.msg());
            if (task.result() == 0) {
                delivered++;
                assertEquals(0, canceled, "delivered behind one that was canceled");
                if (task.op() == Op.USER_FD) {
                    assertEquals(0, Libc.current().close(task.fd()));
                }
            } else {
                canceled++;
                assertResult(-Errno.ECANCELED, task.result());
                assertEquals(-1, task.fd());
            }
            if (end == End.IN_A_CALLBACK && delivered == endAt) {
                self.close();
            }
        }

        @Override
        public String toString() {
            return "arrived " + arrived + ", refused " + refused;
        }
    }

    /** Whoever wins, each message arrives once or fails once, and no descriptor is left. */
    @ParameterizedTest
    @EnumSource
    void endDuringTrafficDeliversOrFailsEachMessageOnce(End end) throws InterruptedException {
        Random random = new Random(end.ordinal());
        int delivered = 0;
        int canceled = 0;
        int refused = 0;
        try (Ring ring = open()) {
            new Race(end, 1).run(ring);
            Map<Integer, String> files = World.openFiles();
            for (int i = 0; i < 100; i++) {
                Race race = new Race(end, 1 + random.nextInt(Race.MESSAGES - 1));
                race.run(ring);
                delivered += race.delivered;
                canceled += race.canceled;
                refused += race.refused.get(0) + race.refused.get(1);
            }
            assertEquals(files, World.openFiles());
        }
        String all = delivered + " delivered, " + canceled + " canceled, " + refused + " refused";
        assertEquals(100 * 2 * Race.MESSAGES, delivered + canceled + refused, all);
        assertTrue(delivered > 0 && refused > 0, all);
    }

    @Test
    void spawnedThreadsLeaveNothingBehind() throws InterruptedException {
        try (Ring ring = open()) {
            spawnAndEnd(ring, 1);
            int files = World.openFiles().size();
            long mappings = World.ringMappings();
            for (int i = 0; i < 200; i++) {
                spawnAndEnd(ring, i);
            }
            assertEquals(files, World.openFiles().size(), World.openFiles()::toString);
            assertEquals(mappings, World.ringMappings());
        }
    }

    private static void spawnAndEnd(Ring ring, int round) throws InterruptedException {
        Log log = new Log();
        RingThread thread = ring.spawnThread(8);
        if (round % 3 != 0) {
            ring.msgRing(thread.ring(), Task.userMsg(round, Context.NONE), log.context());
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of(0), log.results());
        }
        thread.kill();
        thread.kill();
        thread.join();
        assertFalse(thread.isAlive());
        assertTrue(thread.ring().isClosed());
        thread.kill();
        thread.close();
    }

    @Test
    void killCancelsWhatTheThreadWaitsFor() throws InterruptedException {
        AtomicInteger result = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        World.Pair pair = world.pair();
        try (Ring ring = open()) {
            RingThread thread = ring.spawnThread(8);
            thread.ring().post(Task.userFd(pair.ours(), new Context(null, 0, (self, task) -> {
                self.recv(task.fd(), world.memory(8), 0,
                        new Context(null, 0, (_, recv) -> result.set(recv.result())));
                started.countDown();
            })));
            awaitLatch(started);
            thread.kill();
            assertTrue(thread.join(PATIENCE), thread::toString);
            assertResult(-Errno.ECANCELED, result.get());
        }
    }

    @Test
    void threadCannotWaitForItself() throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        List<Class<?>> thrown = new ArrayList<>();
        try (Ring ring = open(); RingThread thread = ring.spawnThread(8)) {
            thread.ring().post(Task.userPtr(null, new Context(null, 0, (_, _) -> {
                for (Joining way : List.<Joining>of(thread::join, thread::close,
                        () -> thread.join(Duration.ofSeconds(1)))) {
                    try {
                        way.join();
                    } catch (Exception e) {
                        thrown.add(e.getClass());
                    }
                }
                told.countDown();
            })));
            awaitLatch(told);
        }
        assertEquals(List.of(IllegalStateException.class, IllegalStateException.class,
                IllegalStateException.class), thrown);
    }

    private interface Joining {
        void join() throws Exception;
    }

    @Test
    void childOutlivesItsParent() {
        Log log = new Log();
        Ring parent = open();
        try (Ring child = parent.openChild(8)) {
            parent.close();
            child.noop(log.context());
            child.write(world.file(HELLO), world.memory(HELLO), 0, log.context());
            child.run(RunMode.UNTIL_DONE);
            assertEquals(List.of(0, HELLO.length), log.results());
            assertEquals(8, child.options().entries());
        }
        assertThrows(RingClosedException.class, () -> parent.openChild(8));
    }
}
