// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.ourio.Callback;
import io.ourio.Context;
import io.ourio.Task;
import java.util.ArrayDeque;

/**
 * The sends of one channel on one loop that the kernel makes without a copy. Such a send completes
 * when its bytes are on their way, and the {@link WriteLoop} goes on with the next; its buffers are
 * held until it completes once more, when the peer has taken the bytes and the kernel needs the
 * memory no longer. So there is a send in flight as always, and several that wait for their end.
 */
final class ZeroCopySends {
    /** How many sends may hold their buffers at a time; further ones are copied. */
    static final int MOST = 16;

    private static final Callback COMPLETED =
            (ring, task) -> task.target(Send.class).completed(task);

    private final AbstractOurioStreamChannel channel;
    private final WriteLoop writes;
    private final OurioIoHandler loop;
    private final ArrayDeque<Send> free = new ArrayDeque<>(1);
    private int unfinished;

    /** The channel does not wait for the sends any more, and may be with another loop. */
    private boolean left;

    ZeroCopySends(AbstractOurioStreamChannel channel, WriteLoop writes) {
        this.channel = channel;
        this.writes = writes;
        loop = channel.loop();
    }

    boolean hasRoom() {
        return unfinished < MOST;
    }

    /** Whether the kernel may still need buffers of the channel. */
    boolean isBusy() {
        return unfinished > 0;
    }

    /** The channel goes. Buffers are held for as long as before, and released by this loop. */
    void leave() {
        left = true;
    }

    /** Starts a send of the pieces, which keep their buffers; others take their place. */
    Send start(Pieces gathered) {
        Send send = free.isEmpty() ? new Send() : free.pop();
        send.start(gathered);
        unfinished++;
        loop.zeroCopySends++;
        return send;
    }

    /** From its start until the kernel has let go of its memory. */
    final class Send {
        private final Task task = loop.ring().task(new Context(this, BuiltInTag.SEND, COMPLETED));

        private Pieces pieces = new Pieces();

        /** Empty ones, for the channel to gather in. */
        private Pieces spare;

        /** The bytes are on their way. */
        private boolean sent;

        private void start(Pieces gathered) {
            spare = pieces;
            pieces = gathered;
            sent = false;
            pieces.sendZeroCopy(loop.ring(), channel.descriptor(), task);
        }

        Pieces spare() {
            return spare;
        }

        void cancel() {
            task.cancel(Context.NONE);
        }

        private void completed(Task completed) {
            boolean first = !sent;
            sent = true;
            int result = completed.result();
            if (!completed.hasMore()) {
                end(result > 0 && completed.wasCopied());
            }
            if (first) {
                writes.sentZeroCopy(completed, result);
            } else if (!left) {
                channel.checkQuiet();
            }
        }

        private void end(boolean copied) {
            pieces.clear();
            unfinished--;
            free.push(this);
            if (copied) {
                loop.zeroCopySendsCopied++;
                if (!left) {
                    writes.stopZeroCopy();
                }
            }
        }
    }
}
