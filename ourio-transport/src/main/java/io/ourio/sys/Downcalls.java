// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;

/**
 * Makes handles for functions of C libraries, by the name and the way of calling that the system
 * has for each. A handle takes, before the function's own arguments, the memory in which the call
 * leaves its error. The handle of a function that the system lacks answers {@code ENOSYS}.
 */
final class Downcalls {
    /** The memory for the error. */
    static final StructLayout CAPTURE = Linker.Option.captureStateLayout();

    private static final long ERRNO = CAPTURE.byteOffset(PathElement.groupElement("errno"));
    private static final Linker LINKER = Linker.nativeLinker();

    private Downcalls() {}

    /** A function of the C library that returns an {@code int}. */
    static MethodHandle ints(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    /** The same for one that returns 64 bits. */
    static MethodHandle longs(String name, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(JAVA_LONG, arguments));
    }

    /** {@code syscall(2)} of a number and so many arguments, all of 64 bits. */
    static MethodHandle syscall(int arguments) {
        MemoryLayout[] layouts = new MemoryLayout[1 + arguments];
        Arrays.fill(layouts, JAVA_LONG);
        return longs("syscall", layouts);
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor) {
        return link(LINKER.defaultLookup(), name, Platform.CURRENT.symbol(name), descriptor);
    }

    /**
     * A function of any library.
     *
     * @param name in C, which decides how it is called
     * @param symbol what the library calls it
     */
    @SuppressWarnings("restricted") // Every downcall of the project is made here.
    static MethodHandle link(
            SymbolLookup library, String name, String symbol, FunctionDescriptor descriptor) {
        return library.find(symbol)
                .map(address -> LINKER.downcallHandle(address, descriptor, options(name)))
                .orElseGet(() -> missing(descriptor));
    }

    static Linker.Option[] options(String name) {
        Linker.Option errno = Linker.Option.captureCallState("errno");
        int named = Platform.namedArguments(name);
        return named < 0
                ? new Linker.Option[] {errno}
                : new Linker.Option[] {errno, Linker.Option.firstVariadicArg(named)};
    }

    /** Answers as a kernel does that lacks the call. */
    private static MethodHandle missing(FunctionDescriptor descriptor) {
        MethodType type = descriptor.toMethodType();
        try {
            MethodHandle enosys = MethodHandles.lookup().findStatic(Downcalls.class, "enosys",
                    MethodType.methodType(int.class, MemorySegment.class));
            return MethodHandles.dropArguments(enosys, 1, type.parameterList())
                    .asType(type.insertParameterTypes(0, MemorySegment.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("UnusedMethod") // Found by its name, just above.
    private static int enosys(MemorySegment captured) {
        captured.set(JAVA_INT, ERRNO, ErrorNumber.ENOSYS.on(Platform.CURRENT));
        return -1;
    }

    /** The system's number of the error that a call has left. */
    static int errno(MemorySegment captured) {
        return captured.get(JAVA_INT, ERRNO);
    }

    /** The address of a function of the C library. */
    static long symbol(String name) {
        return LINKER.defaultLookup().findOrThrow(Platform.CURRENT.symbol(name)).address();
    }

    /** What {@code invokeExact} threw, which it never does. */
    static AssertionError unexpected(Throwable t) {
        return new AssertionError("a downcall threw", t);
    }
}
