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
    /** What Netty's own transports do in a test that is not Netty's. */
    private static final String NONE = "Netty NIO, epoll and io_uring have no such test: ";

    /** Tests that no transport can run here, by their names. */
    static final Map<String, AllowedSkip> ALLOWED_SKIPS = Map.of(
            "io.ourio.suite.TlsTest$SslClientRenegotiate#testSslRenegotiationRejected",
            new AllowedSkip(
                    "BoringSSL has no renegotiation to refuse; needs OpenSSL as a shared library",
                    "Netty NIO, epoll and io_uring skip it too, in all 64 sets of parameters"),
            "io.ourio.suite.TcpClientTest$ShutdownOutputBySelf"
                    + "#testWriteAfterShutdownOutputNoWritabilityChange",
            new AllowedSkip("switched off in Netty's own testsuite, for every transport",
                    "Netty NIO, epoll and io_uring skip it too, by the same annotation"),
            "io.ourio.conformance.CloseConformanceTest#memoryOfATaskInFlightOutlivesALostRing",
            new AllowedSkip(
                    "only io_uring's kernel writes into the memory of a task that waits",
                    NONE + "it is about a ring without channels"),
            "io.ourio.conformance.OpenConformanceTest"
                    + "#descriptorOfAnOpenThatWasCanceledFirstIsClosed",
            new AllowedSkip(
                    "what the script of a mock opens, it opens at once: nothing is left to cancel",
                    NONE + "none of them opens files"),
            "io.ourio.kqueue.KqueueLibraryTest#ringRunsOnALibraryThatIsInstalled",
            new AllowedSkip("no library that provides kqueue is installed",
                    NONE + "none of them runs on kqueue"),
            "io.ourio.netty.FileRegionTest#fileOfHugePagesArrives",
            new AllowedSkip("the kernel was built without files of huge pages",
                    NONE + "nothing is known of their doing"));

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
