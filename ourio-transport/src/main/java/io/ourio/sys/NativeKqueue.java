// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The kqueue of this system, or of a library. */
public final class NativeKqueue implements KqueueCalls {
    /**
     * The counts are {@code int} or, on NetBSD, {@code size_t}. As they go in registers on all
     * processors here, of which a callee that takes an int reads the lower half, 64 bits suit both.
     */
    private static final FunctionDescriptor KEVENT = FunctionDescriptor.of(
            JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final KqueueAbi abi;
    private final MethodHandle kqueue;
    private final MethodHandle kevent;

    private NativeKqueue(KqueueAbi abi, SymbolLookup library, String symbol) {
        this.abi = abi;
        kqueue = Downcalls.link(library, "kqueue", "kqueue", FunctionDescriptor.of(JAVA_INT));
        kevent = Downcalls.link(library, "kevent", symbol, KEVENT);
    }

    /** The system's own, or null if it has none. */
    public static NativeKqueue ofSystem() {
        KqueueAbi abi = KqueueAbi.of(Platform.CURRENT, System.getProperty("os.version"));
        return abi == null ? null : new NativeKqueue(
                abi, Linker.nativeLinker().defaultLookup(), Platform.CURRENT.symbol("kevent"));
    }

    /**
     * The one of a library on Linux, which stays loaded until the process ends.
     *
     * @throws IllegalArgumentException if it cannot be loaded, or lacks one of the functions
     */
    @SuppressWarnings("restricted") // Whoever sets the property vouches for the library.
    public static NativeKqueue ofLibrary(Path path) {
        SymbolLookup library = SymbolLookup.libraryLookup(path, Arena.global());
        for (String function : new String[] {"kqueue", "kevent"}) {
            if (library.find(function).isEmpty()) {
                throw new IllegalArgumentException(path + " has no function " + function);
            }
        }
        return new NativeKqueue(KqueueAbi.LIBRARY, library, "kevent");
    }

    @Override
    public KqueueAbi abi() {
        return abi;
    }

    @Override
    public int kqueue(Libc libc) {
        try {
            return libc.result((int) kqueue.invokeExact(libc.captured()));
        } catch (Throwable t) {
            throw Downcalls.unexpected(t);
        }
    }

    @Override
    public int close(Libc libc, int kq) {
        return libc.close(kq);
    }

    @Override
    public int kevent(Libc libc, int kq, long changes, int changeCount, long events,
            int eventCount, long timeout) {
        try {
            return libc.result((int) kevent.invokeExact(libc.captured(), kq, changes,
                    (long) changeCount, events, (long) eventCount, timeout));
        } catch (Throwable t) {
            throw Downcalls.unexpected(t);
        }
    }
}
