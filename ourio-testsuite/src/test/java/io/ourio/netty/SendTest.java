// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.Future;
import io.ourio.BackendKind;
import io.ourio.Op;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Tagged messages to channels, from any thread. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.netty.Net#kernels")
class SendTest {
    private enum Tag { PRICE, VOLUME }

    private enum Other { PRICE }

    private static final int SENDERS = 8;

    private final Net net;
    private volatile boolean moving;

    SendTest(BackendKind kind) {
        net = Net.on(kind, 2);
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    /** Keeps what it is told, and in which thread that was not the loop's. */
    private static final class Told extends ChannelInboundHandlerAdapter {
        final Queue<OurioEvent> events = new ConcurrentLinkedQueue<>();
        final AtomicInteger strangers = new AtomicInteger();

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!ctx.channel().eventLoop().inEventLoop()) {
                strangers.incrementAndGet();
            }
            events.add((OurioEvent) event);
        }
    }

    private OurioChannel channel(ChannelHandler handler) {
        return (OurioChannel) Net.bind(net.server(Events::new).handler(handler));
    }

    @Test
    void messageArrivesWithItsTagAndPayload() {
        Told told = new Told();
        OurioChannel channel = channel(told);
        Net.await(channel.send(Tag.VOLUME, "much"), "the first message");
        Net.await(channel.send(65535, null), "the second message");
        OurioEvent first = told.events.poll();
        assertTrue(first.is(Tag.VOLUME) && first.has(Tag.class), first::toString);
        assertFalse(first.is(Tag.PRICE) || first.has(Other.class), first::toString);
        assertEquals(Tag.VOLUME, first.tag(Tag.class));
        assertEquals(1, first.tag());
        assertEquals("much", first.payload(String.class));
        assertEquals(0, first.result());
        assertEquals(Op.USER_PTR, first.op());
        assertNull(first.error());
        assertNull(first.cause());
        assertFalse(first.hasMore());
        OurioEvent second = told.events.poll();
        assertEquals(65535, second.tag());
        assertNull(second.payload());
        assertFalse(second.is(null), second::toString);
        assertEquals(0, told.strangers.get(), "events told by a foreign thread");
    }

    @Test
    void wrongTagsAreNamedWithTheirRule() {
        OurioChannel channel = channel(new Told());
        for (int tag : new int[] {-1, 65536, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            String expected = "tag " + tag + " is outside 0..65535";
            assertEquals(expected, assertThrows(IllegalArgumentException.class,
                    () -> channel.send(tag, null)).getMessage());
            assertEquals(expected, assertThrows(IllegalArgumentException.class,
                    () -> channel.context(tag)).getMessage());
        }
        assertThrows(NullPointerException.class, () -> channel.send(null, "payload"));
        ByteBuf payload = Unpooled.buffer(8);
        assertThrows(IllegalArgumentException.class, () -> channel.send(-1, payload));
        assertEquals(1, payload.refCnt(), "references after a call that has thrown");
        payload.release();
    }

    @Test
    void tagsOfAnotherEnumAreNoneOfThis() {
        OurioEvent other = OurioEvent.message(Other.PRICE, null);
        assertEquals(Tag.PRICE.ordinal(), other.tag());
        assertFalse(other.is(Tag.PRICE));
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class, () -> other.tag(Tag.class));
        assertEquals("tag " + Other.class.getName() + ".PRICE is no constant of "
                + Tag.class.getName(), refusal.getMessage());
        assertThrows(IllegalArgumentException.class,
                () -> OurioEvent.message(0, null).tag(Tag.class));
    }

    @Test
    void eachSendersMessagesArriveInTheirOrder() throws Exception {
        int each = 20_000;
        int[] next = new int[SENDERS];
        AtomicInteger wrong = new AtomicInteger();
        OurioChannel channel = channel(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object message) {
                OurioEvent event = (OurioEvent) message;
                if (next[event.tag()]++ != event.payload(Integer.class)) {
                    wrong.incrementAndGet();
                }
            }
        });
        List<Future<Void>> last = inThreads(sender -> {
            Future<Void> sent = null;
            for (int i = 0; i < each; i++) {
                sent = channel.send(sender, i);
            }
            return sent;
        });
        for (Future<Void> sent : last) {
            Net.await(sent, "the last message of a sender");
        }
        assertEquals(0, wrong.get(), "messages out of their order");
        for (int count : next) {
            assertEquals(each, count);
        }
    }

    private interface Sender {
        Future<Void> send(int sender);
    }

    private static List<Future<Void>> inThreads(Sender sender) throws InterruptedException {
        List<Future<Void>> results = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(SENDERS);
        for (int i = 0; i < SENDERS; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                start.countDown();
                Future<Void> result = sender.send(number);
                synchronized (results) {
                    results.add(result);
                }
            }));
        }
        for (Thread thread : threads) {
            assertTrue(thread.join(Net.PATIENCE), "a sender does not end");
        }
        return results;
    }

    @Test
    void closeTellsEachMessageOnceAndReleasesWhatNobodyGot() throws Exception {
        for (int round = 0; round < 20; round++) {
            int each = 500;
            AtomicInteger got = new AtomicInteger();
            OurioChannel channel = channel(new ChannelInboundHandlerAdapter() {
                @Override
                public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                    ((OurioEvent) event).release();
                    if (got.incrementAndGet() == each) {
                        ctx.close();
                    }
                }
            });
            Queue<ByteBuf> payloads = new ConcurrentLinkedQueue<>();
            Queue<Future<Void>> sent = new ConcurrentLinkedQueue<>();
            AtomicInteger tellings = new AtomicInteger();
            inThreads(sender -> {
                for (int i = 0; i < each; i++) {
                    ByteBuf payload = Unpooled.buffer(4);
                    payloads.add(payload);
                    Future<Void> one = channel.send(Tag.PRICE, payload);
                    one.addListener(done -> tellings.incrementAndGet());
                    sent.add(one);
                }
                return null;
            });
            Net.await(channel.closeFuture(), "the close");
            int succeeded = 0;
            for (Future<Void> one : sent) {
                Throwable cause = Net.outcome(one, "a message");
                succeeded += cause == null ? 1 : 0;
                assertTrue(cause == null || cause instanceof ClosedChannelException,
                        () -> "failed with " + cause);
            }
            assertEquals(SENDERS * each, tellings.get());
            assertEquals(got.get(), succeeded);
            payloads.forEach(payload -> assertEquals(0, payload.refCnt()));
        }
    }

    @Test
    void closedChannelRefusesAtOnce() {
        OurioChannel channel = channel(new Told());
        Net.await(channel.close(), "the close");
        ByteBuf payload = Unpooled.buffer(4);
        Future<Void> sent = channel.send(Tag.PRICE, payload);
        assertTrue(sent.isDone());
        assertInstanceOf(ClosedChannelException.class, sent.cause());
        assertEquals(0, payload.refCnt());
    }

    @Test
    void eventThatNobodyTakesIsReleasedAtTheEndOfThePipeline() {
        OurioChannel channel = channel(new ChannelInboundHandlerAdapter());
        ByteBuf payload = Unpooled.buffer(4);
        Net.await(channel.send(Tag.PRICE, payload), "the message");
        assertEquals(0, payload.refCnt());
        Net.await(channel.send(Tag.PRICE, "not counted"), "the message");
    }

    @Test
    void eventIsCountedAsItsPayloadIs() {
        ByteBuf payload = Unpooled.buffer(4);
        OurioEvent event = OurioEvent.message(1, payload);
        assertEquals(3, event.retain().retain(1).touch().touch("here").refCnt());
        assertEquals(3, payload.refCnt());
        assertFalse(event.release(2));
        assertTrue(event.release());
        OurioEvent uncounted = OurioEvent.message(1, "text");
        assertFalse(uncounted.retain().release());
        assertFalse(uncounted.release(1));
        assertEquals(1, uncounted.refCnt());
    }

    @Test
    void fullMailboxRefusesClearlyAndTakesAgainLater() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Told told = new Told();
        OurioChannel channel = channel(told);
        channel.config().setOption(OurioChannelOption.MAILBOX_LIMIT, 3);
        channel.eventLoop().execute(() -> {
            blocked.countDown();
            try {
                goOn.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        assertTrue(blocked.await(Net.PATIENCE.toSeconds(), TimeUnit.SECONDS));
        List<Future<Void>> taken = List.of(
                channel.send(1, null), channel.send(2, null), channel.send(3, null));
        ByteBuf payload = Unpooled.buffer(4);
        Future<Void> refused = channel.send(4, payload);
        assertTrue(refused.isDone());
        assertInstanceOf(MailboxFullException.class, refused.cause());
        assertEquals("3 messages wait to be delivered, and no more than that may",
                refused.cause().getMessage());
        assertEquals(0, payload.refCnt());
        goOn.countDown();
        taken.forEach(sent -> Net.await(sent, "a message"));
        Net.await(channel.send(5, null), "a message with room again");
        assertEquals(List.of(1, 2, 3, 5), told.events.stream().map(OurioEvent::tag).toList());
    }

    @Test
    void mailboxLimitIsAnOptionOfEveryChannel() {
        OurioChannel channel = channel(new Told());
        ChannelOption<Integer> option = OurioChannelOption.MAILBOX_LIMIT;
        assertEquals(0, channel.config().getOption(option));
        assertTrue(channel.config().getOptions().containsKey(option));
        assertTrue(channel.config().setOption(option, 7));
        assertEquals(7, channel.config().getOption(option));
        assertEquals("a mailbox limit is 0 or more messages, not -1",
                assertThrows(IllegalArgumentException.class,
                        () -> channel.config().setOption(option, -1)).getMessage());
    }

    @Test
    void canceledMessageIsNotDelivered() throws Exception {
        Told told = new Told();
        OurioChannel channel = channel(told);
        ByteBuf payload = Unpooled.buffer(4);
        Net.await(channel.eventLoop().submit(() -> {
            Future<Void> sent = channel.send(1, payload);
            assertTrue(sent.cancel(false));
        }), "a task");
        Net.await(channel.send(2, null), "a message behind it");
        assertEquals(2, told.events.poll().tag());
        assertEquals(0, payload.refCnt());
    }

    @Test
    void loopThatWaitsForItsOwnMessageIsTold() {
        OurioChannel channel = channel(new Told());
        Net.await(channel.eventLoop().submit(() -> {
            Future<Void> sent = channel.send(1, null);
            assertThrows(BlockingOperationException.class, sent::await);
        }), "a task");
    }

    @Test
    void messagesWaitBetweenTwoLoopsAndKeepTheirOrder() {
        Told told = new Told();
        OurioChannel channel = channel(told);
        EventLoop before = channel.eventLoop();
        Net.await(channel.deregister(), "the deregistration");
        List<Future<Void>> sent = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            sent.add(channel.send(i, null));
        }
        Net.await(before.submit(() -> { }), "a task of the loop that was left");
        assertEquals(0, told.events.size(), "a channel without a loop was told");
        Net.await(another(before).register(channel), "the registration");
        sent.add(channel.send(10, null));
        sent.forEach(one -> Net.await(one, "a message"));
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
                told.events.stream().map(OurioEvent::tag).toList());
        assertEquals(0, told.strangers.get(), "events told by a foreign thread");
    }

    private EventLoop another(EventLoop before) {
        EventLoop next = net.group.next();
        while (next == before) {
            next = net.group.next();
        }
        return next;
    }

    @Test
    void orderHoldsWhileTheChannelMoves() throws Exception {
        int each = 5_000;
        int[] next = new int[SENDERS];
        AtomicInteger wrong = new AtomicInteger();
        OurioChannel channel = channel(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object message) {
                OurioEvent event = (OurioEvent) message;
                if (next[event.tag()]++ != event.payload(Integer.class)) {
                    wrong.incrementAndGet();
                }
                if (ThreadLocalRandom.current().nextInt(500) == 0) {
                    move(ctx.channel());
                }
            }
        });
        List<Future<Void>> last = inThreads(sender -> {
            Future<Void> sent = null;
            for (int i = 0; i < each; i++) {
                sent = channel.send(sender, i);
            }
            return sent;
        });
        for (Future<Void> sent : last) {
            Net.await(sent, "the last message of a sender");
        }
        assertEquals(0, wrong.get(), "messages out of their order");
        for (int count : next) {
            assertEquals(each, count);
        }
        Net.until(() -> !moving, () -> "a move does not end");
    }

    /** Called by the channel's loop, of which the next is another one. */
    private void move(Channel channel) {
        if (!moving) {
            moving = true;
            EventLoop before = channel.eventLoop();
            channel.deregister().addListener(left ->
                    another(before).register(channel).addListener(arrived -> moving = false));
        }
    }

    @Test
    void messageBeforeTheRegistrationWaitsForIt() {
        Told told = new Told();
        OurioServerSocketChannel channel = new OurioServerSocketChannel();
        channel.pipeline().addLast(told);
        Future<Void> sent = channel.send(Tag.PRICE, "early");
        assertFalse(sent.isDone());
        assertThrows(IllegalStateException.class, channel::ring);
        Net.await(net.group.register(channel), "the registration");
        Net.await(sent, "the message");
        assertEquals("early", told.events.poll().payload());
        Net.await(channel.close(), "the close");
    }

    @Test
    void shutdownOfTheLoopFailsWhatItDidNotDeliver() throws Exception {
        Told told = new Told();
        OurioChannel channel = channel(told);
        AtomicInteger succeeded = new AtomicInteger();
        FutureTask<Void> sender = new FutureTask<>(() -> {
            Queue<Future<Void>> waiting = new ArrayDeque<>();
            while (!channel.eventLoop().isTerminated()) {
                waiting.add(channel.send(Tag.PRICE, null));
                if (waiting.size() > 10_000) { // It could send faster than they are delivered.
                    count(waiting.remove(), succeeded);
                }
            }
            waiting.add(channel.send(Tag.VOLUME, null));
            waiting.forEach(one -> count(one, succeeded));
        }, null);
        Thread.ofPlatform().start(sender);
        Net.until(() -> told.events.size() > 100, () -> told.events.size() + " messages");
        net.close();
        sender.get(20, TimeUnit.SECONDS);
        assertEquals(told.events.size(), succeeded.get());
    }

    private static void count(Future<Void> sent, AtomicInteger succeeded) {
        Throwable cause = Net.outcome(sent, "a message");
        if (cause == null) {
            succeeded.incrementAndGet();
        } else {
            assertTrue(cause instanceof ClosedChannelException
                    || cause instanceof RejectedExecutionException, () -> "failed with " + cause);
        }
    }
}
