// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.BackendKind;
import io.ourio.BackendUnavailableException;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.RunMode;
import io.ourio.sys.Libc;
import io.ourio.sys.Uring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The child of {@link ForbiddenTest}: takes something away from itself, opens rings and prints how
 * that went, one line for each.
 */
final class ForbiddenMain {
    private static final boolean AARCH64 = System.getProperty("os.arch").equals("aarch64");
    private static final int SYS_PRCTL = AARCH64 ? 167 : 157;
    private static final int SYS_SECCOMP = AARCH64 ? 277 : 317;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int LOAD_NUMBER = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7fff0000;
    private static final int REFUSE = 0x00050000;

    private ForbiddenMain() {}

    public static void main(String... arguments) {
        switch (arguments[0]) {
            case "seccomp" -> {
                forbidSetup(Integer.parseInt(arguments[1]));
                System.out.println(open(BackendKind.IO_URING));
                System.out.println(open(BackendKind.AUTO));
                if (arguments.length > 2) {
                    System.out.println(EchoOnNetty.run());
                }
            }
            case "sysctl" -> {
                System.out.println(open(BackendKind.IO_URING));
                if (readLine().equals("go")) {
                    System.out.println(open(BackendKind.IO_URING));
                }
            }
            case "files" -> fillFiles(
                    Integer.parseInt(arguments[1]), BackendKind.of(arguments[2]));
            case "memory" -> System.out.println(memory(BackendKind.of(arguments[1])));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static String readLine() {
        StringBuilder line = new StringBuilder();
        try {
            for (int c = System.in.read(); c > '\n'; c = System.in.read()) {
                line.append((char) c);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString();
    }

    private static String open(BackendKind kind) {
        try (Ring ring = Ring.open(RingOptions.defaults().withBackend(kind))) {
            ring.noop(Context.NONE);
            ring.run(RunMode.UNTIL_DONE);
            return "opened " + ring.backend();
        } catch (RuntimeException e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    /** A filter for all threads of this process under which io_uring_setup fails. */
    private static void forbidSetup(int errno) {
        int[][] program = {
            {LOAD_NUMBER, 0, 0, 0},
            {JUMP_IF_EQUAL, 0, 1, Uring.SYS_SETUP},
            {RETURN, 0, 0, REFUSE | errno},
            {RETURN, 0, 0, ALLOW}};
        Arena arena = Arena.global();
        MemorySegment filter = arena.allocate(program.length * 8L, 8);
        for (int i = 0; i < program.length; i++) {
            filter.set(JAVA_SHORT, i * 8L, (short) program[i][0]);
            filter.set(JAVA_BYTE, i * 8L + 2, (byte) program[i][1]);
            filter.set(JAVA_BYTE, i * 8L + 3, (byte) program[i][2]);
            filter.set(JAVA_INT, i * 8L + 4, program[i][3]);
        }
        MemorySegment header = arena.allocate(16, 8);
        header.set(JAVA_SHORT, 0, (short) program.length);
        header.set(JAVA_LONG, 8, filter.address());
        Libc libc = Libc.current();
        check("prctl", libc.syscall(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0));
        check("seccomp", libc.syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_TSYNC, header.address(), 0));
    }

    private static void check(String call, int result) {
        if (result != 0) {
            throw new AssertionError(call + ": " + result);
        }
    }

    /** Opens rings until there are no more file descriptors, after {@code odd} others. */
    private static void fillFiles(int odd, BackendKind kind) {
        for (int i = 0; i < odd; i++) {
            check("eventfd", Libc.current().eventfd(0, 0) < 0 ? 1 : 0);
        }
        open(kind);
        // Classes are files too, where they do not come from a jar: loads them in time.
        KernelException preload = new KernelException("", Errno.EMFILE, "");
        System.out.println(new BackendUnavailableException(preload.getMessage(), preload));
        int before = World.openFiles().size();
        List<Ring> rings = new ArrayList<>();
        String refusal = null;
        while (refusal == null) {
            try {
                rings.add(Ring.open(RingOptions.defaults().withBackend(kind).withEntries(8)));
            } catch (RuntimeException e) {
                refusal = e.getClass().getSimpleName() + ": " + e.getMessage();
            }
        }
        int count = rings.size();
        rings.forEach(Ring::close);
        System.out.println(refusal);
        System.out.println(count > 5 && World.openFiles().size() == before
                ? "none lost" : before + " files became " + World.openFiles());
        System.out.println(open(kind));
    }

    /** Opens rings with receive buffers until the kernel refuses one, or there are enough. */
    private static String memory(BackendKind kind) {
        List<Ring> rings = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Ring ring = Ring.open(RingOptions.defaults().withBackend(kind));
                rings.add(ring);
                ring.noop(Context.NONE);
                ring.run(RunMode.UNTIL_DONE);
                if (ring.capabilities().multishotRecv()) {
                    ring.bufferGroup(32, 64 * 1024);
                }
            }
            return "all";
        } catch (RuntimeException e) {
            return (rings.size() > 1 ? "some; " : "none; ") + e.getMessage();
        } finally {
            rings.forEach(Ring::close);
        }
    }
}
