// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.util.Arrays;
import java.util.Locale;

/** Which of the backends a ring runs on. */
public enum BackendKind {
    /** The best that this system allows; the report says why a better one was refused. */
    AUTO,
    /** Linux's io_uring, or an error. */
    IO_URING,
    /** Linux's epoll and plain system calls, or an error. */
    EPOLL,
    /** The kqueue of macOS and the BSDs, or an error. */
    KQUEUE,
    /** No kernel: a test's script, see {@code io.ourio.mock}. Never the choice of AUTO. */
    MOCK;

    /** The word for it in options, logs and reports: {@code "io_uring"}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The kind whose {@link #id()} is {@code id}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static BackendKind of(String id) {
        for (BackendKind kind : values()) {
            if (kind.id().equals(id)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no backend is called '" + id + "'; there are "
                + Arrays.stream(values()).map(BackendKind::id).toList());
    }
}
