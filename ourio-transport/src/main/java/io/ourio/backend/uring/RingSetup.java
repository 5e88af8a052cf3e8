// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.sys.Libc;
import io.ourio.sys.Sqe;
import io.ourio.sys.Uring;
import io.ourio.sys.UringParams;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The set-up of one io_uring: asks for the best, steps down where the kernel refuses, and keeps a
 * record of each step.
 */
final class RingSetup {
    private static final int BASE_FLAGS =
            Uring.SETUP_CLAMP | Uring.SETUP_CQSIZE | Uring.SETUP_R_DISABLED;
    private static final int BASE_FEATURES = Uring.FEAT_SINGLE_MMAP | Uring.FEAT_NODROP
            | Uring.FEAT_SUBMIT_STABLE | Uring.FEAT_FAST_POLL | Uring.FEAT_EXT_ARG;
    /** From 6.14 on all memory of rings counts again, for all processes of a user together. */
    static final String MORE_MEMORY =
            "raise the limit of locked memory (ulimit -l) or of the container's memory";

    private static final int COMPLETIONS_PER_ENTRY = 8;
    private static final int MIN_ENTRIES = 8;
    private static final Path SYSCTL = Path.of("/proc/sys/kernel/io_uring_disabled");

    private final Libc libc;
    private final List<String> steps = new ArrayList<>();
    private final EnumSet<Feature> features;
    private final MemorySegment params;
    private String lacks;
    private final int parentFd;
    private int fd = -1;

    /**
     * Sets a ring up; {@code params} is in {@code arena}. The ring is disabled still.
     *
     * @param completions the length of the completion queue, or 0 for the default
     * @param parentFd the ring whose workers this one shares, or -1
     */
    RingSetup(Libc libc, Arena arena, int entries, int completions, EnumSet<Feature> wanted,
            int parentFd) {
        this.libc = libc;
        this.parentFd = parentFd;
        features = EnumSet.copyOf(wanted);
        if (parentFd < 0) {
            features.remove(Feature.ATTACH_WQ);
        }
        params = arena.allocate(UringParams.LAYOUT);
        open(entries, completions);
        try {
            probe(arena);
        } catch (KernelException e) {
            libc.close(fd);
            throw e;
        }
    }

    int fd() {
        return fd;
    }

    MemorySegment params() {
        return params;
    }

    EnumSet<Feature> features() {
        return features;
    }

    List<String> steps() {
        return steps;
    }

    /** What the kernel lacks without which another backend does better, or null. */
    String lacks() {
        return lacks;
    }

    private void open(int requested, int requestedCompletions) {
        int entries = requested;
        int completions = requestedCompletions == 0
                ? requested * COMPLETIONS_PER_ENTRY : requestedCompletions;
        while (true) {
            int flags = BASE_FLAGS | Feature.setupFlags(features)
                    | (features.contains(Feature.ATTACH_WQ) ? Uring.SETUP_ATTACH_WQ : 0);
            int result = setup(entries, completions, flags);
            steps.add("io_uring_setup(entries " + entries + ", completions " + completions
                    + ", flags 0x" + Integer.toHexString(flags) + "): "
                    + (result >= 0 ? "ok" : Errno.describe(-result)));
            if (result >= 0) {
                fd = result;
                return;
            }
            if (features.remove(Feature.ATTACH_WQ)) {
                continue; // Whatever was the matter, it is the least loss.
            }
            if (result == -Errno.EINVAL && Feature.newestAsked(features) != null) {
                features.remove(Feature.newestAsked(features));
            } else if (result == -Errno.ENOMEM && entries > MIN_ENTRIES) {
                entries /= 2;
                completions = Math.max(entries, completions / 2);
            } else {
                throw new KernelException("io_uring_setup", -result, advice(-result));
            }
        }
    }

