// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Errno;
import io.ourio.backend.PlainCalls;
import io.ourio.sys.Interrupt;
import io.ourio.sys.Libc;
import java.lang.foreign.Arena;
import java.util.function.Consumer;

/**
 * The threads that make the calls which may take long: of files, whose readiness nobody tells, and
 * of their names. All rings share them. There are at most {@link #MAX}, made when they are needed;
 * one that has had nothing to do for a while ends. Safe for all threads.
 */
final class Workers {
    static final Workers SHARED = new Workers(Thread::start);

    /** Of a disk and not of the processors do they wait. */
    static final int MAX = Math.max(8, 2 * Runtime.getRuntime().availableProcessors());

    private static final long IDLE_MILLIS = 5_000;

    /** Guarded by this object, as all that follows. */
    private final InFlightQueue queue = new InFlightQueue();

    private int queued;
    private int idle;
    private int threads;

    private final Consumer<Thread> starter;

    /** Threads that {@code starter} starts. */
    Workers(Consumer<Thread> starter) {
        this.starter = starter;
    }

    /**
     * Has the call of {@code flight} made; its backend hears of the {@code finished} one. Returns
     * false, and has not taken it, if there is no thread and the system has none to give.
     */
    synchronized boolean submit(InFlight flight) {
        if (idle > queued) {
            notify();
        } else if (threads < MAX && !startOne() && threads == 0) {
            return false;
        }
        queue.add(flight);
        queued++;
        return true;
    }

    private boolean startOne() {
        try {
            starter.accept(new Worker());
        } catch (OutOfMemoryError noThread) {
            return false; // Those that are there will do it.
        }
        threads++;
        idle++; // It will look for work first, when we let go of the lock.
        return true;
    }

    /**
     * Asks for the end of {@code flight}. Returns true if nobody has begun its call, and nobody
     * will. Else the call is interrupted; since that may come a moment too early, ask again until
     * the flight is finished.
     */
    synchronized boolean withdraw(InFlight flight) {
        if (!flight.taken) {
            queue.remove(flight);
            queued--;
            return true;
        }
        flight.unwanted = true;
        if (flight.worker != null) {
            flight.worker.interrupt.send();
        }
        return false;
    }

    private synchronized InFlight take(Worker worker) {
        long end = System.nanoTime() + IDLE_MILLIS * 1_000_000;
        while (queue.isEmpty()) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                idle--;
                threads--;
                return null;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                continue; // Nobody has a reason to; the work goes on.
            }
        }
        InFlight flight = queue.poll();
        queued--;
        idle--;
        flight.taken = true;
        flight.worker = worker;
        return flight;
    }

    private synchronized void release(InFlight flight) {
        flight.worker = null;
        idle++;
    }

    /** One of the threads. */
    final class Worker extends Thread {
        private final PlainCalls calls;

        /** What ends the call that this thread waits in; made by itself. */
        private Interrupt interrupt;

        Worker() {
            super(null, null, "ourio-worker", 0, false);
            setDaemon(true);
            Arena arena = Arena.ofAuto();
            calls = new PlainCalls(Libc.of(arena), arena);
        }

        @Override
        public void run() {
            interrupt = Interrupt.ofThisThread();
            for (InFlight flight = take(this); flight != null; flight = take(this)) {
                int result = call(flight);
                release(flight);
                flight.backend.finished(flight, result);
            }
        }

        private int call(InFlight flight) {
            while (!flight.unwanted) {
                int result = calls.makeWaiting(flight.task);
                if (result != -Errno.EINTR) { // Else it may have been meant for the one before.
                    return result;
                }
            }
            return -Errno.ECANCELED;
        }
    }
}
