// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import io.ourio.Errno;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.KqueueCalls;
import io.ourio.sys.Libc;
import java.lang.foreign.Arena;

/** A kqueue whose calls a signal interrupts, or which tells what it was not asked. */
public final class InterruptedKqueue implements KqueueCalls {
    private final KqueueCalls inner;
    private int interruptions;
    private boolean tells;
    private long ident;
    private int filter;

    public InterruptedKqueue(KqueueCalls inner) {
        this.inner = inner;
    }

    /** The next {@code calls} of kevent return {@code -EINTR}, after their changes were made. */
    public void interruptNext(int calls) {
        interruptions = calls;
    }

    /** The next wait returns an event of {@code ident} and {@code filter}. */
    public void tellNext(long ident, int filter) {
        tells = true;
        this.ident = ident;
        this.filter = filter;
    }

    @Override
    public KqueueAbi abi() {
        return inner.abi();
    }

    @Override
    public Libc libc(Arena arena) {
        return inner.libc(arena);
    }

    @Override
    public int kqueue(Libc libc) {
        return inner.kqueue(libc);
    }

    @Override
    public int close(Libc libc, int kq) {
        return inner.close(libc, kq);
    }

    @Override
    public int kevent(Libc libc, int kq, long changes, int changeCount, long events,
            int eventCount, long timeout) {
        if (interruptions > 0) {
            interruptions--;
            if (changeCount > 0) {
                inner.kevent(libc, kq, changes, changeCount, events, eventCount, timeout);
            }
            return -Errno.EINTR;
        }
        if (tells && changeCount == 0) {
            tells = false;
            abi().change(Libc.mapped(events, (long) eventCount * abi().size()), 0,
                    ident, filter, 0, 0, 1, 0x5555_5555_5555_5555L);
            return 1;
        }
        return inner.kevent(libc, kq, changes, changeCount, events, eventCount, timeout);
    }
}
