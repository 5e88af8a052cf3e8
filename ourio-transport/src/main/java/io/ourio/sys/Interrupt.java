// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

/**
 * Ends the system call that a thread waits in, with {@code EINTR}, by a signal that does nothing
 * else. It may be sent at any time while the thread lives; a call that begins later is not ended.
 */
public final class Interrupt {
    /**
     * A signal for real-time programs, {@code SIGRTMAX - 1}; the JDK has one of them as well. Where
     * there are none it is {@code SIGIO}, which nobody is sent who has not asked for it.
     */
    private static final int SIGNAL = Platform.CURRENT == Platform.LINUX ? 63 : 23;

    private static final boolean POSSIBLE = install();

    private final long thread;

    private Interrupt(long thread) {
        this.thread = thread;
    }

    /** What ends the calls of the thread that makes this. */
    public static Interrupt ofThisThread() {
        return new Interrupt(Libc.current().pthreadSelf());
    }

    /** Ends the call that the thread is in. Does nothing in a program that uses the signal. */
    public void send() {
        if (POSSIBLE) {
            Libc.current().pthreadKill(thread, SIGNAL);
        }
    }

    /**
     * Gives the signal a handler, and has it end calls instead of their being made again. The
     * handler is {@code abs(3)}: a function of an int that touches nothing.
     */
    private static boolean install() {
        Libc libc = Libc.current();
        long before = libc.signal(SIGNAL, Downcalls.symbol("abs"));
        if (before != 0) {
            libc.signal(SIGNAL, before); // Somebody else's, or refused.
            return false;
        }
        return libc.siginterrupt(SIGNAL, 1) == 0;
    }
}
