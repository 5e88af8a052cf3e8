// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import java.lang.foreign.Arena;

/**
 * The system calls of kqueue: those of the system, or of something that acts as one. They
 * return the result, or {@code -errno} with Linux's number. Any thread may call.
 */
public interface KqueueCalls {
    /** How it lays out its structs. */
    KqueueAbi abi();

    /** The other calls of the system that this is the kqueue of, for one thread. */
    default Libc libc(Arena arena) {
        return Libc.of(arena);
    }

    /** {@code kqueue(2)}: a descriptor. */
    int kqueue(Libc libc);

    /** Closes what {@link #kqueue} returned. */
    int close(Libc libc, int kq);

    /**
     * {@code kevent(2)}.
     *
     * @param libc of the calling thread
     * @param changes the address of {@code changeCount} structs
     * @param events the address of room for {@code eventCount} structs
     * @param timeout the address of a {@code struct timespec}, or 0 for no limit
     */
    int kevent(Libc libc, int kq, long changes, int changeCount, long events, int eventCount,
            long timeout);
}
