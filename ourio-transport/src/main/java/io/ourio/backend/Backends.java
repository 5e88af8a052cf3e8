// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend;

import io.ourio.Backend;
import io.ourio.BackendKind;
import io.ourio.BackendReport;
import io.ourio.BackendUnavailableException;
import io.ourio.Errno;
import io.ourio.KernelException;
import io.ourio.RingOptions;
import io.ourio.backend.readiness.ReadinessBackend;
import io.ourio.backend.uring.UringBackend;
import io.ourio.mock.MockBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The order of choice, and why each backend that was refused was refused. */
public final class Backends {
    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    /** From the best on, those that this system may have. */
    private static final List<BackendKind> ORDER = LINUX
            ? List.of(BackendKind.IO_URING, BackendKind.EPOLL) : List.of(BackendKind.KQUEUE);

    /** What was said to the log, so that it is said once. */
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private Backends() {}

    /** Opens the backend that the options ask for. */
    public static Backend open(RingOptions options) {
        return switch (options.backend()) {
            case AUTO -> best(options);
            case IO_URING, EPOLL, KQUEUE -> named(options);
            case MOCK -> MockBackend.ofInstalled(options);
        };
    }

    /**
     * Opens one for a child of the ring that runs on {@code parent}, which is of the kind that the
     * options name: it shares with the parent what the kernel shares.
     */
    public static Backend openChild(RingOptions options, Backend parent) {
        try {
            return switch (parent) {
                case UringBackend uring -> new UringBackend(options, uring);
                case ReadinessBackend _ -> make(options.backend(), options);
                case MockBackend mock -> mock.another(options);
            };
        } catch (KernelException e) {
            throw unavailable(options.backend(), e);
        }
    }

    private static Backend named(RingOptions options) {
        BackendKind kind = options.backend();
        try {
            Backend backend = make(kind, options);
            say(kind, "asked for by name");
            return backend;
        } catch (RuntimeException | LinkageError e) {
            throw unavailable(kind, e);
        }
    }

    private static Backend best(RingOptions options) {
        StringBuilder refused = new StringBuilder();
        for (BackendKind kind : ORDER) {
            try {
                Backend backend = make(kind, options);
                checkItPays(backend);
                say(kind, refused.isEmpty() ? "the best for this system" : refused.toString());
                return backend;
            } catch (RuntimeException | LinkageError e) {
                if (kind == ORDER.getLast() || !isReasonForAnother(e)) {
                    throw unavailable(kind, e);
                }
                refused.append(kind.id()).append(" is not to be had: ")
                        .append(reason(e).getMessage());
            }
        }
        throw new AssertionError("there is a last one");
    }

    private static Backend make(BackendKind kind, RingOptions options) {
        if (kind != BackendKind.KQUEUE && !ORDER.contains(kind)) { // A library may have that one.
            throw new BackendUnavailableException("it belongs to another system than "
                    + System.getProperty("os.name") + "; there are "
                    + ORDER.stream().map(BackendKind::id).toList(), null);
        }
        return switch (kind) {
            case IO_URING -> new UringBackend(options, null);
            case EPOLL -> ReadinessBackend.epoll();
            case KQUEUE -> ReadinessBackend.kqueue(Kqueues.ofThisProcess());
            case AUTO, MOCK -> throw new AssertionError(kind);
        };
    }

    /** An old io_uring works, but epoll does better: whoever wants it can name it. */
    private static void checkItPays(Backend backend) {
        if (backend instanceof UringBackend uring && uring.lacks() != null) {
            uring.discard();
            throw tooOld(uring);
        }
    }

    private static KernelException tooOld(UringBackend uring) {
        return new KernelException("io_uring_setup", Errno.EOPNOTSUPP, uring.lacks());
    }

    /**
     * Whether a refusal is one of io_uring itself, so that another backend may do. With too few
     * descriptors or no memory at all, for one, it would not.
     */
    static boolean isReasonForAnother(Throwable refusal) {
        return refusal instanceof KernelException kernel && switch (kernel.errno()) {
            case Errno.EPERM, Errno.EACCES, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.EINVAL -> true;
            case Errno.ENOMEM -> true; // The smallest ring was tried.
            default -> false;
        };
    }

    private static void say(BackendKind kind, String why) {
        String line = "The backend is " + kind.id() + ": " + why;
        if (SAID.add(line)) {
            System.getLogger("io.ourio").log(System.Logger.Level.INFO, line);
        }
    }

    private static BackendUnavailableException unavailable(BackendKind kind, Throwable failure) {
        return new BackendUnavailableException("the backend " + kind.id() + " cannot run here: "
                + reason(failure).getMessage(), failure);
    }

    /** A class that cannot be loaded hides why: we could not call the kernel. */
    private static Throwable reason(Throwable failure) {
        Module us = Backends.class.getModule();
        if (failure instanceof KernelException || us.isNativeAccessEnabled()) {
            return failure;
        }
        return new BackendUnavailableException("native access is denied to the transport: start"
                + " java with --enable-native-access="
                + (us.isNamed() ? us.getName() : "ALL-UNNAMED"), failure);
    }

    /** What the default options lead to. Each backend that they allow is tried, for the record. */
    public static BackendReport report() {
        RingOptions options = RingOptions.defaults();
        if (options.backend() == BackendKind.MOCK) {
            return new BackendReport(BackendKind.MOCK, null, List.of("mock: asked for by name"));
        }
        boolean auto = options.backend() == BackendKind.AUTO;
        List<String> steps = new ArrayList<>();
        BackendKind chosen = null;
        Throwable cause = null;
        for (BackendKind kind : auto ? ORDER : List.of(options.backend())) {
            List<String> details = new ArrayList<>();
            Throwable refusal = refusal(kind, options, auto, details);
            boolean searching = chosen == null && cause == null;
            if (refusal == null) {
                steps.add(kind.id() + (searching ? ": works, is chosen" : ": would work as well"));
                chosen = searching ? kind : chosen;
            } else {
                steps.add(kind.id() + ": " + reason(refusal).getMessage());
                boolean end = kind == ORDER.getLast() || !isReasonForAnother(refusal);
                cause = searching && (end || !auto) ? reason(refusal) : cause;
            }
            details.forEach(line -> steps.add("  " + line));
        }
        return new BackendReport(chosen, cause, steps);
    }

    /** Why it cannot be had, or null. */
    private static Throwable refusal(
            BackendKind kind, RingOptions options, boolean auto, List<String> details) {
        try {
            switch (make(kind, options)) {
                case UringBackend uring -> {
                    details.addAll(uring.report());
                    uring.discard();
                    return auto && uring.lacks() != null ? tooOld(uring) : null;
                }
                case ReadinessBackend readiness -> {
                    details.addAll(readiness.report());
                    readiness.discard();
                }
                case MockBackend mock -> throw new AssertionError(mock);
            }
            return null;
        } catch (RuntimeException | LinkageError e) {
            return e;
        }
    }
}
