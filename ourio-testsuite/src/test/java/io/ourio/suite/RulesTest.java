// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** Breaks each rule on purpose, in a run within this run, and sees the run fail. */
class RulesTest {
    static class SkipsOne {
        @Test @Disabled("planted") void skipped() { }
    }

    @Disabled("planted")
    static class SkipsItself {
        @Test void skipped() { }
    }

    static class GivesUp {
        @Test void aborted() {
            Assumptions.abort("planted");
        }
    }

    static class LosesBuffer {
        @Test void loses() {
            PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(1);
        }
    }

    static class FailsUnseen {
        @Test void throwsOnAnEventLoop() throws Exception {
            EventLoop loop = Transport.NIO.group().next();
            loop.submit(() -> { }).addListener(done -> {
                throw new IllegalStateException("planted");
            });
            loop.submit(() -> { }).sync();
        }
    }

    static class Fails {
        @Test void fails() {
            RunningTest.onCombo("planted combo");
            fail("planted");
        }
    }

    static class BreaksNothing {
        @Test void passes() {
            PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(1).release();
        }
    }

    @Test
    void skippedTestThatIsNotListedFailsItsClass() {
        assertClassFails(SkipsOne.class, "RulesTest$SkipsOne#skipped (planted)");
    }

    @Test
    void abortedTestThatIsNotListedFailsItsClass() {
        assertClassFails(GivesUp.class, "RulesTest$GivesUp#aborted");
    }

    @Test
    void skippedClassThatIsNotListedFailsTheRun() {
        AssertionError error =
                assertThrows(AssertionError.class, () -> Outcome.allOf(SkipsItself.class));
        assertTrue(
                error.getMessage().contains("RulesTest$SkipsItself (planted)"), error::getMessage);
    }

    @Test
    void allowedSkipTellsItsReasonAndWhatEachPeerDoesThere() {
        String peers = "Netty NIO, epoll and io_uring skip it too";
        assertEquals(peers, new AllowedSkip("planted", peers).peers());
        assertRefused(" ", peers, "an allowed skip needs a reason");
        assertRefused("planted", "", "\"\" does not tell what Netty's NIO does there");
        for (String peer : AllowedSkip.PEERS) {
            String without = peers.replace(peer, "another");
            assertRefused("planted", without,
                    '"' + without + "\" does not tell what Netty's " + peer + " does there");
        }
    }

    private static void assertRefused(String reason, String peers, String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class,
                () -> new AllowedSkip(reason, peers)).getMessage());
    }

    @Test
    void lostBufferFailsItsClassAndNamesItsTest() {
        assertClassFails(LosesBuffer.class, "made in LosesBuffer.loses");
    }

    @Test
    void exceptionThatIsOnlyLoggedFailsItsClass() {
        assertClassFails(FailsUnseen.class, "IllegalStateException: planted");
    }

    @Test
    void failureNamesTheComboItCameOn() {
        Outcome outcome = Outcome.allOf(Fails.class).getFirst();
        assertEquals(Outcome.Kind.FAILED, outcome.kind());
        assertTrue(outcome.reason().contains("run 1: planted combo"), outcome::reason);
    }

    @Test
    void failureInAPrivateNetworkComesBackWithItsText() throws Exception {
        Outcome outcome = PrivateNetwork.run(Fails.class).getFirst();
        assertEquals(Outcome.Kind.FAILED, outcome.kind());
        assertTrue(outcome.reason().contains("planted"), outcome::reason);
        assertThrows(AssertionError.class, outcome::repeat);
    }

    @Test
    void brokenRuleInAPrivateNetworkFailsItsClass() throws Exception {
        Outcome last = PrivateNetwork.run(LosesBuffer.class).getLast();
        assertEquals(Outcome.Kind.FAILED, last.kind(), last::toString);
        assertTrue(last.reason().contains("made in LosesBuffer.loses"), last::reason);
    }

    @Test
    void classThatBreaksNoRulePasses() {
        List<Outcome> outcomes = Outcome.allOf(BreaksNothing.class);
        assertEquals(List.of(new Outcome("passes()", Outcome.Kind.PASSED, "")), outcomes);
    }

    private static void assertClassFails(Class<?> tests, String reason) {
        Outcome last = Outcome.allOf(tests).getLast();
        assertEquals(new Outcome("RulesTest$" + tests.getSimpleName(), Outcome.Kind.FAILED, ""),
                new Outcome(last.test(), last.kind(), ""), last::toString);
        assertTrue(last.reason().contains(reason), last::reason);
    }
}
