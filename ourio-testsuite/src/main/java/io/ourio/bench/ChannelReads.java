// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Reads that their thread waits for, one after the other. */
final class ChannelReads {
    private final FileChannel channel;
    private final Blocks blocks;

    ChannelReads(FileChannel channel, Blocks blocks) {
        this.channel = channel;
        this.blocks = blocks;
    }

    /** All of them, each thread every n-th. */
    void run(int threads) throws Exception {
        if (threads == 1) {
            read(0, 1);
            return;
        }
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> parts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread;
                parts.add(executor.submit(() -> {
                    read(first, threads);
                    return null;
                }));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        }
    }

    private void read(int first, int step) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(2 * Blocks.SIZE).alignedSlice(Blocks.SIZE);
        for (int i = first; i < blocks.reads(); i += step) {
            buffer.clear().limit(Blocks.SIZE);
            int length = channel.read(buffer, blocks.offset(i));
            blocks.check(i, length, buffer.getLong(0));
        }
    }
}
