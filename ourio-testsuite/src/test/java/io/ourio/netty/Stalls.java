// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import java.util.Collection;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tasks that ran too late, and what the machine has done meanwhile to the threads that were
 * concerned, which is no fault of theirs. All times are by {@link System#nanoTime()}.
 *
 * <p>Explained is the time in which one of these had no processor: the receiver; or one of those
 * who sent to it meanwhile, since who comes first rings for all, and holds the place in the queue
 * before all; or the JVM's thread for whatever stops all others, for which a thread that wants some
 * of it waits. So is a pause of the whole JVM, and what the host took from the machine.
 */
final class Stalls {
    /** What the kernel counts for a thread. */
    record Times(long ran, long waited) {
        static final Times NONE = new Times(0, 0);

        Times minus(Times earlier) {
            return new Times(ran - earlier.ran, waited - earlier.waited);
        }
    }

    /**
     * What goes on beside the loops.
     *
     * @param paused what a thread that only sleeps has overslept without waiting for a processor
     * @param stolen what the host of a virtual machine gave others, on all processors together
     * @param majorFaults for which a thread of the process waited for a disk
     */
    record Machine(long paused, long stolen, long majorFaults) {
        static final Machine NONE = new Machine(0, 0, 0);

        Machine minus(Machine earlier) {
            return new Machine(paused - earlier.paused, stolen - earlier.stolen,
                    majorFaults - earlier.majorFaults);
        }
    }

    /**
     * What was read when. A reading takes its time, since a pause may fall into it: what was before
     * something is a reading that had ended by then, and what was after it one that began later.
     */
    private static final class History<T> {
        private final TreeMap<Long, T> byBegin = new TreeMap<>();
        private final TreeMap<Long, T> byEnd = new TreeMap<>();

        void add(long begin, long end, T counts) {
            byBegin.put(begin, counts);
            byEnd.put(end, counts);
        }

        T before(Stall stall, T none) {
            var entry = byEnd.floorEntry(stall.due);
            return entry == null ? none : entry.getValue();
        }

        T after(Stall stall) {
            var entry = byBegin.ceilingEntry(stall.ran);
            return (entry == null ? byBegin.lastEntry() : entry).getValue();
        }
    }

    /** A loop, and the times of its thread. One thread writes, and nobody reads meanwhile. */
    static final class Lane {
        private final String name;
        private final History<Times> times = new History<>();

        Lane(String name) {
            this.name = name;
        }

        void note(long begin, long end, Times soFar) {
            times.add(begin, end, soFar);
        }

        boolean wasNotedSince(long time) {
            return times.byEnd.lastKey() > time;
        }

        private Times during(Stall stall) {
            return times.after(stall).minus(times.before(stall, Times.NONE));
        }
    }

    /** A task that was to run in {@code to} when it was due. */
    record Stall(Lane from, Lane to, long due, long ran) {
        private boolean meets(Stall other) {
            return to == other.to && due < other.ran && other.due < ran;
        }
    }

    private final Collection<Lane> lanes;
    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();

    // One thread writes, and nobody reads meanwhile.
    private final History<Machine> machine = new History<>();
    private final History<Map<String, Times>> threads = new History<>();

    Stalls(Collection<Lane> lanes) {
        this.lanes = lanes;
    }

    /** Any thread may call it. */
    void add(Stall stall) {
        stalls.add(stall);
    }

    /** With what all threads of the process have had so far, by their names. */
    void note(long begin, long end, Machine soFar, Map<String, Times> all) {
        machine.add(begin, end, soFar);
        threads.add(begin, end, all);
    }

    /** Those of which more than that is not explained, in words. */
    Stream<String> worseThan(long nanos) {
        return stalls.stream().filter(stall -> unexplained(stall) > nanos).map(this::tell);
    }

    private long unexplained(Stall stall) {
        Machine beside = beside(stall);
        long sender = stalls.stream().filter(stall::meets).map(Stall::from).distinct()
                .filter(from -> from != stall.to)
                .mapToLong(from -> from.during(stall).waited).max().orElse(0);
        return stall.ran - stall.due - stall.to.during(stall).waited - sender
                - beside.paused - beside.stolen - virtualMachine(stall);
    }

    private long virtualMachine(Stall stall) {
        return threads(stall).entrySet().stream()
                .filter(thread -> thread.getKey().startsWith("VM Thread"))
                .mapToLong(thread -> thread.getValue().waited).sum();
    }

    private Machine beside(Stall stall) {
        return machine.after(stall).minus(machine.before(stall, Machine.NONE));
    }

    private String tell(Stall stall) {
        Machine beside = beside(stall);
        long senders = stalls.stream().filter(stall::meets).map(Stall::from).distinct().count();
        return micros(stall.ran - stall.due) + " late, " + micros(unexplained(stall))
                + " of it by its own doing: from " + stall.from.name + " to " + stall.to.name
                + ", beside those of " + senders + " loops at " + micros(stall.due)
                + "; meanwhile the JVM paused for " + micros(beside.paused)
                + ", the host took " + micros(beside.stolen) + ", " + beside.majorFaults
                + " major faults; loops: " + lanes.stream()
                        .map(lane -> tell(lane.name, lane.during(stall)))
                        .collect(Collectors.joining(", "))
                + "; all threads, for somewhat longer: " + tellThreads(stall);
    }

    private Map<String, Times> threads(Stall stall) {
        Map<String, Times> earlier = threads.before(stall, Map.of());
        Map<String, Times> during = new TreeMap<>();
        threads.after(stall).forEach((name, times) ->
                during.put(name, times.minus(earlier.getOrDefault(name, Times.NONE))));
        return during;
    }

    private String tellThreads(Stall stall) {
        return threads(stall).entrySet().stream()
                .filter(thread -> thread.getValue().ran + thread.getValue().waited > 1_000_000)
                .map(thread -> tell(thread.getKey(), thread.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String tell(String name, Times times) {
        return name + " ran " + micros(times.ran) + " and waited " + micros(times.waited);
    }

    private static String micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos) + " us";
    }
}
