// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;

/** How Netty's own io_uring transport is told to receive into a ring of provided buffers. */
final class NettyBufferRing {
    private static final short GROUP = 1;
    private static final short BUFFERS = 128;
    // 128 x 32 KiB: 4 MiB for each event loop, however many connections it has.
    private static final int BUFFER_BYTES = 32 * 1024;

    private NettyBufferRing() {
    }

    static Throwable unavailabilityCause() {
        Throwable cause = IoUring.unavailabilityCause();
        if (cause == null && !IoUring.isRegisterBufferRingSupported()) {
            return new UnsupportedOperationException(
                    "this kernel has no IORING_REGISTER_PBUF_RING; it needs Linux 5.19 or later");
        }
        return cause;
    }

    static IoHandlerFactory newFactory() {
        return IoUringIoHandler.newFactory(new IoUringIoHandlerConfig().setBufferRingConfig(
                IoUringBufferRingConfig.builder()
                        .bufferGroupId(GROUP)
                        .bufferRingSize(BUFFERS)
                        .batchSize(BUFFERS / 2)
                        .allocator(new IoUringFixedBufferRingAllocator(BUFFER_BYTES))
                        .build()));
    }

    static void configure(ServerBootstrap bootstrap) {
        bootstrap.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP);
    }
}
