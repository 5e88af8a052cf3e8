// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct io_uring_params}: what is asked of the set-up, and where its rings lie. */
public final class UringParams {
    private static final StructLayout SQ_OFFSETS = structLayout(
            JAVA_INT.withName("head"),
            JAVA_INT.withName("tail"),
            JAVA_INT.withName("ring_mask"),
            JAVA_INT.withName("ring_entries"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("dropped"),
            JAVA_INT.withName("array"),
            JAVA_INT.withName("resv1"),
            JAVA_LONG.withName("user_addr"));

    private static final StructLayout CQ_OFFSETS = structLayout(
            JAVA_INT.withName("head"),
            JAVA_INT.withName("tail"),
            JAVA_INT.withName("ring_mask"),
            JAVA_INT.withName("ring_entries"),
            JAVA_INT.withName("overflow"),
            JAVA_INT.withName("cqes"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("resv1"),
            JAVA_LONG.withName("user_addr"));

    public static final StructLayout LAYOUT = structLayout(
            JAVA_INT.withName("sq_entries"),
            JAVA_INT.withName("cq_entries"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("sq_thread_cpu"),
            JAVA_INT.withName("sq_thread_idle"),
            JAVA_INT.withName("features"),
            JAVA_INT.withName("wq_fd"),
            sequenceLayout(3, JAVA_INT).withName("resv"),
            SQ_OFFSETS.withName("sq_off"),
            CQ_OFFSETS.withName("cq_off")).withName("io_uring_params");

    public static final long SIZE = 120;

    private UringParams() {}

    /** A field of the struct itself. */
    public static int get(MemorySegment params, String field) {
        return params.get(JAVA_INT, LAYOUT.byteOffset(groupElement(field)));
    }

    /** Sets a field of the struct itself. */
    public static void set(MemorySegment params, String field, int value) {
        params.set(JAVA_INT, LAYOUT.byteOffset(groupElement(field)), value);
    }

    /** Where a word of the submission queue lies in the mapping. */
    public static int sqOff(MemorySegment params, String field) {
        return params.get(JAVA_INT,
                LAYOUT.byteOffset(groupElement("sq_off"), groupElement(field)));
    }

    /** Where a word of the completion queue lies in the mapping. */
    public static int cqOff(MemorySegment params, String field) {
        return params.get(JAVA_INT,
                LAYOUT.byteOffset(groupElement("cq_off"), groupElement(field)));
    }
}
