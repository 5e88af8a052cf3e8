// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.BackendKind;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.PagePipe;
import io.ourio.Ring;
import io.ourio.sys.Libc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes from a pipe to a socket by a plain call; a mock's sockets take nothing at once. */
@OnEveryBackend
class PagePipeConformanceTest extends Conformance {
    private static final int LENGTH = (3 << 20) + 777;
    private static final byte[] HELLO = "hello".getBytes();

    private World.Pair pipeWith(byte[] bytes) {
        World.Pair pipe = world.pipe();
        MemorySegment data = world.memory(bytes);
        assertEquals(bytes.length,
                Libc.current().write(pipe.peer(), data.address(), bytes.length));
        return pipe;
    }

    private boolean hasKernel() {
        return kind != BackendKind.MOCK;
    }

    @Test
    void socketTakesWhatIsInThePipe() {
        World.Pair pipe = pipeWith(HELLO);
        World.Pair pair = world.tcpPair();
        try (Ring ring = open()) {
            assertEquals(hasKernel() ? 2 : -Errno.EAGAIN,
                    ring.trySplice(pipe.ours(), pair.ours(), 2, false));
            assertEquals(hasKernel() ? 3 : -Errno.EAGAIN,
                    ring.trySplice(pipe.ours(), pair.ours(), 100, false));
            MemorySegment into = world.memory(100);
            long received = hasKernel() ? 0 : HELLO.length;
            while (received < HELLO.length) {
                received += Math.max(0, world.tryReceive(pair.peer(), into.asSlice(received)));
            }
            assertArrayEquals(hasKernel() ? HELLO : new byte[HELLO.length],
                    into.asSlice(0, received).toArray(JAVA_BYTE));
        }
    }

    @Test
    void emptyPipeAndFullSocketAreToWaitFor() {
        World.Pair pair = world.tcpPair();
        try (Ring ring = open()) {
            assertEquals(-Errno.EAGAIN,
                    ring.trySplice(world.pipe().ours(), pair.ours(), 10, false));
            world.full(pair);
            assertEquals(-Errno.EAGAIN,
                    ring.trySplice(pipeWith(HELLO).ours(), pair.ours(), 10, true));
        }
    }

    @Test
    void refusalsAreTold() {
        World.Pair pipe = pipeWith(HELLO);
        World.Pair pair = world.pair();
        world.close(pair.peer());
        try (Ring ring = open()) {
            assertThrows(IllegalArgumentException.class,
                    () -> ring.trySplice(-1, pair.ours(), 1, false));
            assertThrows(IllegalArgumentException.class,
                    () -> ring.trySplice(pipe.ours(), -1, 1, false));
            assertEquals("length 0 is not above 0", assertThrows(IllegalArgumentException.class,
                    () -> ring.trySplice(pipe.ours(), pair.ours(), 0, false)).getMessage());
            assertEquals(hasKernel() ? -Errno.EPIPE : -Errno.EAGAIN,
                    ring.trySplice(pipe.ours(), pair.ours(), 1, false));
        }
    }

    /** More than the pipe and the socket hold, to a reader that comes when both are full. */
    @Test
    void fileArrivesWhole(@TempDir Path directory) throws IOException {
        try (Ring ring = open()) {
            assertEquals(hasKernel(), ring.capabilities().pagePipes());
            if (!hasKernel()) {
                return;
            }
            byte[] content = new byte[LENGTH];
            new Random(1).nextBytes(content);
            Path path = Files.write(directory.resolve("file"), content);
            World.Pair pair = world.tcpPair();
            ByteArrayOutputStream arrived = new ByteArrayOutputStream();
            try (FileChannel file = FileChannel.open(path); PagePipe pipe = PagePipe.open()) {
                long left = 0;
                for (long at = 0; at < LENGTH || left > 0;) {
                    if (left == 0) {
                        left = file.transferTo(at, LENGTH - at, pipe.entrance());
                        assertTrue(left > 0, "at " + at);
                        at += left;
                    }
                    int sent = ring.trySplice(pipe.exit(), pair.ours(), (int) left, at < LENGTH);
                    if (sent == -Errno.EAGAIN) {
                        drain(pair, arrived);
                        finish(ring, ring.poll(pair.ours(), Ring.POLLOUT, Context.NONE));
                    } else {
                        assertTrue(sent > 0, () -> Errno.describe(-sent));
                        left -= sent;
                    }
                }
            }
            while (arrived.size() < LENGTH) {
                drain(pair, arrived);
            }
            assertArrayEquals(content, arrived.toByteArray());
        }
    }

    private void drain(World.Pair pair, ByteArrayOutputStream arrived) {
        MemorySegment into = world.memory(1 << 16);
        for (long count; (count = world.tryReceive(pair.peer(), into)) > 0;) {
            arrived.writeBytes(into.asSlice(0, count).toArray(JAVA_BYTE));
        }
    }

    @Test
    void closeLetsGoOfBothEnds() throws IOException {
        PagePipe pipe = PagePipe.open();
        String name = World.openFiles().get(pipe.exit());
        assertEquals(name, World.openFiles().get(pipe.entranceDescriptor()));
        assertEquals(3, World.openFiles().values().stream().filter(name::equals).count(),
                "the exit, and the entrance as a descriptor and as a channel");
        pipe.close();
        pipe.close();
        assertFalse(pipe.entrance().isOpen());
        assertNotEquals(name, World.openFiles().get(pipe.exit()));
        assertNotEquals(name, World.openFiles().get(pipe.entranceDescriptor()));
        assertFalse(World.openFiles().containsValue(name));
    }
}
