// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.Task;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Reads by a ring, of which some are in flight. */
final class RingReads implements AutoCloseable {
    private static final ValueLayout.OfLong NUMBER =
            JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Ring ring;
    private final int file;
    private final Blocks blocks;
    private final Slot[] slots;
    private final Arena arena = Arena.ofAuto();
    private int next;
    private AssertionError wrong;

    RingReads(Ring ring, Path path, Blocks blocks, int inFlight, boolean direct)
            throws IOException {
        this.ring = ring;
        this.blocks = blocks;
        Task open = ring.open(path.toString(),
                direct ? OpenFlags.DIRECT : OpenFlags.READ, 0, Context.NONE);
        ring.run(RunMode.UNTIL_DONE);
        if (open.result() < 0) {
            throw Errno.toException("open " + path, open.errno());
        }
        file = open.result();
        slots = new Slot[inFlight];
        for (int i = 0; i < inFlight; i++) {
            slots[i] = new Slot();
        }
    }

    /** All of them. */
    void run() {
        next = 0;
        for (Slot slot : slots) {
            slot.next();
        }
        ring.run(RunMode.UNTIL_DONE);
        if (wrong != null) {
            throw wrong;
        }
    }

    /** One read, and when it is done the next one. */
    private final class Slot {
        private final MemorySegment memory = arena.allocate(Blocks.SIZE, Blocks.SIZE);
        private final Task task = ring.task(new Context(this, 0, (_, _) -> completed()));
        private int index;

        void next() {
            if (next < blocks.reads()) {
                index = next++;
                ring.read(file, memory.address(), Blocks.SIZE, blocks.offset(index), task);
            }
        }

        private void completed() {
            try {
                blocks.check(index, task.result(), memory.get(NUMBER, 0));
            } catch (AssertionError failure) {
                wrong = failure; // No other one of this slot.
                return;
            }
            next();
        }
    }

    @Override
    public void close() {
        ring.close(file, Context.NONE);
        ring.run(RunMode.UNTIL_DONE);
    }
}
