// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.IllegalReferenceCountException;
import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.FileStatus;
import io.ourio.Op;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.TaskError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations of the loop's ring that a channel's handlers start end as events of the channel. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.ourio.netty.Net#kernels")
class RingOperationsTest {
    private enum Tag { OPENED, STATUS, READ, WRITTEN, SYNCED, TIME, READY, MOVED, CANCELED }

    private static final int POLLIN = 1;
    private static final String TEXT = "what a file holds";

    @TempDir
    Path directory;

    private final Net net;
    private final Told told = new Told();
    private OurioChannel channel;

    RingOperationsTest(BackendKind kind) {
        net = Net.on(kind, 2);
    }

    @BeforeEach
    void bind() {
        channel = channel(told);
    }

    @AfterEach
    void close() throws Exception {
        net.close();
    }

    private OurioChannel channel(ChannelHandler handler) {
        return (OurioChannel) Net.bind(net.server(Events::new).handler(handler));
    }

    /** Keeps the events without a count, passes the others on, and notes their order. */
    private static final class Told extends ChannelInboundHandlerAdapter {
        final Queue<String> log = new ConcurrentLinkedQueue<>();
        final Queue<OurioEvent> events = new ConcurrentLinkedQueue<>();
        volatile Throwable failure;

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object message) {
            OurioEvent event = (OurioEvent) message;
            log.add(event.tag(Tag.class) + " " + (event.error() == null ? "done" : event.error()));
            events.add(event);
            ctx.fireUserEventTriggered(event.retain());
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            log.add("inactive");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            failure = cause;
        }

