// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Holds {@link Rules} after every file of tests, and tells failures on which combo they came. */
public final class TestRules
        implements BeforeEachCallback, TestExecutionExceptionHandler, AfterAllCallback {
    @Override
    public void beforeEach(ExtensionContext context) {
        RunningTest.onStart(context.getRequiredTestClass().getSimpleName() + "."
                + context.getRequiredTestMethod().getName() + " " + context.getDisplayName());
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        failure.addSuppressed(new Where(RunningTest.describe()));
        Transport.abandonGroups();
        throw failure;
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (context.getEnclosingTestClasses().isEmpty()) { // the search for leaks takes its time
            Rules.check();
        }
    }

    /** Not thrown: a line in the failure's stack trace. */
    private static final class Where extends Exception {
        private static final long serialVersionUID = 1;

        Where(String where) {
            super(where, null, false, false);
        }
    }
}
