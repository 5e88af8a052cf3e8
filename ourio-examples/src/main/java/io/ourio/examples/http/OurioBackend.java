// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.ourio.BackendKind;
import io.ourio.BackendUnavailableException;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.netty.Ourio;

/** The backend that Ourio chose, or that it is told to take. */
final class OurioBackend {
    private static final String PREFIX = "backend: ";

    private OurioBackend() {
    }

    /** {@return the name, which the first line of the report begins with} */
    static String name() {
        String first = Ourio.report().lines().findFirst().orElse("");
        if (!first.startsWith(PREFIX)) {
            throw new IllegalStateException("no backend in the report of Ourio: " + first);
        }
        return first.substring(PREFIX.length());
    }

    /** {@return options for rings on epoll} */
    static RingOptions epoll() {
        return RingOptions.defaults().withBackend(BackendKind.EPOLL);
    }

    /** {@return why there is no epoll here, or null} */
    static Throwable epollUnavailabilityCause() {
        try {
            Ring.open(epoll()).close();
            return null;
        } catch (BackendUnavailableException e) {
            return e;
        }
    }
}
