// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.RingMetrics;

/**
 * What an event loop has done since it was made, by plain counters that its thread keeps: {@link
 * OurioEventLoop#metrics()}.
 *
 * @param ring what its ring has done
 * @param bytesCopied bytes that were received into provided buffers and copied out of them
 * @param bytesLent bytes that were handed to the pipelines where they lay
 * @param loans buffers of such bytes that were handed out
 * @param zeroCopySends sends that the kernel was asked to do without a copy, see {@link
 *     OurioChannelOption#ZERO_COPY_THRESHOLD}
 * @param zeroCopySendsCopied those of them that it has copied all the same
 */
public record OurioLoopMetrics(
        RingMetrics ring, long bytesCopied, long bytesLent, long loans,
        long zeroCopySends, long zeroCopySendsCopied) {}
