// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.sys.KqueueCalls;
import io.ourio.sys.NativeKqueue;
import java.nio.file.Path;

/**
 * Which kqueue this process has: the system's, that of a library, or one that a test installed. Any
 * thread may call.
 */
public final class Kqueues {
    /** The property with the path of a library that provides kqueue on Linux. */
    public static final String LIBRARY = "io.ourio.kqueue.library";

    /** Guarded by the class, as the next. */
    private static KqueueCalls installed;

    private static KqueueCalls loaded;

    private Kqueues() {}

    /** Has every kqueue backend from now on run on {@code calls}; null ends it. For tests. */
    public static synchronized void install(KqueueCalls calls) {
        installed = calls;
    }

    /**
     * The one to use.
     *
     * @throws IllegalStateException if there is none, and what to do about it
     */
    public static synchronized KqueueCalls ofThisProcess() {
        if (installed != null) {
            return installed;
        }
        if (loaded == null) {
            loaded = load(System.getProperty(LIBRARY));
        }
        return loaded;
    }

    private static KqueueCalls load(String library) {
        try {
            KqueueCalls calls = library == null
                    ? NativeKqueue.ofSystem() : NativeKqueue.ofLibrary(Path.of(library));
            if (calls != null) {
                return calls;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("-D" + LIBRARY + "=" + library
                    + " names no library with a kqueue: " + e.getMessage(), e);
        }
        throw new IllegalStateException(System.getProperty("os.name") + " has no kqueue; one that a"
                + " library provides on Linux is used with -D" + LIBRARY + "=PATH");
    }
}
