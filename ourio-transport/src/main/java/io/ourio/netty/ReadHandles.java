// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.util.UncheckedBooleanSupplier;

/** What the application's {@link RecvByteBufAllocator} says of one channel's reads. */
@SuppressWarnings("deprecation") // Netty deprecates the plain handle, and returns it everywhere.
final class ReadHandles {
    private ReadHandles() {}

    /** The handle of a channel, which is the same for all of its life. */
    static ExtendedHandle of(Channel channel) {
        RecvByteBufAllocator.Handle handle = channel.unsafe().recvBufAllocHandle();
        return handle instanceof ExtendedHandle extended ? extended : new Plain(handle);
    }

    /** A handle that cannot be told whether there is more. */
    private record Plain(RecvByteBufAllocator.Handle handle) implements ExtendedHandle {
        @Override
        public boolean continueReading(UncheckedBooleanSupplier more) {
            return handle.continueReading();
        }

        @Override
        public boolean continueReading() {
            return handle.continueReading();
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return handle.allocate(allocator);
        }

        @Override
        public int guess() {
            return handle.guess();
        }

        @Override
        public void reset(ChannelConfig config) {
            handle.reset(config);
        }

        @Override
        public void incMessagesRead(int count) {
            handle.incMessagesRead(count);
        }

        @Override
        public void lastBytesRead(int bytes) {
            handle.lastBytesRead(bytes);
        }

        @Override
        public int lastBytesRead() {
            return handle.lastBytesRead();
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            handle.attemptedBytesRead(bytes);
        }

        @Override
        public int attemptedBytesRead() {
            return handle.attemptedBytesRead();
        }

        @Override
        public void readComplete() {
            handle.readComplete();
        }
    }
}
