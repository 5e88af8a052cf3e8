// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.ourio.kqueue.EmulatedKqueue;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Watches a whole JVM of tests: turns leak detection on before the first class is loaded, notes
 * skips, and ends with a last check for what came after the last test of a class.
 */
public final class SessionRules implements LauncherSessionListener, TestExecutionListener {
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Leaks.install();
        EmulatedKqueue.installOnLinux();
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        Rules.onSkip(name(test), reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            Rules.onSkip(
                    name(test), result.getThrowable().map(Throwable::toString).orElse("aborted"));
        }
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        Rules.check();
    }

    private static String name(TestIdentifier test) {
        TestSource source = test.getSource().orElse(null);
        return switch (source) {
            case MethodSource method -> method.getClassName() + "#" + method.getMethodName();
            case ClassSource type -> type.getClassName();
            case null, default -> test.getUniqueId();
        };
    }
}
