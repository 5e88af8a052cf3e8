// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingClosedException;
import io.ourio.RingThread;
import io.ourio.RunMode;
import io.ourio.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages between rings, and from threads without one: each arrives once, or is told to fail. */
@OnEveryBackend
class MsgRingConformanceTest extends Conformance {
    private static final byte[] HELLO = "hello".getBytes();

    /** Counts the messages of each sender, which must come in their order. */
    private static final class Counter implements Callback {
        private static final int SENDER = 40;

        private final long[] next;
        private final AtomicReference<String> wrong = new AtomicReference<>();
        private final CountDownLatch left;
        private final Context context = new Context(this, 0, this);

        Counter(int senders, long expected) {
            next = new long[senders];
            left = new CountDownLatch(Math.toIntExact(expected));
        }

        Task message(int sender, long sequence) {
            return Task.userMsg((long) sender << SENDER | sequence, context);
        }

        @Override
        public void onCompletion(Ring ring, Task task) {
            int sender = (int) (task.number() >>> SENDER);
            long sequence = task.number() & (1L << SENDER) - 1;
            if (next[sender] != sequence || task.result() != 0) {
                wrong.compareAndSet(null, "sender " + sender + ": " + sequence + " for "
                        + next[sender] + ", result " + task.result());
            }
            next[sender] = sequence + 1;
            left.countDown();
        }

        void assertAllCame() throws InterruptedException {
            assertTrue(left.await(PATIENCE.toSeconds() * 3, TimeUnit.SECONDS),
                    () -> left.getCount() + " messages are missing; " + wrong.get());
            assertNull(wrong.get());
        }
    }

    /** Sends its share to all others, in bursts, and counts what comes. */
    private static final class Peer {
        static final int BURST = 500;

        final int index;
        final RingThread thread;
        final Counter counter;
        private final AtomicInteger refused = new AtomicInteger();
        private final AtomicInteger confirmed = new AtomicInteger();
        private int sent;

        Peer(int index, RingThread thread, Counter counter) {
            this.index = index;
            this.thread = thread;
            this.counter = counter;
        }

        void start(List<Peer> peers, int share) {
            Context burst = new Context(this, 0, (ring, task) -> burst(ring, task, peers, share));
            thread.ring().post(Task.userPtr(null, burst));
        }

