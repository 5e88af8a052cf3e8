// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.ourio.BackendKind;
import io.ourio.kqueue.EmulatedKqueue;
import java.io.PrintWriter;
import java.util.Arrays;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs conformance tests, or others, in a JVM of its own, whose properties turn parts of the
 * backend off.
 * Its last line says how it went; the status is 0 only if something ran and all of it passed.
 */
public final class ConformanceMain {
    static final Class<?>[] TESTS = {
        RingConformanceTest.class, CancelConformanceTest.class, BufferConformanceTest.class,
        QueueConformanceTest.class, SubmitConformanceTest.class, CloseConformanceTest.class,
        BadInputConformanceTest.class,
        FileConformanceTest.class, OpenConformanceTest.class, PathConformanceTest.class,
        MessageConformanceTest.class,
        OperationConformanceTest.class,
        MsgRingConformanceTest.class, MsgRingEndConformanceTest.class,
        PollableConformanceTest.class
    };

    private ConformanceMain() {}

    /**
     * Runs the classes (or {@code Class#method}) of this package, those of other packages by their
     * full names, or all conformance tests.
     */
    public static void main(String... names) {
        EmulatedKqueue.installOnLinux(); // As the listener of a session does, which we have not.
        if (System.getProperty(Conformance.ONLY) == null) {
            // What most children are about are features and limits of io_uring.
            System.setProperty(Conformance.ONLY, BackendKind.IO_URING.id());
        }
        var builder = LauncherDiscoveryRequestBuilder.request();
        if (names.length == 0) {
            Arrays.stream(TESTS).forEach(test -> builder.selectors(selectClass(test)));
        }
        for (String name : names) {
            String full = name.contains(".")
                    ? name : ConformanceMain.class.getPackageName() + '.' + name;
            builder.selectors(name.contains("#")
                    ? DiscoverySelectors.selectMethod(full) : selectClass(full));
        }
        // The rules of the suite are about Netty, which has no part in this.
        LauncherDiscoveryRequest request = builder
                .filters(TagFilter.excludeTags("full")) // A child is waited for.
                .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "false")
                .build();
        LauncherConfig config = LauncherConfig.builder()
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create(config).execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out), 12);
        System.out.println(outcome(summary.getTestsSucceededCount(),
                summary.getTestsSkippedCount() + summary.getTestsAbortedCount(),
                summary.getTotalFailureCount()));
        System.exit(summary.getTestsSucceededCount() > 0 && summary.getTotalFailureCount() == 0
                ? 0 : 1);
    }

    static String outcome(long passed, long skipped, long failed) {
        return passed + " passed, " + skipped + " skipped, " + failed + " failed";
    }
}
