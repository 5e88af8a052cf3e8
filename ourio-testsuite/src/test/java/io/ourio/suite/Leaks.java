// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds every buffer (and every other tracked resource) that a test lost: Netty's leak detection
 * at its strictest level, with the findings collected instead of only logged.
 *
 * <p>Netty reports a leak when it tracks the next resource after the garbage collector has found
 * the lost one. {@link #collect} makes that certain: it loses a marker in each detector and goes
 * on until every marker has been reported. What was lost before has then been reported as well,
 * and a detection that does not work is itself an error.
 */
final class Leaks {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MARKER = "lost on purpose, marker ";
    private static final List<Detector<?>> DETECTORS = new CopyOnWriteArrayList<>();
    private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();
    private static int markers;

    private Leaks() {
    }

    /** To be called before any class of Netty's is initialised that tracks its resources. */
    static void install() {
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    /**
     * Returns what has been lost since the last call, each with the test that made it.
     *
     * @throws IllegalStateException if leak detection does not work
     */
    static synchronized List<String> collect() {
        markers++;
        for (Detector<?> detector : DETECTORS) {
            detector.loseMarker(MARKER + markers);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (Detector<?> detector : DETECTORS) {
            while (detector.markersReported.get() < markers) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("Leak detection does not work: marker "
                            + markers + " was lost " + PATIENCE.toSeconds()
                            + " s ago and is not reported by " + detector);
                }
                System.gc();
                detector.report();
            }
        }
        List<String> found = new ArrayList<>();
        for (String leak = FOUND.poll(); leak != null; leak = FOUND.poll()) {
            found.add(leak);
        }
        return found;
    }

    private static final class Factory extends ResourceLeakDetectorFactory {
        @Override
        @SuppressWarnings("deprecation") // abstract there, and called by none of the other methods
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval, long maxActive) {
            return newResourceLeakDetector(resource, samplingInterval);
        }

        @Override
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval) {
            Detector<T> detector = new Detector<>(resource, samplingInterval);
            DETECTORS.add(detector);
            return detector;
        }
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        private final Class<T> resource;
        private final AtomicInteger markersReported = new AtomicInteger(markers);

        Detector(Class<T> resource, int samplingInterval) {
            super(resource, samplingInterval);
            this.resource = resource;
        }

        /** Tracks an object of any class: the detector looks at nothing but its reachability. */
        @SuppressWarnings("unchecked") // never used as a T
        void loseMarker(String text) {
            trackForcibly((T) new Object()).record(text);
        }

        /** Tracking anything makes the detector report what the garbage collector has found. */
        @SuppressWarnings("unchecked") // never used as a T
        void report() {
            T nothing = (T) new Object();
            trackForcibly(nothing).close(nothing);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected Object getInitialHint(String resourceType) {
            return "made in " + RunningTest.describe();
        }

        @Override
        protected void reportTracedLeak(String resourceType, String records) {
            int marker = records.indexOf(MARKER);
            if (marker < 0) {
                FOUND.add(resourceType + " was never released:" + records);
            } else {
                markersReported.incrementAndGet();
            }
        }

        @Override
        protected void reportUntracedLeak(String resourceType) {
            FOUND.add(resourceType + " was never released");
        }

        @Override
        public String toString() {
            return "the detector of " + resource.getName();
        }
    }
}
