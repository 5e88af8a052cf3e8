// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.ourio.Errno;
import io.ourio.conformance.ChildJvm;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process without a free descriptor can make no pipe: what it has open it sends by copies. */
class FileWithoutDescriptorTest {
    /** Within a block, so that the beginning is copied in any case. */
    private static final int BEGIN = 1;

    private static final int LENGTH = 3 << 20; // More than a pipe has room for.

    @Test
    void openFileArrivesAndOneToBeOpenedFails(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("data"), Data.random(BEGIN + LENGTH, 3));
        try (ChildJvm child = new ChildJvm(
                List.of("bash", "-c", "ulimit -n 200; exec \"$@\"", "bash"), List.of(),
                SendMain.class, List.of(file.toString()))) {
            assertEquals(List.of("with descriptors: sent", "without, open: sent",
                            "without, by its descriptor: sent",
                            "without, to be opened: java.io.FileNotFoundException: " + file
                                    + " (Too many open files)",
                            "with descriptors again: sent"),
                    child.rest(Duration.ofSeconds(60)));
            assertEquals(0, child.status());
        }
    }

    /** The child: prints what becomes of each file. */
    static final class SendMain {
        private SendMain() {}

        public static void main(String[] args) throws Exception {
            Path file = Path.of(args[0]);
            long expected = Data.checksum(Arrays.copyOfRange(
                    Files.readAllBytes(file), BEGIN, BEGIN + LENGTH));
            Errno.toException("loaded", Errno.EMFILE); // Classes are files here.
            // A loop keeps its pipes: the second has none. What the first does loads classes too.
            try (Net first = new Net(); Net second = new Net()) {
                Way warm = new Way(first, expected);
                warm.send("with descriptors", region(file));
                Net.failure(warm.channel.writeAndFlush(new DefaultFileRegion(
                        file.resolveSibling("nothing").toFile(), 0, 1)), "the region");
                Way way = new Way(second, expected);
                FileRegion open = new DefaultFileRegion(
                        FileChannel.open(file), BEGIN, LENGTH);
                FileRegion byDescriptor =
                        new OurioFileRegion(descriptor(file), BEGIN, LENGTH, () -> { });
                Deque<FileChannel> all = takeAll(file);
                way.send("without, open", open); // Has closed its descriptor.
                way.send("without, by its descriptor", byDescriptor);
                all.push(FileChannel.open(file));
                System.out.println("without, to be opened: "
                        + Net.failure(way.channel.writeAndFlush(region(file)), "the region"));
                for (FileChannel one : all) {
                    one.close();
                }
                new Way(second, expected).send("with descriptors again", region(file));
            }
        }

        private static int descriptor(Path file) {
            try (Arena call = Arena.ofConfined()) {
                return Libc.current().syscall(Linux.SYS_OPENAT, Linux.AT_FDCWD,
                        call.allocateFrom(file.toString()).address(), Linux.O_CLOEXEC, 0);
            }
        }

        private static FileRegion region(Path file) {
            return new DefaultFileRegion(file.toFile(), BEGIN, LENGTH);
        }

        private static Deque<FileChannel> takeAll(Path file) {
            Deque<FileChannel> all = new ArrayDeque<>();
            try {
                while (true) {
                    all.push(FileChannel.open(file));
                }
            } catch (IOException e) {
                return all; // It is what this is for.
            }
        }
    }

    /** A connection, and its reader. */
    private static final class Way {
        private final long expected;
        private final InputStream in;
        final Channel channel;

        Way(Net net, long expected) throws IOException {
            this.expected = expected;
            Events events = new Events();
            in = net.socket(net.listen(() -> events)).getInputStream();
            Net.until(() -> events.channel() != null, events::toString);
            channel = events.channel();
        }

        void send(String what, FileRegion region) throws IOException {
            var write = channel.writeAndFlush(region);
            boolean same = Data.checksum(in.readNBytes(LENGTH)) == expected;
            Net.await(write, what);
            System.out.println(what + (same ? ": sent" : ": something else arrived"));
        }
    }
}
