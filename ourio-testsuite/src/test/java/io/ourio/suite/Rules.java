// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What must hold of a run besides its tests: nothing is skipped but what is listed here, no
 * resource is lost, and no trouble is logged.
 *
 * <p>{@link SessionRules} sees what happens, {@link TestRules} makes it a failure of the class.
 */
final class Rules {
    /** Tests that no transport can run here, each with the reason. */
    static final Map<String, String> ALLOWED_SKIPS = Map.of(
            "io.ourio.suite.TlsTest$SslClientRenegotiate#testSslRenegotiationRejected",
            "BoringSSL has no renegotiation to refuse; needs OpenSSL as a shared library",
            "io.ourio.suite.TcpClientTest$ShutdownOutputBySelf"
                    + "#testWriteAfterShutdownOutputNoWritabilityChange",
            "switched off in Netty's own testsuite, for every transport",
            "io.ourio.conformance.CloseConformanceTest#memoryOfATaskInFlightOutlivesALostRing",
            "only io_uring's kernel writes into the memory of a task that waits",
            "io.ourio.conformance.FileConformanceTest"
                    + "#descriptorOfAnOpenThatWasCanceledFirstIsClosed",
            "what the script of a mock opens, it opens at once: nothing is left to cancel",
            "io.ourio.kqueue.KqueueLibraryTest#ringRunsOnALibraryThatIsInstalled",
            "no library that provides kqueue is installed");

    private static final Queue<String> BROKEN = new ConcurrentLinkedQueue<>();

    private Rules() {
    }

    static void onSkip(String test, String reason) {
        if (!ALLOWED_SKIPS.containsKey(test)) {
            BROKEN.add(
                    "skipped and not on the list of allowed skips: " + test + " (" + reason + ")");
        }
    }

    static void onTrouble(String trouble) {
        BROKEN.add(trouble);
    }

    /** Reports each broken rule once: the first caller after it happened gets the error. */
    static void check() {
        BROKEN.addAll(Leaks.collect());
        if (!BROKEN.isEmpty()) {
            List<String> broken = List.copyOf(BROKEN);
            BROKEN.removeAll(broken);
            throw new AssertionError(
                    broken.size() + " broken rule(s):\n" + String.join("\n", broken));
        }
    }
}
