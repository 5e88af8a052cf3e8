// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Makes a warning or error of Netty or of Ourio a broken rule. An event loop that fails, an
 * option that nobody knows, a promise completed twice: Netty logs them and goes on, and the test
 * passes.
 */
public final class LoggedTrouble extends AppenderBase<ILoggingEvent> {
    private static final String LAST_RESORT = "An exceptionCaught() event was fired";
    private static final String UNKNOWN_OPTION = "Unknown channel option";

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getLevel().isGreaterOrEqual(Level.WARN) && !isFromTest(event)
                && !isExpected(event)) {
            Rules.onTrouble("logged in " + RunningTest.describe() + ": " + event.getLevel() + " ["
                    + event.getThreadName() + "] " + event.getFormattedMessage() + trace(event));
        }
    }

    /** Tests tell by failing what is wrong, and log much on the way. */
    private static boolean isFromTest(ILoggingEvent event) {
        return event.getLoggerName().startsWith("io.netty.testsuite.")
                || event.getLoggerName().startsWith("io.ourio.suite.");
    }

    private static boolean isExpected(ILoggingEvent event) {
        String message = event.getFormattedMessage();
        if (message.startsWith(LAST_RESORT)) {
            return failure(event) instanceof IOException; // a reset, where no handler cares
        }
        if (message.startsWith(UNKNOWN_OPTION)) {
            return !message.contains("io.ourio.") // what the peers do not know is not our matter
                    || message.contains("ALLOW_HALF_CLOSURE"); // SocketHalfClosedTest, on a server
        }
        return false;
    }

    private static Throwable failure(ILoggingEvent event) {
        return event.getThrowableProxy() instanceof ThrowableProxy proxy
                ? proxy.getThrowable() : null;
    }

    private static String trace(ILoggingEvent event) {
        Throwable failure = failure(event);
        return failure == null ? "" : "\n" + failure + Arrays.stream(failure.getStackTrace())
                .map(frame -> "\n\tat " + frame).collect(Collectors.joining());
    }
}
