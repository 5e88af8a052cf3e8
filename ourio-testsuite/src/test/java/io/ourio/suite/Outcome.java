// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.opentest4j.TestAbortedException;

/**
 * How one test ended, or what went wrong with its class; text only, so that it can come from
 * another JVM.
 *
 * @param reason of a failure with the stack trace, or of a skip; empty after a success
 */
record Outcome(String test, Kind kind, String reason) implements Serializable {
    enum Kind { PASSED, FAILED, SKIPPED }

    /**
     * Runs a class of tests in this JVM, as the build runs them, and returns what became of each.
     *
     * @throws AssertionError if a rule is broken that no class answers for
     */
    static List<Outcome> allOf(Class<?> tests) {
        Recorder recorder = new Recorder();
        try (LauncherSession session = LauncherFactory.openSession()) {
            session.getLauncher().execute(LauncherDiscoveryRequestBuilder.request()
                    .selectors(DiscoverySelectors.selectClass(tests)).build(), recorder);
        }
        return recorder.outcomes;
    }

    /** Ends the calling test in the same way. */
    void repeat() {
        switch (kind) {
            case PASSED -> { }
            case FAILED -> throw new AssertionError(reason);
            case SKIPPED -> throw new TestAbortedException(reason);
        }
    }

    private static final class Recorder implements TestExecutionListener {
        private final List<Outcome> outcomes = new ArrayList<>();

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            outcomes.add(new Outcome(test.getDisplayName(), Kind.SKIPPED, reason));
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            Kind kind = switch (result.getStatus()) {
                case SUCCESSFUL -> Kind.PASSED;
                case FAILED -> Kind.FAILED;
                case ABORTED -> Kind.SKIPPED;
            };
            if (test.isTest() || kind != Kind.PASSED) {
                String reason = result.getThrowable().map(Recorder::text).orElse("");
                outcomes.add(new Outcome(test.getDisplayName(), kind, reason));
            }
        }

        private static String text(Throwable failure) {
            StringWriter text = new StringWriter();
            failure.printStackTrace(new PrintWriter(text));
            return text.toString();
        }
    }
}
