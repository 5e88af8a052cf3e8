// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.netty.bootstrap.Bootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketConnectionAttemptTest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Netty's tests of connecting to a host that refuses or never answers. They run in a network of
 * their own: elsewhere, who knows what answers for an address that nobody has.
 */
class ConnectionAttemptTest {
    /** Not nested: only {@link PrivateNetwork} runs it. */
    static class ConnectionAttempt extends SocketConnectionAttemptTest {
        @Override protected List<BootstrapFactory<Bootstrap>> newFactories() {
            return OurioPermutation.clientSocket();
        }
    }

    @TestFactory
    Stream<DynamicTest> inItsOwnNetwork() throws Exception {
        List<Outcome> outcomes = PrivateNetwork.run(ConnectionAttempt.class);
        Stream<DynamicTest> count = Stream.of(dynamicTest("every test has an outcome",
                () -> assertEquals(testCount(), outcomes.size(), outcomes::toString)));
        return Stream.concat(count,
                outcomes.stream().map(outcome -> dynamicTest(outcome.test(), outcome::repeat)));
    }

    private static int testCount() {
        return AnnotationSupport.findAnnotatedMethods(
                ConnectionAttempt.class, Test.class, HierarchyTraversalMode.TOP_DOWN).size();
    }
}