    private int setup(int entries, int completions, int flags) {
        params.fill((byte) 0);
        UringParams.set(params, "flags", flags);
        UringParams.set(params, "cq_entries", completions);
        if ((flags & Uring.SETUP_ATTACH_WQ) != 0) {
            UringParams.set(params, "wq_fd", parentFd);
        }
        return libc.syscall(Uring.SYS_SETUP, entries, params.address());
    }

    private void probe(Arena arena) {
        int bits = UringParams.get(params, "features");
        if ((bits & BASE_FEATURES) != BASE_FEATURES) {
            throw new KernelException("io_uring_setup", Errno.EOPNOTSUPP, "this kernel has features"
                    + " 0x" + Integer.toHexString(bits) + " of the 0x"
                    + Integer.toHexString(BASE_FEATURES) + " that are needed: Linux 5.11 or newer");
        }
        if ((bits & Uring.FEAT_NO_IOWAIT) == 0) {
            features.remove(Feature.NO_IOWAIT);
        }
        Opcodes opcodes = new Opcodes(libc, arena, fd);
        lacks = lacks(opcodes::supports);
        features.removeIf(feature -> !feature.possibleWith(opcodes::supports));
        if (features.contains(Feature.SYNC_MESSAGE) && !takesSyncMessages(arena)) {
            features.remove(Feature.SYNC_MESSAGE);
        }
        if (features.contains(Feature.RESTRICTIONS)) {
            opcodes.restrict(libc, arena, fd, features.contains(Feature.MESSAGE_RING));
        }
    }

    /** A ring that is disabled still takes no message, and a kernel that can send one says so. */
    private boolean takesSyncMessages(Arena arena) {
        return libc.syscall(Uring.SYS_REGISTER, -1, Uring.REGISTER_SEND_MSG_RING,
                syncMessage(arena, 0).address(), 1) == -Errno.EBADFD;
    }

    /** What any thread may send to make this ring complete {@code token}. */
    MemorySegment syncMessage(Arena arena, long token) {
        MemorySegment sqe = arena.allocate(Sqe.LAYOUT);
        Sqe.opcode(sqe, 0, Uring.OP_MSG_RING);
        Sqe.fd(sqe, 0, fd);
        Sqe.off(sqe, 0, token);
        return sqe;
    }

    /**
     * Judged by what the kernel has, and not by what is turned off: without multishot accepts and
     * cooperative completions a turn costs more system calls than epoll's.
     */
    static String lacks(IntPredicate opcodes) {
        return opcodes.test(Uring.OP_SOCKET) ? null
                : "it lacks what makes io_uring pay, which Linux 5.19 and newer have; name io_uring"
                        + " to take it all the same";
    }

    /** What to do about a refusal. The sysctl and a seccomp filter give the same error number. */
    private static String advice(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES -> forbidden(sysctl());
            case Errno.ENOSYS -> "the kernel was built without io_uring, is older than 5.1, or a"
                    + " seccomp filter hides it";
            case Errno.ENOMEM -> MORE_MEMORY;
            case Errno.EMFILE, Errno.ENFILE -> "raise the limit of open files (ulimit -n)";
            default -> "";
        };
    }

    static String forbidden(String sysctl) {
        return switch (sysctl) {
            case "0" -> "kernel.io_uring_disabled is 0, so a seccomp filter forbids it, as the"
                    + " default profiles of containers do: allow io_uring_setup, io_uring_enter and"
                    + " io_uring_register in the profile";
            case "1" -> "kernel.io_uring_disabled is 1: only CAP_SYS_ADMIN and members of"
                    + " kernel.io_uring_group may use it; join the group or set it to 0";
            case "2" -> "kernel.io_uring_disabled is 2: nobody may use it; set it to 0";
            default -> "kernel.io_uring_disabled cannot be read (" + sysctl + "), so the cause is"
                    + " that sysctl or a seccomp filter";
        };
    }

    private static String sysctl() {
        try {
            return Files.readString(SYSCTL).strip();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
