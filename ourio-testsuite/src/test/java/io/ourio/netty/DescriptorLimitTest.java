// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.ourio.conformance.ChildJvm;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that has run out of descriptors rests, and goes on when some are free. */
class DescriptorLimitTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LIMIT = 200;
    private static final int CONNECTIONS = 220;

    /** Those that stay need no more descriptors than the others give back. */
    private static final int CLOSED = 160;

    /** With the pause that Netty's own handler of a listener makes, and without it. */
    @ParameterizedTest
    @CsvSource({"true, false", "false, false", "true, true"})
    void listenerGoesOnOnceDescriptorsAreFree(boolean pause, boolean handOver) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try (ChildJvm child = new ChildJvm(
                List.of("bash", "-c", "ulimit -n " + LIMIT + "; exec \"$@\"", "bash"), List.of(),
                EchoMain.class,
                List.of(Boolean.toString(pause), Boolean.toString(handOver)))) {
            int port = Integer.parseInt(child.line(PATIENCE));
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket socket = new Socket(Net.ANY_PORT.getAddress(), port);
                socket.setSoTimeout((int) Net.PATIENCE.toMillis());
                sockets.add(socket);
                socket.getOutputStream().write(i);
            }
            assertEquals("IOException: accept: EMFILE (24): too many open files in this process;"
                    + " raise its limit (ulimit -n)", child.line(PATIENCE));
            for (Socket socket : sockets.subList(0, CLOSED)) {
                socket.close();
            }
            for (int i = CLOSED; i < CONNECTIONS; i++) {
                assertEquals(i & 0xff, sockets.get(i).getInputStream().read(), "connection " + i);
            }
            child.tell("end");
            List<String> rest = child.rest(PATIENCE);
            assertEquals(0, child.status(), rest::toString);
            assertEquals("ended", rest.getLast());
            // It rests between two attempts: the refusals are few.
            long refusals = rest.stream().filter(line -> line.startsWith("IOException: ")).count();
            assertTrue(refusals < 10, rest::toString);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** The child: prints its port and each failure of its listener, until it is told to end. */
    static final class EchoMain {
        private EchoMain() {}

        public static void main(String[] args) throws Exception {
            boolean pause = Boolean.parseBoolean(args[0]);
            boolean handOver = Boolean.parseBoolean(args[1]);
            try (Net net = new Net(2)) {
                loadWhatAFailureNeeds(net);
                ServerBootstrap server = net.server(Echo::new)
                        .option(ChannelOption.SO_BACKLOG, CONNECTIONS);
                Channel listener;
                if (handOver) { // A handler before the bootstrap's would want to see each channel.
                    listener = Net.bind(server.option(OurioChannelOption.HAND_OVER,
                            HandOver.leastConnections((OurioEventLoopGroup) net.group)));
                    listener.pipeline().addLast(new Printer(false));
                } else {
                    listener = Net.bind(server.handler(new Printer(pause)));
                }
                System.out.println(((InetSocketAddress) listener.localAddress()).getPort());
                System.in.read();
            }
            System.out.println("ended");
        }

        /** Here classes are files, which could not be opened later. */
        private static void loadWhatAFailureNeeds(Net net) throws Exception {
            InetSocketAddress nobody;
            try (ServerSocket gone = new ServerSocket(0, 1, Net.ANY_PORT.getAddress())) {
                nobody = (InetSocketAddress) gone.getLocalSocketAddress();
            }
            Net.failure(net.client(new Echo()).connect(nobody), "the connect");
            Channel listener = net.listen(Echo::new);
            for (int i = 0; i < 2; i++) { // One on each loop.
                try (Socket socket = net.socket(listener)) {
                    socket.getOutputStream().write(1);
                    socket.getInputStream().read();
                }
            }
            Net.await(listener.close(), "the close");
        }
    }

    /** Prints each failure of the listener. */
    private static final class Printer extends ChannelInboundHandlerAdapter {
        private final boolean passOn;

        Printer(boolean passOn) {
            this.passOn = passOn;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            System.out.println(cause.getClass().getSimpleName() + ": " + cause.getMessage());
            if (passOn) {
                ctx.fireExceptionCaught(cause);
            }
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }
}
