// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The file descriptors of one mock: which are open, and who opened them. For any thread. */
final class Descriptors {
    /** Above all that a system gives out, so that a call which misses the mock hits nothing. */
    private static final int FIRST = 2_000_001;

    private final Map<Integer, String> open = new TreeMap<>();
    private final Set<Integer> closed = new HashSet<>();
    private int next = FIRST;

    /** Opens a number that was never used before: a use after the close can then be seen. */
    synchronized int open(String opener) {
        int fd = next++;
        open.put(fd, opener);
        return fd;
    }

    /** Opens this number. Returns false if it is open. */
    synchronized boolean open(int fd, String opener) {
        closed.remove(fd);
        return open.putIfAbsent(fd, opener) == null;
    }

    /** Returns false if it is not open. */
    synchronized boolean close(int fd) {
        if (open.remove(fd) == null) {
            return false;
        }
        closed.add(fd);
        return true;
    }

    synchronized boolean isOpen(int fd) {
        return open.containsKey(fd);
    }

    /** Whether it was open once and is not any more. */
    synchronized boolean wasClosed(int fd) {
        return closed.contains(fd);
    }

    /** What is open, each with its opener; told once. */
    synchronized List<String> takeOpen() {
        List<String> left = new ArrayList<>();
        open.forEach((fd, opener) -> left.add("fd " + fd + " (" + opener + ')'));
        open.clear();
        return left;
    }
}
