// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Task;
import io.ourio.backend.PlainCalls;
import io.ourio.sys.Linux;
import java.lang.foreign.Arena;

/** Multishot accepts and receives: while the descriptor is ready, a call and a completion. */
final class Shots {
    /** How many a task has before the others have their turn. */
    private static final int MAX = 32;

    /** Told of a stream that has no more than what it can be read at once. */
    private static final int PLAIN = Linux.POLLIN | Linux.POLLOUT;

    private enum Next { SHOT, WAIT, END }

    private final ReadinessBackend backend;
    private final PlainCalls calls;
    private final MessageShot messages;

    Shots(ReadinessBackend backend, PlainCalls calls, Arena arena) {
        this.backend = backend;
        this.calls = calls;
        messages = new MessageShot(arena);
    }

    /** Completes a task as often as it can be now. Returns whether it waits on. */
    boolean make(InFlight flight, int events) {
        Next next = Next.SHOT;
        for (int i = 0; i < MAX && next == Next.SHOT && !backend.isEnding(); i++) {
            next = flight.task.op() == Op.ACCEPT_MULTISHOT
                    ? accept(flight) : receive(flight, events);
        }
        if (next == Next.SHOT) {
            backend.lookAgain(flight, events);
        }
        return next != Next.END;
    }

    private Next accept(InFlight flight) {
        int result = calls.make(flight.task, 0);
        if (result < 0) {
            return endUnlessWaiting(flight, result);
        }
        backend.deliver(flight, result, true);
        return unlessEnded(flight, Next.SHOT);
    }

    private Next receive(InFlight flight, int events) {
        Task task = flight.task;
        MemoryBuffers buffers = MemoryBuffers.of(task);
        int buffer = buffers.next();
        if (buffer == MemoryBuffers.NONE) {
            return endUnlessWaiting(flight,
                    calls.isReadable(task.fd()) ? -Errno.ENOBUFS : PlainCalls.WAIT);
        }
        boolean message = task.op() == Op.RECVMSG_MULTISHOT;
        int result = message ? messages.receive(calls, task, buffers, buffer)
                : calls.recv(task.fd(), buffers.address(buffer), buffers.bufferSize());
        if (result <= 0) {
            return endUnlessWaiting(flight, result);
        }
        // As with io_uring, a message of no bytes is the last one: it may be the end of a stream.
        boolean last = message && result == MessageShot.payloadOffset(task);
        backend.deliver(flight, result, !last, buffers, buffer);
        if (last) {
            return Next.END;
        }
        boolean drained = flight.drains && result < buffers.bufferSize() && (events & ~PLAIN) == 0;
        return unlessEnded(flight, drained ? Next.WAIT : Next.SHOT);
    }

    /** The callback may have had the ring end its task, and submitted that. */
    private static Next unlessEnded(InFlight flight, Next next) {
        return flight.place == InFlight.Place.WAITING ? next : Next.END;
    }

    private Next endUnlessWaiting(InFlight flight, int result) {
        if (result == PlainCalls.WAIT) {
            return Next.WAIT;
        }
        backend.end(flight, result);
        return Next.END;
    }
}
