// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct open_how}: what {@code openat2(2)} is asked for. The same on every architecture.
 *
 * <pre>
 * struct open_how {
 *     __u64 flags;    // 0, O_*
 *     __u64 mode;     // 8, must be 0 unless the flags make a file
 *     __u64 resolve;  // 16, RESOLVE_*
 * };
 * </pre>
 */
public final class OpenHow {
    public static final int SIZE = 24;

    /** Not to another mount. */
    public static final int RESOLVE_NO_XDEV = 1;

    public static final int RESOLVE_NO_SYMLINKS = 4;
    public static final int RESOLVE_BENEATH = 8;
    public static final int RESOLVE_IN_ROOT = 0x10;

    /** 5.12: {@code EAGAIN} unless memory has all that the path names. */
    public static final int RESOLVE_CACHED = 0x20;

    private static final int MODE = 8;
    private static final int RESOLVE = 16;

    private OpenHow() {}

    /** Fills the struct, whose mode the kernel refuses if no file is made. */
    public static void set(MemorySegment how, int flags, int mode, int resolve) {
        int makes = Linux.O_CREAT | Linux.O_TMPFILE & ~Linux.O_DIRECTORY;
        how.set(JAVA_LONG, 0, flags);
        how.set(JAVA_LONG, MODE, (flags & makes) != 0 ? mode : 0);
        how.set(JAVA_LONG, RESOLVE, resolve);
    }

    /** The {@code O_*} of the struct at {@code address}. */
    static int flags(long address) {
        return get(address, 0);
    }

    /** Who may do what with the file that is made. */
    static int mode(long address) {
        return get(address, MODE);
    }

    /** The {@code RESOLVE_*}. */
    public static int resolve(long address) {
        return get(address, RESOLVE);
    }

    private static int get(long address, int field) {
        return (int) Libc.mapped(address, SIZE).get(JAVA_LONG, field);
    }
}
