// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.BlockingOperationException;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;

/**
 * A message in a {@link Mailbox}, and the promise of it: one object for both. Listeners run in the
 * thread that ends it, since the loop it is for may have ended.
 */
final class Letter extends DefaultPromise<Void> {
    final OurioEvent event;
    private final Mailbox mailbox;

    /** The letter before it on the stack, or behind it once the stack was turned round. */
    Letter next;

    /** It has one of the places of a mailbox with a limit, until it is taken out. */
    boolean counted;

    Letter(Mailbox mailbox, OurioEvent event) {
        this.mailbox = mailbox;
        this.event = event;
    }

    @Override
    protected EventExecutor executor() {
        return ImmediateEventExecutor.INSTANCE;
    }

    /** Who waits in the thread that delivers waits for ever. */
    @Override
    protected void checkDeadLock() {
        EventExecutor home = mailbox.home();
        if (home != null && home.inEventLoop()) {
            throw new BlockingOperationException(toString());
        }
    }

    /** Releases what nobody will get before anybody is told. */
    void fail(Throwable cause) {
        boolean wanted = setUncancellable();
        ReferenceCountUtil.safeRelease(event);
        if (wanted) {
            tryFailure(cause);
        }
    }
}
