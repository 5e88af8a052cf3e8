// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import io.ourio.Errno;
import io.ourio.backend.Kqueues;
import io.ourio.sys.BsdLibc;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.KqueueCalls;
import io.ourio.sys.Libc;
import io.ourio.sys.Platform;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The kqueue of a BSD on Linux, for tests: the structs of that system, its rules in their strict
 * form, and epoll below. Safe for all threads, though one alone may wait on a queue.
 *
 * <p>What it cannot do: tell the error of a socket with {@code EV_EOF} (to read it on Linux is to
 * take it away), and the amounts in {@code data}, which are 1 here.
 */
public final class EmulatedKqueue implements KqueueCalls {
    /** The property with the system to act as, one of {@link Dialect}. */
    private static final String DIALECT = "kqueue.dialect";

    private static final boolean INSTALLED = Platform.CURRENT == Platform.LINUX
            && System.getProperty(Kqueues.LIBRARY) == null;

    private final Dialect dialect;
    private final Map<Integer, EmulatedQueue> queues = new ConcurrentHashMap<>();

    public EmulatedKqueue(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Has the kqueue backend run on one, unless this system or a library has its own. */
    public static void installOnLinux() {
        if (INSTALLED) {
            Kqueues.install(new EmulatedKqueue(
                    Dialect.valueOf(System.getProperty(DIALECT, Dialect.FREEBSD.name()))));
        }
    }

    /** Whether the kqueue backend runs on one. */
    public static boolean isInstalled() {
        return INSTALLED;
    }

    @Override
    public KqueueAbi abi() {
        return dialect.abi;
    }

    /** The one that does without calls that Linux has and macOS lacks. */
    @Override
    public Libc libc(Arena arena) {
        return new BsdLibc(arena, Platform.LINUX, false);
    }

    @Override
    public int kqueue(Libc libc) {
        EmulatedQueue queue = new EmulatedQueue(dialect, libc);
        queues.put(queue.descriptor(), queue);
        return queue.descriptor();
    }

    @Override
    public int close(Libc libc, int kq) {
        EmulatedQueue queue = queues.remove(kq);
        if (queue == null) {
            return -Errno.EBADF;
        }
        queue.close(libc);
        return 0;
    }

    @Override
    public int kevent(Libc libc, int kq, long changes, int changeCount, long events,
            int eventCount, long timeout) {
        EmulatedQueue queue = queues.get(kq);
        if (queue == null) {
            return -Errno.EBADF;
        }
        int size = dialect.abi.size();
        return queue.kevent(libc, Libc.mapped(changes, (long) changeCount * size), changeCount,
                Libc.mapped(events, (long) eventCount * size), eventCount,
                timeout == 0 ? null : Libc.mapped(timeout, 2 * Long.BYTES));
    }

    /** Descriptors that were made and not closed. */
    public int open() {
        return queues.size();
    }
}
