// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct kevent} and the numbers of the filters, as one system has them. The fields come in
 * the same order everywhere; the filter and the flags have 16 bits each, or 32 on NetBSD. A list
 * begins at a multiple of 8 bytes.
 *
 * <pre>{@code
 * uintptr_t ident   what is watched: a file descriptor
 * short     filter  for what
 * u_short   flags   EV_*, of a change and of an event
 * u_int     fflags  NOTE_*, or the error of a socket
 * int64_t   data    how much there is, or an error
 * void     *udata   comes back as it was given
 * }</pre>
 */
public enum KqueueAbi {
    MACOS(Platform.MACOS, 32, -1, -2, -10, -15, 2),
    /** From 12 on: four words of extensions follow. */
    FREEBSD(Platform.FREEBSD, 64, -1, -2, -11, Constant.NONE, 0),
    FREEBSD_11(Platform.FREEBSD, 32, -1, -2, -11, Constant.NONE, 0),
    /** Older releases lack the filter of the user. */
    OPENBSD(Platform.OPENBSD, 32, -1, -2, -10, -9, 4),
    /** The one of {@code __kevent50}, which later releases keep. */
    NETBSD(Platform.NETBSD, 40, 0, 1, 8, Constant.NONE, 0),
    DRAGONFLY(Platform.DRAGONFLY, 32, -1, -2, -9, -8, 2),
    /** A library on Linux that provides kqueue, with Linux's errors. */
    LIBRARY(Platform.LINUX, 32, -1, -2, -11, Constant.NONE, 0);

    private static final long IDENT = 0;
    private static final long FILTER = 8;
    private static final int FREEBSD_WITH_EXTENSIONS = 12;

    private final Platform platform;
    private final Translation translation;
    private final int size;
    private final boolean wide;
    private final int read;
    private final int write;
    private final int user;
    private final int except;
    private final int oob;
    private final long flags;
    private final long fflags;
    private final long data;
    private final long udata;

    KqueueAbi(Platform platform, int size, int read, int write, int user, int except, int oob) {
        this.platform = platform;
        this.size = size;
        this.read = read;
        this.write = write;
        this.user = user;
        this.except = except;
        this.oob = oob;
        translation = new Translation(platform);
        wide = platform == Platform.NETBSD;
        flags = wide ? 12 : 10;
        fflags = wide ? 16 : 12;
        data = wide ? 24 : 16;
        udata = data + Long.BYTES;
    }

    /**
     * The one of a system, or null if it has no kqueue.
     *
     * @param version of the system, as {@code os.version} has it: {@code "14.1-RELEASE"}
     */
    public static KqueueAbi of(Platform platform, String version) {
        return switch (platform) {
            case LINUX -> null;
            case MACOS -> MACOS;
            case FREEBSD -> major(version) >= FREEBSD_WITH_EXTENSIONS ? FREEBSD : FREEBSD_11;
            case OPENBSD -> OPENBSD;
            case NETBSD -> NETBSD;
            case DRAGONFLY -> DRAGONFLY;
        };
    }

    private static int major(String version) {
        return Integer.parseInt(version.split("\\D", 2)[0]);
    }

    /** Whose numbers the errors in events have. */
    public Translation translation() {
        return translation;
    }

    /** The bytes of one struct. */
    public int size() {
        return size;
    }

    /** {@code EVFILT_READ}. */
    public int read() {
        return read;
    }

    /** {@code EVFILT_WRITE}. */
    public int write() {
        return write;
    }

    /** {@code EVFILT_USER}, which a release may lack. */
    public int user() {
        return user;
    }

    /** Whether there is a filter for urgent data. */
    public boolean hasExcept() {
        return except != Constant.NONE;
    }

    /** {@code EVFILT_EXCEPT}, or {@link Constant#NONE}. */
    public int except() {
        return except;
    }

    /** {@code NOTE_OOB}: what that filter is to tell of. */
    public int oob() {
        return oob;
    }

    /** Writes the change at {@code index}, all of it. */
    public void change(MemorySegment list, int index, long ident, int filter, int flags,
            int fflags, long data, long udata) {
        long at = (long) index * size;
        for (long word = at; word < at + size; word += Long.BYTES) {
            list.set(JAVA_LONG, word, 0);
        }
        list.set(JAVA_LONG, at + IDENT, ident);
        if (wide) {
            list.set(JAVA_INT, at + FILTER, filter);
            list.set(JAVA_INT, at + this.flags, flags);
        } else {
            list.set(JAVA_SHORT, at + FILTER, (short) filter);
            list.set(JAVA_SHORT, at + this.flags, (short) flags);
        }
        list.set(JAVA_INT, at + this.fflags, fflags);
        list.set(JAVA_LONG, at + this.data, data);
        list.set(JAVA_LONG, at + this.udata, udata);
    }

    /** What the event at {@code index} is of. */
    public long ident(MemorySegment list, int index) {
        return list.get(JAVA_LONG, (long) index * size + IDENT);
    }

    /** Its filter. */
    public int filter(MemorySegment list, int index) {
        long at = (long) index * size + FILTER;
        return wide ? list.get(JAVA_INT, at) : list.get(JAVA_SHORT, at);
    }

    /** Its {@code EV_*}. */
    public int flags(MemorySegment list, int index) {
        long at = (long) index * size + flags;
        return wide ? list.get(JAVA_INT, at) : Short.toUnsignedInt(list.get(JAVA_SHORT, at));
    }

    /** Its filter's own flags. */
    public int fflags(MemorySegment list, int index) {
        return list.get(JAVA_INT, (long) index * size + fflags);
    }

    /** How much there is; of an {@code EV_ERROR} its errno, with the system's number. */
    public long data(MemorySegment list, int index) {
        return list.get(JAVA_LONG, (long) index * size + data);
    }

    /** What was given with the change. */
    public long udata(MemorySegment list, int index) {
        return list.get(JAVA_LONG, (long) index * size + udata);
    }

    /** {@code "kqueue of FreeBSD"}. */
    @Override
    public String toString() {
        return this == LIBRARY ? "kqueue of a library" : "kqueue of " + platform;
    }
}
