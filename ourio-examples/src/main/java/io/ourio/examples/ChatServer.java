// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.util.concurrent.EventExecutor;
import io.ourio.netty.OurioChannel;
import io.ourio.netty.OurioChannelOption;
import io.ourio.netty.OurioEvent;
import io.ourio.netty.OurioEventLoop;
import io.ourio.netty.OurioEventLoopGroup;
import io.ourio.netty.OurioServerSocketChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A chat server. Each room lives on one event loop and each connection on some other; they talk by
 * {@code send}, so that no room needs a lock.
 *
 * <p>Run it, from the top folder:
 *
 * <pre>{@code
 * mvn -q -DskipTests -pl ourio-examples -am package exec:exec \
 *     -Dexec.mainClass=io.ourio.examples.ChatServer
 * }</pre>
 *
 * <p>Three visitors come to two rooms, which live on different loops:
 *
 * <pre>{@code
 * ann hears: * ann has come to tea
 * bob hears: * bob has come to tea
 * ann hears: * bob has come to tea
 * cat hears: * cat has come to milk
 * ann hears: ann: hello
 * bob hears: ann: hello
 * cat hears: cat: anybody?
 * ann hears: * bob has left tea
 * }</pre>
 *
 * <p>With {@code -Dexample.args=7070} it serves whoever comes to that port: {@code nc localhost
 * 7070}. The first line is a name, {@code /join ROOM} goes to a room, and all else is said there.
 */
public final class ChatServer implements AutoCloseable {
    /** Lines on their way to a visitor's loop before he has to leave. */
    private static final int PATIENCE = 1000;

    private static final int LONGEST_LINE = 1024;

    /** What a visitor wants of a room: messages to the room's loop. */
    private enum Wish { JOIN, SAY, LEAVE }

    /** What a room has for a visitor: messages to his channel. */
    private enum News { LINE }

    /** The payload of a wish. */
    private record Visit(String room, String name, OurioChannel visitor, String text) {}

    private final OurioEventLoopGroup group;
    private final List<OurioEventLoop> loops = new ArrayList<>();
    private final Channel listener;

    ChatServer(int threads, int port) {
        group = new OurioEventLoopGroup(threads);
        for (EventExecutor each : group) {
            OurioEventLoop loop = (OurioEventLoop) each;
            loops.add(loop);
            Rooms rooms = new Rooms();
            loop.receive(Wish.JOIN, event -> rooms.join(event.payload(Visit.class)));
            loop.receive(Wish.SAY, event -> rooms.say(event.payload(Visit.class)));
            loop.receive(Wish.LEAVE, event -> rooms.leave(event.payload(Visit.class)));
        }
        listener = new ServerBootstrap().group(group).channel(OurioServerSocketChannel.class)
                .childOption(OurioChannelOption.MAILBOX_LIMIT, PATIENCE)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(LONGEST_LINE),
                                new StringDecoder(StandardCharsets.UTF_8), new Visitor());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), port).syncUninterruptibly().channel();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Where a room lives. */
    OurioEventLoop loopOf(String room) {
        return loops.get(Math.floorMod(room.hashCode(), loops.size()));
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** The rooms of one loop. Only its thread comes here. */
    private static final class Rooms {
        /** Who is in which room. */
        private final Map<String, Map<OurioChannel, String>> rooms = new HashMap<>();

        void join(Visit visit) {
            rooms.computeIfAbsent(visit.room, _ -> new LinkedHashMap<>())
                    .put(visit.visitor, visit.name);
            tellAll(visit.room, "* " + visit.name + " has come to " + visit.room);
        }

        void say(Visit visit) {
            tellAll(visit.room, visit.name + ": " + visit.text);
        }

        void leave(Visit visit) {
            Map<OurioChannel, String> members = rooms.get(visit.room);
            if (members != null && members.remove(visit.visitor) != null) {
                tellAll(visit.room, "* " + visit.name + " has left " + visit.room);
                if (members.isEmpty()) {
                    rooms.remove(visit.room);
                }
            }
        }

        private void tellAll(String room, String line) {
            for (OurioChannel member : rooms.getOrDefault(room, Map.of()).keySet()) {
                member.send(News.LINE, line).addListener(sent -> {
                    if (!sent.isSuccess()) {
                        member.close(); // He is gone, or does not read: his channel leaves.
                    }
                });
            }
        }
    }

    /** One connection, on its own loop. */
    private final class Visitor extends SimpleChannelInboundHandler<String> {
        private String name;
        private String room;

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, String line) {
            if (name == null) {
                name = line;
            } else if (line.startsWith("/join ")) {
                wish(ctx, Wish.LEAVE, "");
                room = line.substring("/join ".length());
                wish(ctx, Wish.JOIN, "");
            } else {
                wish(ctx, Wish.SAY, line);
            }
        }

        private void wish(ChannelHandlerContext ctx, Wish wish, String text) {
            if (room != null) {
                loopOf(room).send(wish, new Visit(room, name, (OurioChannel) ctx.channel(), text));
            }
        }

        /** News from the room. Who does not read them has to leave: they would fill the memory. */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof OurioEvent news && news.is(News.LINE)) {
                String line = news.payload(String.class) + "\n";
                ctx.writeAndFlush(ByteBufUtil.writeUtf8(ctx.alloc(), line));
                if (!ctx.channel().isWritable()) {
                    ctx.close();
                }
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            wish(ctx, Wish.LEAVE, "");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // A reset, or a line that is too long.
        }
    }

    /**
     * Serves a port, or plays three visitors.
     *
     * @param args the port, or nothing
     * @throws IOException if the demonstration fails
     */
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            play(System.out::println);
            return;
        }
        ChatServer server = new ChatServer(
                Runtime.getRuntime().availableProcessors(), Integer.parseInt(args[0]));
        System.out.println("chatting on " + server.address());
        server.listener.closeFuture().syncUninterruptibly();
    }

    static void play(Consumer<String> out) throws IOException {
        try (ChatServer server = new ChatServer(2, 0);
                Guest ann = new Guest("ann", server, out);
                Guest cat = new Guest("cat", server, out)) {
            try (Guest bob = new Guest("bob", server, out)) {
                ann.say("/join tea").hear();
                bob.say("/join tea").hear();
                ann.hear();
                cat.say("/join milk").hear();
                ann.say("hello").hear();
                bob.hear();
                cat.say("anybody?").hear();
            }
            ann.hear();
        }
    }

    /** The client's end of a connection. */
    static final class Guest implements AutoCloseable {
        private final String name;
        private final Consumer<String> out;
        private final Socket socket;
        private final BufferedReader lines;

        Guest(String name, ChatServer server, Consumer<String> out) throws IOException {
            this.name = name;
            this.out = out;
            socket = new Socket(server.address().getAddress(), server.address().getPort());
            lines = new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            say(name);
        }

        Guest say(String line) throws IOException {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            return this;
        }

        void hear() throws IOException {
            out.accept(name + " hears: " + lines.readLine());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
