// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/**
 * What a ring can do that not every kernel can.
 *
 * @param multishotAccept {@link Ring#acceptMultishot} works
 * @param multishotRecv {@link Ring#recvMultishot}, {@link Ring#recvmsgMultishot} and the buffers
 *     for them work
 * @param zeroCopySend {@link Ring#sendZeroCopy} can do without a copy
 * @param zeroCopySendmsg {@link Ring#sendmsgZeroCopy} can
 * @param pagePipes the pages of files reach sockets through a {@link PagePipe}
 * @param submitsAtOnce one system call hands over all tasks that are queued, so that {@link
 *     Ring#submit} of many costs less than as many {@link Ring#trySend}; elsewhere each task is a
 *     call of its own
 */
public record Capabilities(boolean multishotAccept, boolean multishotRecv, boolean zeroCopySend,
        boolean zeroCopySendmsg, boolean pagePipes, boolean submitsAtOnce) {}
