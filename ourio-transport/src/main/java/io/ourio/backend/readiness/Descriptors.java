// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import java.util.Arrays;

/**
 * The descriptors of one ring by their numbers, and two lists of them: those that something was
 * told of, and those of which the poller must be told something. A number that was waited for once
 * keeps its object, which is used again with it.
 */
final class Descriptors {
    private static final int INITIAL = 64;

    private Descriptor[] byNumber = new Descriptor[INITIAL];
    private Descriptor firstReady;
    private Descriptor lastReady;
    private Descriptor firstChanged;

    /** The one with this number, made if there is none. */
    Descriptor of(int fd) {
        Descriptor found = find(fd);
        if (found != null) {
            return found;
        }
        if (fd >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(fd + 1, byNumber.length * 2));
        }
        return byNumber[fd] = new Descriptor(fd);
    }

    /** The one with this number, or null if nobody has ever waited for it. */
    Descriptor find(int fd) {
        return fd < byNumber.length ? byNumber[fd] : null;
    }

    /** The number is the poller's own now: of the file before, the system is told nothing. */
    void forget(int fd) {
        Descriptor before = find(fd);
        if (before != null) {
            before.armed = 0;
            before.registered = false;
        }
    }

    /** The poller's word: the descriptor is ready for {@code events}, of {@code poll(2)}. */
    void ready(Descriptor descriptor, int events) {
        if (descriptor.ready == 0) {
            descriptor.nextReady = null;
            if (firstReady == null) {
                firstReady = descriptor;
            } else {
                lastReady.nextReady = descriptor;
            }
            lastReady = descriptor;
        }
        descriptor.ready |= events;
    }

    /** The poller's word: the system does not poll the descriptor, and why, an {@code Errno}. */
    void refused(Descriptor descriptor, int errno) {
        descriptor.refusal = errno;
        ready(descriptor, Descriptor.BROKEN);
    }

    boolean anyReady() {
        return firstReady != null;
    }

    /** The last of those that are ready by now, where a turn ends; or null. */
    Descriptor lastReady() {
        return lastReady;
    }

    /** Takes the next one that is ready; there must be one. */
    Descriptor takeReady() {
        Descriptor descriptor = firstReady;
        firstReady = descriptor.nextReady;
        if (firstReady == null) {
            lastReady = null;
        }
        return descriptor;
    }

    /** Has the poller told, before it polls, what is wanted of the descriptor now. */
    void changed(Descriptor descriptor) {
        if (!descriptor.changed) {
            descriptor.changed = true;
            descriptor.nextChanged = firstChanged;
            firstChanged = descriptor;
        }
    }

    /** Tells the poller of all that has changed. */
    void settle(Poller poller) {
        while (firstChanged != null) {
            Descriptor descriptor = firstChanged;
            firstChanged = descriptor.nextChanged;
            descriptor.changed = false;
            descriptor.settle(poller);
        }
    }
}