        private void burst(Ring ring, Task self, List<Peer> peers, int share) {
            Context result = new Context(this, 0, (_, task) ->
                    (task.result() == 0 ? confirmed : refused).incrementAndGet());
            int end = Math.min(share, sent + BURST);
            for (; sent < end; sent++) {
                for (Peer peer : peers) {
                    if (peer != this) {
                        ring.msgRing(
                                peer.thread.ring(), peer.counter.message(index, sent), result);
                    }
                }
            }
            if (sent < share) {
                ring.post(self);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 64, 0", "4, 64, 0", "2, 8, 8", "4, 8, 8"})
    void millionMessagesArriveOnceAndInOrder(int rings, int entries, int completions)
            throws InterruptedException {
        int share = 1_000_000 / (rings * (rings - 1));
        try (Ring parent = open(options(entries).withCompletions(completions))) {
            List<Peer> peers = new ArrayList<>();
            for (int i = 0; i < rings; i++) {
                peers.add(new Peer(i, parent.spawnThread(entries),
                        new Counter(rings, (long) share * (rings - 1))));
            }
            try {
                peers.forEach(peer -> peer.start(peers, share));
                for (Peer peer : peers) {
                    peer.counter.assertAllCame();
                }
            } finally {
                peers.forEach(peer -> peer.thread.close());
            }
            for (Peer peer : peers) {
                assertEquals(share * (rings - 1), peer.confirmed.get());
                assertEquals(0, peer.refused.get());
            }
        }
    }

    @Test
    void threadsWithoutARingSend() throws InterruptedException {
        int each = 100_000;
        int senders = 3;
        Counter counter = new Counter(senders, (long) senders * each);
        try (Ring parent = open(); RingThread target = parent.spawnThread(8)) {
            List<Thread> threads = new ArrayList<>();
            for (int sender = 0; sender < senders; sender++) {
                int number = sender;
                Thread.Builder builder = number == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
                threads.add(builder.start(() -> {
                    for (int i = 0; i < each; i++) {
                        target.ring().post(counter.message(number, i));
                        if (i % 64 == 0) {
                            Thread.yield(); // Lets the target fall asleep.
                        }
                    }
                }));
            }
            counter.assertAllCame();
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    @Test
    void targetThatIsBusyGetsThemLater() throws InterruptedException {
        int count = 10_000;
        Counter counter = new Counter(2, 2L * count);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (Ring ring = open(); RingThread target = ring.spawnThread(8)) {
            target.ring().post(Task.userPtr(null, new Context(null, 0, (_, _) -> {
                busy.countDown();
                awaitLatch(release);
            })));
            awaitLatch(busy);
            for (int i = 0; i < count; i++) {
                ring.msgRing(target.ring(), counter.message(0, i), Context.NONE);
                target.ring().post(counter.message(1, i));
            }
            finishAll(ring);
            assertEquals(2L * count, counter.left.getCount());
            release.countDown();
            counter.assertAllCame();
        }
    }

    /** More completions than fit, at the same time as messages. */
    @Test
    void fullCompletionQueueLosesNoMessage() throws InterruptedException {
        int count = 5_000;
        int noops = 20;
        CountDownLatch messages = new CountDownLatch(count);
        CountDownLatch completions = new CountDownLatch(count * noops);
        Context noop = new Context(null, 0, (_, _) -> completions.countDown());
        Context context = new Context(null, 0, (ring, _) -> {
            messages.countDown();
            for (int i = 0; i < noops; i++) {
                ring.noop(noop);
            }
        });
        try (Ring parent = open(options(8).withCompletions(8));
                RingThread target = parent.spawnThread(8)) {
            for (int i = 0; i < count; i++) {
                target.ring().post(Task.userMsg(i, context));
                if (i % 16 == 0) {
                    Thread.yield();
                }
            }
            awaitLatch(messages);
            awaitLatch(completions);
        }
    }

    @Test
    void eachKindCarriesWhatItIsFor() {
        Log log = new Log();
        Object object = new Object();
        List<Task> sent = List.of(
                Task.userFd(17, log.context(1)), Task.userMsg(-1L << 60, log.context(2)),
                Task.userPtr(object, log.context(3)), Task.userPtr(null, log.context(4)),
                Task.userBytes(HELLO, log.context(5)));
        try (Ring ring = open()) {
            sent.forEach(ring::post);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of(1, 2, 3, 4, 5), log.messages());
        assertEquals(List.of(0, 0, 0, 0, 0), log.results());
        assertEquals(List.of(Op.USER_FD, Op.USER_MSG, Op.USER_PTR, Op.USER_PTR, Op.USER_BYTES),
                log.entries().stream().map(Log.Entry::op).toList());
        assertEquals(17, sent.get(0).fd());
        assertEquals(-1L << 60, sent.get(1).number());
        assertSame(object, sent.get(2).object(Object.class));
        assertNull(sent.get(3).object(String.class));
        assertArrayEquals(HELLO, sent.get(4).bytes());
        assertThrows(IllegalStateException.class, () -> sent.get(0).number());
        assertThrows(IllegalStateException.class, () -> sent.get(1).bytes());
        assertThrows(IllegalStateException.class, () -> sent.get(4).object(byte[].class));
        assertThrows(ClassCastException.class, () -> sent.get(2).object(String.class));
        sent.forEach(task -> assertNull(task.ring()));
    }

    @Test
    void descriptorIsReadOnTheOtherThread() throws InterruptedException {
        World.Pair pair = world.pair();
        world.send(pair.peer(), HELLO);
        AtomicInteger received = new AtomicInteger(-1);
        CountDownLatch done = new CountDownLatch(1);
        Context context = new Context(null, 0, (ring, task) ->
                ring.recv(task.fd(), world.memory(10), 0, new Context(null, 0, (_, recv) -> {
                    received.set(recv.result());
                    done.countDown();
                })));
        Log log = new Log();
        try (Ring ring = open(); RingThread target = ring.spawnThread(8)) {
            ring.msgRing(target.ring(), Task.userFd(pair.ours(), context), log.context());
            ring.run(RunMode.UNTIL_DONE);
            awaitLatch(done);
        }
        assertEquals(HELLO.length, received.get());
        assertEquals(List.of(0), log.results());
        assertEquals(Op.MSG_RING, log.entries().getFirst().op());
    }

    @Test
    void messageToItselfArrives() {
        Log log = new Log();
        try (Ring ring = open()) {
            ring.msgRing(ring, Task.userMsg(1, log.context(1)), log.context(2));
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(List.of(2, 1), log.messages());
            Task again = Task.userMsg(2, log.context(3));
            for (int i = 0; i < 3; i++) {
                ring.post(again);
                ring.run(RunMode.UNTIL_DONE);
            }
            assertEquals(List.of(2, 1, 3, 3, 3), log.messages());
            assertEquals(List.of(0, 0, 0, 0, 0), log.results());
        }
    }

    @Test
    void messageThatCameMayCarrySomethingElse() {
        Log log = new Log();
        Object object = new Object();
        Task message = Task.userMsg(1, log.context());
        try (Ring ring = open()) {
            ring.post(message);
            assertThrows(IllegalStateException.class, () -> Task.userMsg(2, message));
            ring.run(RunMode.UNTIL_DONE);
            ring.post(Task.userPtr(object, message));
            ring.run(RunMode.UNTIL_DONE);
            assertSame(object, message.object(Object.class));
            ring.post(Task.userFd(17, message));
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(17, message.fd());
            ring.post(Task.userBytes(HELLO, message));
            ring.run(RunMode.UNTIL_DONE);
            assertSame(HELLO, message.bytes());
            assertEquals(-1, message.fd());
            assertThrows(IllegalArgumentException.class,
                    () -> Task.userMsg(1, ring.task(Context.NONE)));
        }
        assertEquals(List.of(Op.USER_MSG, Op.USER_PTR, Op.USER_FD, Op.USER_BYTES),
                log.entries().stream().map(Log.Entry::op).toList());
    }

    /** Whatever backends the two are on. */
    @Test
    void ringOfAnotherKindIsATargetToo() {
        Log log = new Log();
        try (Ring ring = open(); Ring other = SystemCalls.mock().open()) {
            ring.announceSleep();
            other.announceSleep();
            ring.msgRing(other, Task.userMsg(1, log.context(1)), Context.NONE);
            other.run(RunMode.UNTIL_DONE);
            other.msgRing(ring, Task.userMsg(2, log.context(2)), Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
        }
        assertEquals(List.of(1, 2), log.messages());
    }

    /** One object goes to and fro, and is somebody's at each moment. */
    @Test
    void messageMayBeSentOnByItsReceiver() throws InterruptedException {
        int hops = 20_000;
        CountDownLatch done = new CountDownLatch(1);
        AtomicInteger count = new AtomicInteger();
        try (Ring ring = open(); RingThread one = ring.spawnThread(8);
                RingThread two = ring.spawnThread(8)) {
            one.ring().post(Task.userMsg(7, new Context(null, 0, (here, task) -> {
                if (count.incrementAndGet() == hops) {
                    done.countDown();
                } else {
                    Ring other = here == one.ring() ? two.ring() : one.ring();
                    here.msgRing(other, task, Context.NONE);
                }
            })));
            awaitLatch(done);
            assertEquals(hops, count.get());
        }
    }

    @Test
    void ringThatRunsUntilDoneTakesTheMessagesThatAreThereAndWaitsForNone() {
        Log log = new Log();
        try (Ring ring = open()) {
            ring.run(RunMode.UNTIL_DONE);
            ring.post(Task.userMsg(1, log.context()));
            assertEquals(0, ring.active());
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(1, log.size());
            ring.post(Task.userMsg(1, log.context()));
            ring.run(RunMode.ONCE);
            assertEquals(2, log.size());
            ring.timer(Duration.ofMillis(5), log.context());
            ring.run(RunMode.ONCE);
            assertEquals(3, log.size(), "the bell of the message is no wakeup");
        }
    }

    @Test
    void exceptionInACallbackDoesNotLoseTheMessagesBehind() {
        Log log = new Log();
        RuntimeException failure = new RuntimeException("on purpose");
        Context failing = new Context(null, 0, (_, _) -> {
            throw failure;
        });
        try (Ring ring = open()) {
            ring.post(Task.userMsg(1, log.context()));
            ring.post(Task.userMsg(2, failing));
            ring.post(Task.userMsg(3, log.context()));
            ring.run(RunMode.UNTIL_DONE);
            assertEquals(2, log.size());
        }
        assertEquals(List.of(failure), failures);
        failures.clear();
    }

    @Test
    void whatIsNoMessageIsRefused() {
        try (Ring ring = open()) {
            Task task = ring.task(Context.NONE);
            assertThrows(IllegalArgumentException.class, () -> ring.post(task));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.msgRing(ring, task, Context.NONE));
            assertThrows(IllegalArgumentException.class, () -> ring.post(ring.noop(task)));
            Task message = Task.userMsg(1, Context.NONE);
            assertThrows(IllegalStateException.class, () -> ring.noop(message));
            assertThrows(IllegalStateException.class, () -> message.cancel(Context.NONE));
            assertThrows(IllegalStateException.class, () -> message.deadline(Instant.now()));
            ring.post(message);
            assertThrows(IllegalStateException.class, () -> ring.post(message));
            assertThrows(IllegalStateException.class,
                    () -> ring.msgRing(ring, message, Context.NONE));
            assertThrows(NullPointerException.class, () -> ring.msgRing(
                    null, Task.userMsg(1, Context.NONE), Context.NONE));
            assertEquals(1, ring.active(), "nothing of what was refused is left");
            assertThrows(IllegalArgumentException.class, () -> Task.userFd(-1, Context.NONE));
            assertThrows(NullPointerException.class, () -> Task.userBytes(null, Context.NONE));
            assertThrows(NullPointerException.class, () -> Task.userMsg(1, (Context) null));
            assertThrows(IllegalArgumentException.class, () -> ring.openChild(100));
            ring.run(RunMode.UNTIL_DONE);
            assertTrue(message.isFree());
        }
    }

    @Test
    void oneMessageIsNotSentTwiceAtOnceByTwoThreads() throws InterruptedException {
        int rounds = 20_000;
        AtomicInteger came = new AtomicInteger();
        AtomicInteger sent = new AtomicInteger();
        Task message = Task.userMsg(1, new Context(null, 0, (_, _) -> came.incrementAndGet()));
        AtomicBoolean wrong = new AtomicBoolean();
        try (Ring ring = open(); RingThread target = ring.spawnThread(8)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int round = 0; round < rounds; round++) {
                        try {
                            target.ring().post(message);
                            sent.incrementAndGet();
                        } catch (IllegalStateException e) {
                            wrong.compareAndSet(false, e instanceof RingClosedException);
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            await(() -> came.get() == sent.get(), () -> came + " came of " + sent);
        }
        assertFalse(wrong.get());
        assertTrue(sent.get() > 0);
    }
}
