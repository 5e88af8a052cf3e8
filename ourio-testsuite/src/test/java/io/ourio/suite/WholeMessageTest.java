// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/**
 * A small message that arrives in one packet is read in one piece. TCP promises nothing of the
 * kind, but every other transport does it, and programs rely on it without knowing, among them
 * Netty's own TrafficShapingHandlerTest. Where one provided buffer ends and the next one begins,
 * the kernel tears such a message.
 */
class WholeMessageTest {
    /** No divisor of the size of a buffer, so that some message lies across each end. */
    private static final int MESSAGE_BYTES = 1000;

    /** More than three buffers of the default size. */
    private static final int MESSAGES = 250;

    private static final int TIMEOUT_MILLIS = 10_000;

    @Test
    void messageAcrossTheEndOfAProvidedBufferIsReadInOnePiece() throws Exception {
        Map<Integer, Integer> readsBySize = new ConcurrentHashMap<>();
        Channel server = Transport.underTest().newServer()
                .childHandler(new Answer(readsBySize))
                .bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
        try (Socket client = new Socket()) {
            client.connect(server.localAddress());
            client.setSoTimeout(TIMEOUT_MILLIS);
            client.setTcpNoDelay(true);
            for (int i = 0; i < MESSAGES; i++) {
                client.getOutputStream().write(new byte[MESSAGE_BYTES]);
                assertEquals(1, client.getInputStream().read(), "answer to message " + i);
            }
        } finally {
            server.close().sync();
        }
        assertEquals(Map.of(MESSAGE_BYTES, MESSAGES), new TreeMap<>(readsBySize), "reads by size");
    }

    /** Answers each whole message with one byte, in however many pieces it comes. */
    private static final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
        private final Map<Integer, Integer> readsBySize;
        private int received;

        Answer(Map<Integer, Integer> readsBySize) {
            this.readsBySize = readsBySize;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf piece) {
            readsBySize.merge(piece.readableBytes(), 1, Integer::sum);
            received += piece.readableBytes();
            if (received == MESSAGE_BYTES) {
                received = 0;
                context.writeAndFlush(Unpooled.buffer(1).writeByte(1));
            }
        }
    }
}
