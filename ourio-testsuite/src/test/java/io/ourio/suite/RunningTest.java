// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

/**
 * Which test runs now, and on what: failures and leaks are told with it. One test runs at a time;
 * its body may run on another thread than its set-up.
 */
final class RunningTest {
    private static volatile String name = "no test";
    private static volatile String combo = "";
    private static int runs;

    private RunningTest() {
    }

    static synchronized void onStart(String test) {
        name = test;
        combo = "";
        runs = 0;
    }

    /** A test of Netty's runs its body once a combo and allocator: pooled first, then adaptive. */
    static synchronized void onCombo(Object sides) {
        runs++;
        combo = ", run " + runs + ": " + sides;
    }

    static String describe() {
        return name + combo;
    }
}
