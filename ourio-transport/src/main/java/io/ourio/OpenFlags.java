// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Linux;

/**
 * How {@link Ring#open} and {@link Ring#openAt} open a file: one of {@link #READ}, {@link #WRITE}
 * and {@link #READ_WRITE}, and any of the others, joined with {@code |}. They are the {@code O_*}
 * of {@code open(2)}. Every file is closed on exec.
 */
public final class OpenFlags {
    /** For reading alone: 0, what a file is opened for if nothing is said. */
    public static final int READ = Linux.O_RDONLY;

    /** For writing alone. */
    public static final int WRITE = Linux.O_WRONLY;

    /** For both. */
    public static final int READ_WRITE = Linux.O_RDWR;

    /** Makes the file if there is none. */
    public static final int CREATE = Linux.O_CREAT;

    /** With {@link #CREATE}: fails if there is one. */
    public static final int EXCLUSIVE = Linux.O_EXCL;

    /** Empties the file. */
    public static final int TRUNCATE = Linux.O_TRUNC;

    /** Every write goes to the end. */
    public static final int APPEND = Linux.O_APPEND;

    /** Waits for nobody: for pipes and devices. */
    public static final int NON_BLOCKING = Linux.O_NONBLOCK;

    /** Fails if it is no directory. */
    public static final int DIRECTORY = Linux.O_DIRECTORY;

    /** Fails if it is a symbolic link. */
    public static final int NO_FOLLOW = Linux.O_NOFOLLOW;

    /** Past the kernel's cache: memory, offsets and lengths must be aligned for the device. */
    public static final int DIRECT = Linux.O_DIRECT;

    /** A write ends when the disk has the data. */
    public static final int DATA_SYNC = Linux.O_DSYNC;

    /** A write ends when the disk has the data and all that is known of the file. */
    public static final int SYNC = Linux.O_SYNC;

    /** Only names the file, which is not opened for use. */
    public static final int PATH_ONLY = Linux.O_PATH;

    /** Makes a file without a name in the directory that the path names. */
    public static final int TEMPORARY = Linux.O_TMPFILE;

    private OpenFlags() {}
}
