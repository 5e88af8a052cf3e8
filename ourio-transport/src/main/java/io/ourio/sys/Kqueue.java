// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

/** Constants of {@code sys/event.h} that are the same on every system; the rest: KqueueAbi. */
public final class Kqueue {
    public static final int EV_ADD = 1;
    public static final int EV_DELETE = 2;
    public static final int EV_ENABLE = 4;
    public static final int EV_DISABLE = 8;
    public static final int EV_ONESHOT = 0x10;
    public static final int EV_CLEAR = 0x20;
    public static final int EV_RECEIPT = 0x40;
    public static final int EV_DISPATCH = 0x80;
    public static final int EV_ERROR = 0x4000;
    public static final int EV_EOF = 0x8000;

    public static final int NOTE_TRIGGER = 0x0100_0000;
    public static final int NOTE_LOWAT = 1;

    private Kqueue() {}
}
