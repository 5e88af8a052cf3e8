// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Messages to a loop, each for the receiver of its tag. */
final class LoopMailbox extends Mailbox {
    /** By the constant, or the number. */
    private final Map<Object, Consumer<? super OurioEvent>> receivers = new ConcurrentHashMap<>();

    private volatile int limit;

    @Override
    int limit() {
        return limit;
    }

    void limit(int messages) {
        limit = checkLimit(messages);
    }

    Consumer<? super OurioEvent> receive(Object tag, Consumer<? super OurioEvent> receiver) {
        return receiver == null ? receivers.remove(tag) : receivers.put(tag, receiver);
    }

    @Override
    Throwable tell(OurioEvent event) {
        Object tag = event.constant() == null ? (Object) event.tag() : event.constant();
        Consumer<? super OurioEvent> receiver = receivers.get(tag);
        if (receiver == null) {
            event.release();
            return new IllegalStateException(
                    "nobody receives tag " + event.tagText() + " on this event loop");
        }
        try {
            receiver.accept(event);
            return null;
        } catch (Throwable failure) {
            return failure; // Which is the sender's to know.
        }
    }

    @Override
    Throwable closedCause() {
        return new RejectedExecutionException("the event loop has ended");
    }
}
