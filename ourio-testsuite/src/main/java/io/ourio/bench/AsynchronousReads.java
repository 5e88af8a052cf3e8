// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Reads of which several are in flight, made by the threads of the JDK's own pool. */
final class AsynchronousReads {
    private final AsynchronousFileChannel channel;
    private final Blocks blocks;
    private final ByteBuffer[] buffers;

    AsynchronousReads(AsynchronousFileChannel channel, Blocks blocks, int inFlight) {
        this.channel = channel;
        this.blocks = blocks;
        buffers = new ByteBuffer[inFlight];
        for (int i = 0; i < inFlight; i++) {
            buffers[i] = ByteBuffer.allocateDirect(Blocks.SIZE);
        }
    }

    /** All of them. */
    void run() {
        Run run = new Run();
        for (ByteBuffer buffer : buffers) {
            new Slot(run, buffer).next();
        }
        run.end.join();
    }

    /** What the slots of one run share. */
    private static final class Run {
        final AtomicInteger next = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();
        final CompletableFuture<Void> end = new CompletableFuture<>();
    }

    /** One read, and when it is done the next one. */
    private final class Slot implements CompletionHandler<Integer, Integer> {
        private final Run run;
        private final ByteBuffer buffer;

        Slot(Run run, ByteBuffer buffer) {
            this.run = run;
            this.buffer = buffer;
        }

        void next() {
            int index = run.next.getAndIncrement();
            if (index < blocks.reads()) {
                channel.read(buffer.clear(), blocks.offset(index), index, this);
            }
        }

        @Override
        public void completed(Integer length, Integer index) {
            try {
                blocks.check(index, length, buffer.getLong(0));
            } catch (AssertionError wrong) {
                failed(wrong, index);
                return;
            }
            if (run.done.incrementAndGet() == blocks.reads()) {
                run.end.complete(null);
            }
            next();
        }

        @Override
        public void failed(Throwable failure, Integer index) {
            run.end.completeExceptionally(failure);
        }
    }
}
