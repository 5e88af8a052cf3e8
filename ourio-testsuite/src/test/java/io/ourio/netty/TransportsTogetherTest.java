// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import io.ourio.RingOptions;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Loops of several transports in one process, and loops that come and go. */
class TransportsTogetherTest {
    private enum Kind {
        OURIO(OurioIoHandler.newFactory(), OurioServerSocketChannel.class,
                OurioSocketChannel.class, OurioDatagramChannel.class),
        NIO(NioIoHandler.newFactory(), NioServerSocketChannel.class,
                NioSocketChannel.class, NioDatagramChannel.class),
        EPOLL(EpollIoHandler.newFactory(), EpollServerSocketChannel.class,
                EpollSocketChannel.class, EpollDatagramChannel.class);

        final IoHandlerFactory factory;
        final Class<? extends ServerChannel> server;
        final Class<? extends Channel> client;
        final Class<? extends Channel> datagrams;

        Kind(IoHandlerFactory factory, Class<? extends ServerChannel> server,
                Class<? extends Channel> client, Class<? extends Channel> datagrams) {
            this.factory = factory;
            this.server = server;
            this.client = client;
            this.datagrams = datagrams;
        }
    }

    /** Sends back what it receives. */
    private static final class Echo extends Events {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    /** Hands all that comes to another channel, on whatever loop that is. */
    private static final class Relay extends Events {
        private final Channel to;

        Relay(Channel to) {
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            to.writeAndFlush(message);
        }
    }

    private static Map<Kind, EventLoopGroup> groups() {
        Map<Kind, EventLoopGroup> groups = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            groups.put(kind, new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("together", true), kind.factory));
        }
        return groups;
    }

    private static void shutDown(Map<Kind, EventLoopGroup> groups) {
        groups.values().forEach(group -> Net.await(
                group.shutdownGracefully(0, 20, TimeUnit.SECONDS), "the shutdown"));
    }

    /** Each client talks to the server of each transport through a relay of two. */
    @Test
    void connectionsLeadThroughLoopsOfAllTransports() {
        Map<Kind, EventLoopGroup> groups = groups();
        byte[] data = Data.random(300_000, 1);
        List<Events> ends = new ArrayList<>();
        List<Channel> clients = new ArrayList<>();
        for (Kind server : Kind.values()) {
            Channel target = listen(groups, server,
                    child -> child.pipeline().addLast(new Echo()));
            for (Kind relay : Kind.values()) {
                Channel relaying = listen(groups, relay,
                        child -> relay(groups, relay, child, target));
                for (Kind client : Kind.values()) {
                    Events end = new Events();
                    ends.add(end);
                    clients.add(Net.connect(new Bootstrap().group(groups.get(client))
                            .channel(client.client).handler(end), relaying));
                }
            }
        }
        for (Channel client : clients) {
            client.writeAndFlush(Data.direct(data));
        }
        for (Events end : ends) {
            Net.until(() -> end.bytes() == data.length, end::toString);
            assertEquals(Data.checksum(data), end.checksum());
        }
        clients.forEach(client -> Net.await(client.close(), "the close"));
        shutDown(groups);
    }

    private interface Child {
        void begin(Channel channel);
    }

    private static Channel listen(Map<Kind, EventLoopGroup> groups, Kind kind, Child child) {
        return Net.bind(new ServerBootstrap().group(groups.get(kind)).channel(kind.server)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        child.begin(channel);
                    }
                }));
    }

    /** The way on is of another transport than the way here. */
    private static void relay(
            Map<Kind, EventLoopGroup> groups, Kind kind, Channel here, Channel target) {
        Kind on = Kind.values()[(kind.ordinal() + 1) % Kind.values().length];
        here.config().setAutoRead(false);
        ChannelFuture connected = new Bootstrap().group(groups.get(on)).channel(on.client)
                .handler(new Relay(here)).connect(target.localAddress());
        here.pipeline().addLast(new Relay(connected.channel()));
        connected.addListener(_ -> here.config().setAutoRead(true));
    }

    @Test
    void datagramsGoFromEachTransportToEach() {
        Map<Kind, EventLoopGroup> groups = groups();
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
        Map<Kind, Channel> channels = new EnumMap<>(Kind.class);
        Map<Kind, Events> events = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            Events received = new Events() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    super.channelRead(ctx, ((DatagramPacket) message).content());
                }
            };
            ChannelFuture bound = new Bootstrap().group(groups.get(kind)).channel(kind.datagrams)
                    .handler(received).bind(any);
            Net.await(bound, "the bind");
            channels.put(kind, bound.channel());
            events.put(kind, received);
        }
        for (Channel from : channels.values()) {
            for (Channel to : channels.values()) {
                Net.await(from.writeAndFlush(new DatagramPacket(Data.direct(new byte[1000]),
                        (InetSocketAddress) to.localAddress())), "the write");
            }
        }
        for (Events received : events.values()) {
            Net.until(() -> received.bytes() == 3000, received::toString);
        }
        shutDown(groups);
    }

    /** Those that sleep have no channel; a channel of theirs wakes them, and the others go on. */
    @Test
    void connectionsGoOnWhileTheChooserSuspendsAndResumesLoops() throws Exception {
        var chooser = new AutoScalingEventExecutorChooserFactory(
                1, 4, 20, TimeUnit.MILLISECONDS, 0.2, 0.8, 4, 4, 1);
        var group = new OurioEventLoopGroup(4, new ThreadPerTaskExecutor(
                new DefaultThreadFactory("scaling", true)), chooser, RingOptions.defaults());
        try (Net serving = new Net(); Net net = new Net(group)) {
            Channel listener = serving.listen(Echo::new);
            Events steady = new Events();
            Channel connection = Net.connect(net.client(steady), listener);
            Net.until(() -> suspended(group) == 3, () -> suspended(group) + " are suspended");
            int exchanges = 1;
            assertEchoes(connection, steady, exchanges);
            for (EventExecutor loop : group) {
                Events received = new Events();
                Channel channel = Net.connect(new Bootstrap().group((EventLoop) loop)
                        .channel(OurioSocketChannel.class).handler(received), listener);
                assertFalse(loop.isSuspended());
                assertEchoes(channel, received, 1);
                assertEchoes(connection, steady, ++exchanges);
            }
        }
    }

    private static void assertEchoes(Channel channel, Events received, int exchanges) {
        Net.await(channel.writeAndFlush(Unpooled.copyLong(exchanges)), "the write");
        Net.until(() -> received.bytes() == exchanges * Long.BYTES, received::toString);
    }

    private static int suspended(OurioEventLoopGroup group) {
        int count = 0;
        for (EventExecutor loop : group) {
            count += loop.isSuspended() ? 1 : 0;
        }
        return count;
    }
}
