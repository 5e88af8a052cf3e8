// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.ourio.BackendKind;
import io.ourio.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Tagged messages to loops, which no channel takes. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.netty.Net#kernels")
class LoopMessagesTest {
    private enum Tag { PING, PONG }

    private final Net net;
    private final OurioEventLoop loop;

    LoopMessagesTest(BackendKind kind) {
        net = Net.on(kind, 2);
        loop = (OurioEventLoop) net.group.next();
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    /** The loop has not been started by anything before. */
    @Test
    void messageStartsTheLoopAndReachesTheReceiverOfItsTag() {
        Queue<OurioEvent> got = new ConcurrentLinkedQueue<>();
        Queue<Boolean> inLoop = new ConcurrentLinkedQueue<>();
        assertNull(loop.receive(Tag.PING, event -> {
            inLoop.add(loop.inEventLoop());
            got.add(event);
        }));
        loop.receive(0, event -> got.add(null)); // Of the same number, and another tag.
        Net.await(loop.send(Tag.PING, "ping"), "the message");
        assertEquals("ping", got.poll().payload());
        assertEquals(List.of(true), List.copyOf(inLoop));
    }

    @Test
    void messageWakesASuspendedLoop() {
        loop.receive(7, event -> { });
        Net.await(loop.send(7, null), "the first message");
        Net.until(() -> ((SingleThreadEventExecutor) loop).trySuspend() && loop.isSuspended(),
                () -> "the loop is not suspended");
        Net.await(loop.send(7, null), "a message to a suspended loop");
    }

    @Test
    void messageThatNobodyReceivesFailsAndIsReleased() {
        ByteBuf payload = Unpooled.buffer(4);
        Throwable cause = Net.failure(loop.send(Tag.PONG, payload), "the message");
        assertInstanceOf(IllegalStateException.class, cause);
        assertEquals("nobody receives tag " + Tag.class.getName()
                + ".PONG on this event loop", cause.getMessage());
        assertEquals(0, payload.refCnt());
        Consumer<OurioEvent> receiver = OurioEvent::release;
        loop.receive(300, receiver);
        Net.await(loop.send(300, null), "a message");
        assertSame(receiver, loop.receive(300, null));
        assertEquals("nobody receives tag 300 on this event loop",
                Net.failure(loop.send(300, null), "a message").getMessage());
    }

    @Test
    void receiverThatThrowsFailsTheMessageAlone() {
        IllegalArgumentException thrown = new IllegalArgumentException("on purpose");
        loop.receive(1, event -> {
            throw thrown;
        });
        loop.receive(2, event -> { });
        Future<Void> first = loop.send(1, null);
        Net.await(loop.send(2, null), "the message behind it");
        assertSame(thrown, Net.failure(first, "the message"));
    }

    @Test
    void wrongTagsAndLimitsAreNamed() {
        assertEquals("tag 65536 is outside 0..65535", assertThrows(
                IllegalArgumentException.class, () -> loop.send(65536, null)).getMessage());
        assertEquals("tag -1 is outside 0..65535", assertThrows(
                IllegalArgumentException.class, () -> loop.receive(-1, event -> { })).getMessage());
        assertThrows(NullPointerException.class, () -> loop.send(null, null));
        assertEquals("a mailbox limit is 0 or more messages, not -5", assertThrows(
                IllegalArgumentException.class, () -> loop.mailboxLimit(-5)).getMessage());
    }

    @Test
    void limitRefusesWhatIsTooMuch() {
        AtomicInteger got = new AtomicInteger();
        loop.receive(Tag.PING, event -> got.incrementAndGet());
        loop.mailboxLimit(2);
        List<Future<Void>> sent = Net.await(loop.submit(() -> List.of(
                loop.send(Tag.PING, null), loop.send(Tag.PING, null),
                loop.send(Tag.PING, null))), "three messages from the loop itself");
        assertInstanceOf(MailboxFullException.class, Net.failure(sent.get(2), "the third"));
        Net.await(sent.get(1), "the second");
        assertEquals(2, got.get());
    }

    @Test
    void loopsAnswerOneAnother() {
        OurioEventLoop other = (OurioEventLoop) net.group.next();
        AtomicInteger rounds = new AtomicInteger();
        other.receive(Tag.PING, event -> loop.send(Tag.PONG, event.payload()));
        loop.receive(Tag.PONG, event -> {
            if (rounds.incrementAndGet() < 10_000) {
                other.send(Tag.PING, event.payload());
            }
        });
        Net.await(other.send(Tag.PING, "ball"), "the first");
        Net.until(() -> rounds.get() == 10_000, rounds::toString);
    }

    @Test
    void ringIsTheLoopsAlone() {
        assertThrows(WrongThreadException.class, () -> loop.ring().noop(Context.NONE));
        AtomicInteger done = new AtomicInteger();
        Net.await(loop.submit(() -> loop.ring().timer(Duration.ofMillis(1),
                new Context(done, 0, (ring, task) -> done.incrementAndGet()))), "a task");
        Net.until(() -> done.get() == 1, done::toString);
    }

    @Test
    void loopThatEndsTellsEveryMessageOnceAndTakesNoFurther() throws Exception {
        AtomicInteger got = new AtomicInteger();
        loop.receive(Tag.PING, event -> {
            event.release();
            got.incrementAndGet();
        });
        List<Future<Void>> sent = new ArrayList<>();
        List<ByteBuf> payloads = new ArrayList<>();
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int behind = 0; behind < 10; behind += loop.isTerminated() ? 1 : 0) {
                ByteBuf payload = Unpooled.buffer(4);
                payloads.add(payload);
                sent.add(loop.send(Tag.PING, payload));
            }
        });
        Net.until(() -> got.get() > 1000, got::toString);
        net.close();
        assertTrue(sender.join(Duration.ofSeconds(20)), "the sender goes on");
        int succeeded = 0;
        for (Future<Void> one : sent) {
            Throwable cause = Net.outcome(one, "a message");
            succeeded += cause == null ? 1 : 0;
            assertTrue(cause == null || cause instanceof RejectedExecutionException,
                    () -> "failed with " + cause);
        }
        assertEquals(got.get(), succeeded);
        payloads.forEach(payload -> assertEquals(0, payload.refCnt()));
    }
}
