// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

/** The benchmark cannot go on; the message says why and what to do. */
final class BenchmarkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** For what the user can put right by another option or by installing a program. */
    static final int CANNOT_START = 2;
    /** For what went wrong once the benchmark was under way. */
    static final int FAILED = 1;

    private final int exitCode;

    BenchmarkException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
