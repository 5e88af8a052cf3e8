// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

/** What an emulated kqueue watches: one descriptor, or the user's doing, through one filter. */
final class Knote {
    final long ident;
    final int filter;

    /** Of the change that added it: later ones do not change them. */
    final int flags;

    /** A file, of which no epoll tells. */
    final boolean file;

    int fflags;
    long data;
    long udata;
    boolean enabled = true;

    /** Of the user's filter: somebody triggered it. */
    boolean triggered;

    Knote(long ident, int filter, int flags, boolean file) {
        this.ident = ident;
        this.filter = filter;
        this.flags = flags;
        this.file = file;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
