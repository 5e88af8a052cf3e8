// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ListeningTest {
    @Test
    void lineGivesAddressTransportAndBackend() {
        assertEquals(
                Optional.of(new Listening(URI.create("http://127.0.0.1:41467"), "netty-io_uring",
                        "io_uring, with a buffer ring")),
                Listening.parse("listening on http://127.0.0.1:41467, transport netty-io_uring,"
                        + " backend io_uring, with a buffer ring"));
    }

    @Test
    void otherLinesGiveNothing() {
        assertEquals(Optional.empty(), Listening.parse("INFO: starting"));
        assertEquals(Optional.empty(), Listening.parse("listening on http://127.0.0.1:80"));
    }
}
