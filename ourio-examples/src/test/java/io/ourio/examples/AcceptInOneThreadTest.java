// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class AcceptInOneThreadTest {
    @Test
    void twoThreadsServeInTurn() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        AcceptInOneThread.play(told::add);
        assertEquals(4, told.size(), told::toString);
        for (int i = 0; i < told.size(); i++) {
            assertEquals(server(told.get(i % 2)), server(told.get(i)), told::toString);
            assertEquals("connection " + (i + 1) + " is served by ourio-ring-",
                    told.get(i).replaceAll("[0-9]+$", ""));
        }
        assertEquals(server(told.getFirst()) + 1, server(told.get(1)), told::toString);
    }

    private static int server(String line) {
        return Integer.parseInt(line.replaceAll(".*-", ""));
    }
}
