// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.ourio.RingOptions;
import io.ourio.conformance.ChildJvm;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A loop that gets no provided buffers receives without them, and says so once. */
class RefusedBuffersTest {
    /** The ring of the buffers would take all that may be locked. Root may lock any amount. */
    @Test
    void loopThatIsRefusedItsBuffersReceivesWithoutThem() throws Exception {
        boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        String drop = root ? "setpriv --bounding-set -ipc_lock " : "";
        try (ChildJvm child = new ChildJvm(
                List.of("bash", "-c", "ulimit -l 64; exec " + drop + "\"$@\"", "bash"), List.of(),
                Main.class, List.of())) {
            List<String> lines = child.rest(Duration.ofSeconds(60));
            String all = String.join("\n", lines);
            assertEquals(0, child.status(), all);
            assertEquals("without provided buffers, same bytes true", lines.getLast(), all);
            List<String> warnings = lines.stream().filter(line -> line.contains("WARN")).toList();
            assertEquals(1, warnings.size(), all);
            assertTrue(warnings.getFirst().endsWith("The loop receives without provided buffers"),
                    all);
        }
    }

    /** The child: echoes, and prints whether the loop had provided buffers. */
    static final class Main {
        private static final int LENGTH = 1 << 20;

        private Main() {}

        public static void main(String[] args) throws Exception {
            byte[] data = Data.random(LENGTH, 1);
            RingOptions options = RingOptions.defaults().withBuffers(4096, 1024);
            try (Net net = new Net(1, options)) {
                Channel listener = net.listen(Echo::new);
                OurioServerSocketChannel channel = (OurioServerSocketChannel) listener;
                try (Socket socket = net.socket(listener); Socket second = net.socket(listener)) {
                    second.getOutputStream().write(1);
                    Thread sender = Thread.ofPlatform().start(() -> {
                        try {
                            socket.getOutputStream().write(data);
                        } catch (IOException e) {
                            e.printStackTrace();
                        }
                    });
                    byte[] back = socket.getInputStream().readNBytes(LENGTH);
                    sender.join();
                    boolean same = second.getInputStream().read() == 1
                            && Data.checksum(back) == Data.checksum(data);
                    boolean provided = Net.await(listener.eventLoop().submit(
                            () -> channel.loop().receiveBuffers() != null), "a task");
                    System.out.println((provided ? "with" : "without")
                            + " provided buffers, same bytes " + same);
                }
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
