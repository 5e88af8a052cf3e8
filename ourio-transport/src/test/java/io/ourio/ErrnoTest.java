// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrnoTest {
    @ParameterizedTest
    @CsvSource({
        "connect, 111, java.net.ConnectException",
        "connect, 110, java.net.ConnectException",
        "recv, 110, java.net.SocketException",
        "connect, 113, java.net.NoRouteToHostException",
        "connect, 101, java.net.NoRouteToHostException",
        "bind, 98, java.net.BindException",
        "listen, 98, java.net.BindException",
        "bind, 99, java.net.BindException",
        "bind, 13, java.net.BindException",
        "connect, 13, java.net.SocketException",
        "recv, 104, java.net.SocketException",
        "accept, 103, java.net.SocketException",
        "shutdown, 107, java.net.SocketException",
        "setsockopt, 92, java.net.ProtocolException",
        "getsockopt, 95, java.net.ProtocolException",
        "listen, 95, java.net.SocketException",
        "open, 2, java.io.FileNotFoundException",
        "send, 32, java.io.IOException",
        "socket, 24, java.io.IOException",
        "read, 9999, java.io.IOException",
    })
    void kernelErrorBecomesTheExceptionOfTheJdk(String call, int errno, Class<?> type) {
        IOException refused = Errno.toException(call, errno);
        assertSame(type, refused.getClass());
        assertTrue(refused.getMessage().startsWith(call + ": " + Errno.describe(errno)),
                refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "104, Connection reset", "32, Broken pipe", "111, Connection refused",
        "110, Connection timed out",
    })
    void messageHasTheWordsThatProgramsSearchFor(int errno, String words) {
        assertTrue(Errno.toException("send", errno).getMessage().contains(words),
                Errno.describe(errno));
    }

    @ParameterizedTest
    @CsvSource({
        "bind, 98, SO_REUSEPORT", "bind(0.0.0.0:80), 13, CAP_NET_BIND_SERVICE",
        "bind, 99, IP_FREEBIND", "connect, 99, ip_local_port_range",
        "setsockopt(IP_TRANSPARENT), 1, CAP_NET_ADMIN",
        "socket, 24, ulimit", "socket, 23, file-max",
    })
    void messageSaysWhatToDo(String call, int errno, String advice) {
        String message = Errno.toException(call, errno).getMessage();
        assertTrue(message.contains(advice), message);
    }

    @Test
    void adviceForOneCallIsNotGivenForAnotherThatBeginsAlike() {
        String message = Errno.toException("bindings", Errno.EADDRINUSE).getMessage();
        assertFalse(message.contains("SO_REUSEPORT"), message);
    }

    @Test
    void everyNumberHasItsOwnNameInItsDescription() throws IllegalAccessException {
        Map<Integer, String> names = new HashMap<>();
        for (var field : Errno.class.getFields()) {
            assertTrue(Modifier.isStatic(field.getModifiers()), field.getName());
            int errno = field.getInt(null);
            assertEquals(null, names.put(errno, field.getName()), "twice: " + errno);
            String wanted = field.getName() + " (" + errno + "): ";
            assertTrue(Errno.describe(errno).startsWith(wanted), Errno.describe(errno));
        }
        assertTrue(names.size() > 40, () -> Arrays.toString(names.values().toArray()));
    }
}
