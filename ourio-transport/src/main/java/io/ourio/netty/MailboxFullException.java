// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.util.concurrent.RejectedExecutionException;

/**
 * A message was refused because as many as may wait do wait: see {@link
 * OurioChannelOption#MAILBOX_LIMIT} and {@link OurioEventLoop#mailboxLimit(int)}. Nothing of it
 * was delivered; the sender may try again later, or drop something.
 */
public final class MailboxFullException extends RejectedExecutionException {
    private static final long serialVersionUID = 1;

    MailboxFullException(int limit) {
        super(limit + " messages wait to be delivered, and no more than that may");
    }
}