        OurioEvent next() {
            Net.until(() -> !events.isEmpty(), log::toString);
            return events.poll();
        }
    }

    private <T> T onLoop(Callable<T> action) {
        return Net.await(channel.eventLoop().submit(action), "a task of the loop");
    }

    private int open(Path path, int flags) {
        onLoop(() -> channel.ring().open(
                path.toString(), flags, 0644, channel.context(Tag.OPENED)));
        OurioEvent opened = told.next();
        assertEquals(Op.OPEN, opened.op());
        assertNull(opened.error(), opened::toString);
        told.log.clear();
        return opened.result();
    }

    private void closeFile(int fd) {
        onLoop(() -> channel.ring().close(fd, Context.NONE));
        Net.barrier(channel);
    }

    private Path file() throws Exception {
        return Files.writeString(directory.resolve("file"), TEXT);
    }

    /** A pipe in which nothing ever comes. */
    private int silence() throws Exception {
        Path path = directory.resolve("pipe" + System.nanoTime());
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
        return open(path, OpenFlags.READ_WRITE);
    }

    @Test
    void everyKindOfOperationBecomesAnEventWithItsTask() throws Exception {
        Path path = file();
        FileStatus status = new FileStatus();
        MemorySegment memory = Arena.ofAuto().allocate(100);
        int file = open(path, OpenFlags.READ_WRITE);
        List<Task> tasks = onLoop(() -> List.of(
                channel.ring().stat(path.toString(), status, channel.context(Tag.STATUS)),
                channel.ring().read(file, memory, 5, channel.context(Tag.READ)),
                channel.ring().fsync(file, false, channel.context(Tag.SYNCED)),
                channel.ring().timer(Duration.ofMillis(1), channel.context(Tag.TIME))));
        for (int i = 0; i < tasks.size(); i++) {
            OurioEvent event = told.next();
            Task task = event.payload(Task.class);
            assertTrue(tasks.contains(task), event::toString);
            assertEquals(task.op(), event.op());
            assertEquals(task.msg(Tag.class), event.tag(Tag.class));
            assertEquals(event.is(Tag.READ) ? TEXT.length() - 5 : 0, event.result());
            assertFalse(event.hasMore());
        }
        assertEquals(TEXT.length(), status.size());
        assertEquals(TEXT.substring(5), memory.getString(0));
        closeFile(file);
    }

    @Test
    void bytesMoveThroughAPipe() throws Exception {
        int from = open(file(), OpenFlags.READ);
        int pipe = silence();
        onLoop(() -> channel.ring().poll(pipe, POLLIN, channel.context(Tag.READY)));
        onLoop(() -> channel.ring().splice(from, 0, pipe, Ring.CURRENT_POSITION, 100,
                channel.context(Tag.MOVED)));
        List<OurioEvent> both = List.of(told.next(), told.next());
        assertTrue(both.stream().anyMatch(event -> event.is(Tag.MOVED)
                && event.result() == TEXT.length()), both::toString);
        assertTrue(both.stream().anyMatch(event -> event.is(Tag.READY)
                && event.result() == POLLIN), both::toString);
        closeFile(from);
        closeFile(pipe);
    }

    @Test
    void failureIsTypedAndSaysWhatAndWhy() {
        onLoop(() -> channel.ring().open(directory.resolve("none").toString(), OpenFlags.READ, 0,
                channel.context(Tag.OPENED)));
        OurioEvent event = told.next();
        assertEquals(TaskError.FILE_NOT_FOUND, event.error());
        assertEquals("open: ENOENT (2): no such file, entry or task", event.cause().getMessage());
    }

    @Test
    void buffersGoWithTheOperationAndComeBackWithTheEvent() throws Exception {
        int file = open(file(), OpenFlags.READ_WRITE);
        ByteBuf data = Unpooled.directBuffer(16).writeBytes("..WHAT".getBytes()).skipBytes(2);
        onLoop(() -> channel.writeFrom(file, data, 0, Tag.WRITTEN));
        OurioEvent written = told.next();
        assertEquals(4, written.result());
        assertSame(data, written.payload(ByteBuf.class));
        assertFalse(data.isReadable());
        ByteBuf into = Unpooled.directBuffer(64, 64).writeByte('>');
        onLoop(() -> channel.readInto(file, into, 0, Tag.READ));
        OurioEvent read = told.next();
        assertEquals(TEXT.length(), read.result());
        assertSame(into, read.payload());
        assertEquals(">WHAT" + TEXT.substring(4), into.toString(StandardCharsets.US_ASCII));
        // Passed on to the end of the pipeline, and kept by the test.
        Net.barrier(channel);
        assertEquals(List.of(1, 1), List.of(data.refCnt(), into.refCnt()));
        assertTrue(written.release() && read.release());
        closeFile(file);
    }

    @Test
    void nobodysBufferIsReleasedAtTheEndOfThePipeline() throws Exception {
        int file = open(file(), OpenFlags.READ);
        OurioChannel plain = channel(new ChannelInboundHandlerAdapter());
        ByteBuf into = Unpooled.directBuffer(64);
        Net.await(plain.eventLoop().submit(() -> plain.readInto(file, into, 0, 9)), "the read");
        Net.until(() -> into.refCnt() == 0, into::toString);
        closeFile(file);
    }

    @Test
    void refusedBuffersStayTheCallers() throws Exception {
        int file = open(file(), OpenFlags.READ_WRITE);
        ByteBuf heap = Unpooled.buffer(8);
        ByteBuf pieces = Unpooled.wrappedBuffer(
                Unpooled.directBuffer(8).writeZero(8), Unpooled.directBuffer(8).writeZero(8));
        ByteBuf readOnly = Unpooled.directBuffer(8).writeZero(4).asReadOnly();
        ByteBuf released = Unpooled.directBuffer(8);
        released.release();
        ByteBuf good = Unpooled.directBuffer(8);
        onLoop(() -> {
            refused(IllegalArgumentException.class, () -> read(file, heap), "direct");
            refused(IllegalArgumentException.class, () -> read(file, pieces), "one piece");
            refused(IllegalArgumentException.class, () -> read(file, readOnly), "read-only");
            refused(IllegalReferenceCountException.class, () -> read(file, released), "0");
            refused(IllegalArgumentException.class, () -> read(-1, good), "fd -1");
            refused(IllegalArgumentException.class,
                    () -> channel.readInto(file, good, -2, Tag.READ), "-2");
            refused(IllegalArgumentException.class,
                    () -> channel.readInto(file, good, 0, 65536), "65536 is outside 0..65535");
            return null;
        });
        refused(WrongThreadException.class, () -> read(file, good), "thread");
        for (ByteBuf buffer : List.of(heap, pieces, readOnly, good)) {
            assertEquals(1, buffer.refCnt(), buffer::toString);
            buffer.release();
        }
        closeFile(file);
    }

    private Task read(int file, ByteBuf buffer) {
        return channel.readInto(file, buffer, 0, Tag.READ);
    }

    private static void refused(
            Class<? extends Throwable> type, Callable<?> call, String word) {
        String message = assertThrows(type, call::call).getMessage();
        assertTrue(message.contains(word), message);
    }

    /** Three operations that would last for ever. */
    private List<ByteBuf> startEndless(int pipe) {
        ByteBuf first = Unpooled.directBuffer(8);
        ByteBuf second = Unpooled.directBuffer(8);
        onLoop(() -> {
            channel.readInto(pipe, first, Ring.CURRENT_POSITION, Tag.READ);
            channel.readInto(pipe, second, Ring.CURRENT_POSITION, Tag.READ);
            channel.ring().pollMultishot(pipe, POLLIN, channel.context(Tag.READY));
            channel.ring().timer(Duration.ofDays(1), channel.context(Tag.TIME));
            return null;
        });
        Net.barrier(channel);
        return List.of(first, second);
    }

    private static final List<String> ALL_CANCELED = List.of(
            "READ CANCELED", "READ CANCELED", "READY CANCELED", "TIME CANCELED");

    private void assertGivenBack(List<ByteBuf> buffers) {
        for (OurioEvent event : told.events) {
            event.release();
        }
        buffers.forEach(buffer -> assertEquals(0, buffer.refCnt(), buffer::toString));
    }

    @Test
    void closeCancelsAndTellsBeforeTheEnd() throws Exception {
        int pipe = silence();
        List<ByteBuf> buffers = startEndless(pipe);
        Net.await(channel.close(), "the close");
        Net.until(() -> told.log.contains("inactive"), told.log::toString);
        assertEquals(Stream.concat(ALL_CANCELED.stream(), Stream.of("inactive")).toList(),
                sortedButLast());
        assertGivenBack(buffers);
        onLoop(() -> {
            refused(IllegalStateException.class,
                    () -> channel.ring().noop(channel.context(Tag.TIME)), "closed");
            return null;
        });
        closeFile(pipe);
    }

    private List<String> sortedButLast() {
        List<String> all = List.copyOf(told.log);
        return Stream.concat(all.stream().limit(all.size() - 1).sorted(),
                Stream.of(all.getLast())).toList();
    }

    @Test
    void deregistrationCancelsAndTheNextLoopStartsAgain() throws Exception {
        int pipe = silence();
        Context kept = channel.context(Tag.TIME);
        for (int i = 0; i < 3; i++) {
            List<ByteBuf> buffers = startEndless(pipe);
            EventLoop before = channel.eventLoop();
            Net.await(channel.deregister(), "the deregistration");
            assertEquals(ALL_CANCELED, told.log.stream().sorted().toList());
            assertGivenBack(buffers);
            Net.await(before.submit(() -> {
                refused(IllegalStateException.class,
                        () -> channel.ring().noop(kept), "next registration");
                return null;
            }), "a task of the loop that was left");
            told.log.clear();
            told.events.clear();
            EventLoop next = net.group.next();
            Net.await((next == before ? net.group.next() : next).register(channel),
                    "the registration");
            onLoop(() -> channel.ring().noop(kept));
            assertEquals(0, told.next().result());
            told.log.clear();
        }
        List<ByteBuf> buffers = startEndless(pipe);
        LockSupport.parkNanos(300_000_000); // The loop that was left cancels nothing any more.
        assertEquals(List.of(), List.copyOf(told.log));
        Net.await(channel.close(), "the close");
        assertGivenBack(buffers);
        closeFile(pipe);
    }

    @Test
    void shutdownOfTheLoopGivesAllBuffersBack() throws Exception {
        List<ByteBuf> buffers = startEndless(silence()); // Which the end of the test closes.
        net.close();
        assertEquals(ALL_CANCELED, told.log.stream().filter(line -> !line.equals("inactive"))
                .sorted().toList());
        assertGivenBack(buffers);
        assertTrue(channel.closeFuture().isDone());
    }

    @Test
    void operationIsCanceledByItsTaskAlone() throws Exception {
        int pipe = silence();
        ByteBuf buffer = Unpooled.directBuffer(8);
        Task read = onLoop(() -> channel.readInto(pipe, buffer, Ring.CURRENT_POSITION, Tag.READ));
        onLoop(() -> read.cancel(channel.context(Tag.CANCELED)));
        Net.until(() -> told.events.size() == 2, told.log::toString);
        assertEquals(List.of("CANCELED done", "READ CANCELED"),
                told.log.stream().sorted().toList());
        for (OurioEvent event : told.events) {
            event.release();
        }
        assertEquals(0, buffer.refCnt());
        closeFile(pipe);
    }

    /** It may start the next operation from the event, and close while others are in flight. */
    @Test
    void handlerGoesOnFromItsEvents() {
        int[] count = {0};
        OurioChannel ticking = channel(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                OurioChannel self = (OurioChannel) ctx.channel();
                if (++count[0] < 100) {
                    self.ring().timer(Duration.ZERO, self.context(Tag.TIME));
                } else {
                    self.ring().timer(Duration.ofDays(1), self.context(Tag.TIME));
                    ctx.close();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                count[0] = 1000; // The cancel at the close starts a timer again, and is refused.
            }
        });
        Net.await(ticking.eventLoop().submit(() -> ticking.ring().timer(
                Duration.ZERO, ticking.context(Tag.TIME))), "the first");
        Net.await(ticking.closeFuture(), "the close");
        Net.barrier(ticking);
        assertEquals(1000, count[0]);
    }
}
