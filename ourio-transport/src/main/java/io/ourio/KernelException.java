// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/** The kernel refused a call that the runtime itself needs. Says which, why, and what to try. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /** A refusal of {@code call} with {@code errno}; {@code advice} may be empty. */
    public KernelException(String call, int errno, String advice) {
        super(call + ": " + Errno.describe(errno) + (advice.isEmpty() ? "" : "; " + advice));
        this.errno = errno;
    }

    /** The error number, above zero. */
    public int errno() {
        return errno;
    }
}
