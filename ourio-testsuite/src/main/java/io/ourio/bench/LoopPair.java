// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.ReferenceCountUtil;
import io.ourio.sys.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Two event loops of one group, which send each other tasks. */
final class LoopPair implements AutoCloseable {
    private static final int SCHED_SETAFFINITY =
            System.getProperty("os.arch").equals("amd64") ? 203 : 122;
    private static final int ECHO_BYTES = 64;
    private static final Runnable NOTHING = () -> { };

    private final LoopTransport transport;
    private final EventLoopGroup group;
    private final EventLoop[] loops;

    /** Echoes by loop; each loop writes its own. */
    private final AtomicLong[] echoes = {new AtomicLong(), new AtomicLong()};

    private volatile boolean echoing;

    /** How many tasks each echo sends to the other loop. */
    private volatile int tasksOfAnEcho;

    /** Loops that run on the processors given, one for each. */
    LoopPair(LoopTransport transport, List<Integer> processors) {
        this.transport = transport;
        group = transport.newGroup(2);
        loops = new EventLoop[] {group.next(), group.next()};
        for (int i = 0; i < 2; i++) {
            int processor = processors.get(i);
            loops[i].submit(() -> pin(processor)).syncUninterruptibly();
        }
    }

    private static void pin(int processor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(ValueLayout.JAVA_LONG);
            mask.set(ValueLayout.JAVA_LONG, 0, 1L << processor);
            int result = Libc.current().syscall(
                    SCHED_SETAFFINITY, 0, Long.BYTES, mask.address(), 0);
            if (result < 0) {
                throw new BenchmarkException(BenchmarkException.CANNOT_START,
                        "cannot run on processor " + processor + ": errno " + -result);
            }
        }
    }

    /** Goes from the first loop to the second and back, again and again. */
    private final class Ball implements Runnable {
        private final long[] times;
        private final int first;
        private final int end;
        private final CountDownLatch done;
        private int next;
        private boolean away;
        private long sent;

        /** Makes one round trip for each place of {@code times} from {@code first} on. */
        Ball(long[] times, int first, int end, CountDownLatch done) {
            this.times = times;
            this.first = first;
            this.end = end;
            this.done = done;
            next = first - 1;
        }

        @Override
        public void run() {
            if (away) {
                away = false;
                loops[0].execute(this);
                return;
            }
            long now = System.nanoTime();
            if (next >= first) {
                times[next] = now - sent;
            }
            if (++next == end) {
                done.countDown();
                return;
            }
            sent = now;
            away = true;
            loops[1].execute(this);
        }
    }

    /** So many round trips, of some that are under way at once. Returns the time of each. */
    long[] roundTrips(int count, int atOnce) throws InterruptedException {
        long[] times = new long[count];
        CountDownLatch done = new CountDownLatch(atOnce);
        for (int i = 0; i < atOnce; i++) {
            loops[0].execute(new Ball(times, (int) ((long) count * i / atOnce),
                    (int) ((long) count * (i + 1) / atOnce), done));
        }
        done.await();
        return times;
    }

    /** Many go one way, to the second loop; for each window of them one comes back. */
    void flow(int messages, int window) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        int[] left = {messages};
        int[] missing = {0};
        Runnable[] send = new Runnable[1];
        Runnable message = () -> {
            left[0]--;
            if (--missing[0] == 0) {
                if (left[0] <= 0) {
                    done.countDown();
                } else {
                    loops[0].execute(send[0]);
                }
            }
        };
        send[0] = () -> {
            missing[0] = window; // The second loop has nothing of ours now.
            for (int i = 0; i < window; i++) {
                loops[1].execute(message);
            }
        };
        loops[0].execute(send[0]);
        done.await();
    }

    /** Sends a message to and fro on each loop, between two channels of it, until the end. */
    void startEchoes(int connectionsOfALoop) {
        echoing = true;
        for (int i = 0; i < 2; i++) {
            Channel server = new ServerBootstrap().group(loops[i]).channel(transport.server())
                    .childHandler(new Echo(null, null))
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .syncUninterruptibly().channel();
            for (int c = 0; c < connectionsOfALoop; c++) {
                new Bootstrap().group(loops[i]).channel(transport.client())
                        .handler(new Echo(echoes[i], loops[1 - i])).connect(server.localAddress())
                        .syncUninterruptibly().channel()
                        .writeAndFlush(Unpooled.directBuffer(ECHO_BYTES).writeZero(ECHO_BYTES));
            }
            server.close().syncUninterruptibly();
        }
    }

    /** From now on each echo sends so many tasks, which do nothing, to the other loop. */
    void tasksOfAnEcho(int tasks) {
        tasksOfAnEcho = tasks;
    }

    /** How many echoes there have been. */
    long echoes() {
        return echoes[0].get() + echoes[1].get();
    }

    void stopEchoes() {
        echoing = false;
        tasksOfAnEcho = 0;
    }

    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {
        private final AtomicLong count;
        private final EventLoop other;

        /** Both are null for the side that does not count. */
        Echo(AtomicLong count, EventLoop other) {
            this.count = count;
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (count != null) {
                count.lazySet(count.get() + 1);
                for (int i = tasksOfAnEcho; i > 0; i--) {
                    other.execute(NOTHING);
                }
            }
            if (echoing) {
                ctx.writeAndFlush(message);
            } else {
                ReferenceCountUtil.release(message);
                ctx.close();
            }
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
