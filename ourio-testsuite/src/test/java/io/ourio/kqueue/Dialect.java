// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import io.ourio.Errno;
import io.ourio.sys.KqueueAbi;

/** A system whose kqueue is emulated, and what it does otherwise than the rest. */
public enum Dialect {
    MACOS(KqueueAbi.MACOS),
    FREEBSD(KqueueAbi.FREEBSD),
    FREEBSD_11(KqueueAbi.FREEBSD_11),
    OPENBSD(KqueueAbi.OPENBSD),
    /** A release before the filter of the user. */
    OPENBSD_OLD(KqueueAbi.OPENBSD),
    NETBSD(KqueueAbi.NETBSD),
    /** A release before the filter of the user. */
    NETBSD_9(KqueueAbi.NETBSD),
    DRAGONFLY(KqueueAbi.DRAGONFLY);

    final KqueueAbi abi;

    Dialect(KqueueAbi abi) {
        this.abi = abi;
    }

    boolean hasUser() {
        return this != OPENBSD_OLD && this != NETBSD_9;
    }

    /** Whether an answer to a change has the flags of the change, beside {@code EV_ERROR}. */
    boolean keepsFlagsInAnswers() {
        return this == MACOS;
    }

    /** Whether a trigger counts in the change that adds the filter. */
    boolean triggersWhileAdding() {
        return abi != KqueueAbi.FREEBSD && abi != KqueueAbi.FREEBSD_11;
    }

    /** Whether {@code EV_CLEAR} beside a trigger takes it back. */
    boolean clearsTrigger() {
        return switch (abi) {
            case FREEBSD, FREEBSD_11, OPENBSD -> true;
            default -> false;
        };
    }

    /** Why nobody may wait to write to a pipe that nobody reads, or 0 if one may. */
    int refusesDeadPipe() {
        return switch (abi) {
            case FREEBSD, FREEBSD_11 -> Errno.EPIPE;
            case NETBSD -> Errno.EBADF;
            default -> 0;
        };
    }

    /** Whether nobody may wait to write to a file, which is so of some file systems. */
    boolean refusesToWatchFilesForWriting() {
        return abi == KqueueAbi.NETBSD;
    }
}
