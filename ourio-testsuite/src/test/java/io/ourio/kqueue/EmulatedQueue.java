// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.Errno;
import io.ourio.sys.EpollEvent;
import io.ourio.sys.Kqueue;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One kqueue: its knotes, and an epoll for each filter, told of edges, below an epoll that waits
 * for all of them. An edge makes a knote active; whether it is ready is asked when it is to be
 * told, as a BSD does, by {@code poll(2)}.
 */
final class EmulatedQueue {
    private static final int SYSTEM_FLAGS =
            Kqueue.EV_ADD | Kqueue.EV_DELETE | Kqueue.EV_ENABLE | Kqueue.EV_DISABLE;
    private static final int F_GETFD = 1;
    private static final int HARVEST = 64;
    private static final int GONE = Linux.POLLHUP | Linux.POLLRDHUP;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private record Key(long ident, int filter) {}

    private final Dialect dialect;
    private final KqueueAbi abi;
    private final int outer;
    private final int readers;
    private final int writers;
    private final int urgent;
    private final int bell;
    private final Map<Key, Knote> knotes = new LinkedHashMap<>();
    private final Set<Knote> active = new LinkedHashSet<>();
    private final MemorySegment event;
    private final MemorySegment harvest;
    private final MemorySegment pollfd;
    private final MemorySegment counter;

    /** The waiting thread's own, which does not hold the lock. */
    private final MemorySegment waited;

    private final MemorySegment time;

    EmulatedQueue(Dialect dialect, Libc libc) {
        this.dialect = dialect;
        abi = dialect.abi;
        Arena arena = Arena.ofAuto();
        event = arena.allocate(EpollEvent.SIZE, EpollEvent.ALIGNMENT);
        harvest = arena.allocate((long) HARVEST * EpollEvent.SIZE, EpollEvent.ALIGNMENT);
        waited = arena.allocate(EpollEvent.SIZE, EpollEvent.ALIGNMENT);
        pollfd = arena.allocate(8, 8);
        counter = arena.allocate(JAVA_LONG);
        time = arena.allocate(2 * Long.BYTES, Long.BYTES);
        outer = opened(libc.epollCreate1(Linux.EPOLL_CLOEXEC));
        readers = opened(libc.epollCreate1(Linux.EPOLL_CLOEXEC));
        writers = opened(libc.epollCreate1(Linux.EPOLL_CLOEXEC));
        urgent = opened(libc.epollCreate1(Linux.EPOLL_CLOEXEC));
        bell = opened(libc.eventfd(0, Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK));
        for (int inner : new int[] {readers, writers, urgent, bell}) {
            EpollEvent.set(event, 0, Linux.POLLIN, inner);
            opened(libc.epollCtl(outer, Linux.EPOLL_CTL_ADD, inner, event.address()));
        }
    }

    private static int opened(int result) {
        if (result < 0) {
            throw new IllegalStateException("the emulator has " + Errno.describe(-result));
        }
        return result;
    }

    int descriptor() {
        return outer;
    }

    void close(Libc libc) {
        for (int fd : new int[] {readers, writers, urgent, bell, outer}) {
            libc.close(fd);
        }
    }

    int kevent(Libc libc, MemorySegment changes, int changeCount, MemorySegment events,
            int eventCount, MemorySegment timeout) {
        if (timeout != null && !isTime(timeout)) {
            return -Errno.EINVAL;
        }
        long start = System.nanoTime();
        synchronized (this) {
            int answers = apply(libc, changes, changeCount, events, eventCount);
            if (answers != 0 || eventCount == 0) {
                return answers;
            }
        }
        while (true) {
            int count = scan(libc, events, eventCount);
            long left = timeout == null
                    ? -1 : Math.max(0, nanos(timeout) - (System.nanoTime() - start));
            if (count != 0 || left == 0) {
                return count;
            }
            int result = sleep(libc, left);
            if (result < 0) {
                return result;
            }
        }
    }

    private static boolean isTime(MemorySegment timeout) {
        long nanos = timeout.get(JAVA_LONG, Long.BYTES);
        return timeout.get(JAVA_LONG, 0) >= 0 && nanos >= 0 && nanos < NANOS_PER_SECOND;
    }

    private static long nanos(MemorySegment timeout) {
        return timeout.get(JAVA_LONG, 0) * NANOS_PER_SECOND + timeout.get(JAVA_LONG, Long.BYTES);
    }

    private int sleep(Libc libc, long nanos) {
        if (nanos < 0) {
            return libc.epollWait(outer, waited.address(), 1, -1);
        }
        long millis = Math.min((nanos + 999_999) / 1_000_000, Integer.MAX_VALUE);
        return libc.epollWait(outer, waited.address(), 1, (int) millis);
    }

    /** The number of answers; {@code -errno} if there is no room to say it, and no more is done. */
    private int apply(Libc libc, MemorySegment changes, int count, MemorySegment events, int room) {
        int answers = 0;
        for (int i = 0; i < count; i++) {
            int flags = abi.flags(changes, i);
            int errno = change(libc, changes, i);
            if (errno == 0 && (flags & Kqueue.EV_RECEIPT) == 0) {
                continue;
            }
            if (answers < room) {
                answer(events, answers++, changes, i, errno);
            } else if (errno != 0) {
                return -errno;
            }
        }
        return answers;
    }

    private void answer(
            MemorySegment events, int index, MemorySegment changes, int of, int errno) {
        int flags = dialect.keepsFlagsInAnswers() ? abi.flags(changes, of) : 0;
        long data = errno == 0 ? 0 : abi.translation().systemErrno(errno);
        abi.change(events, index, abi.ident(changes, of), abi.filter(changes, of),
                flags | Kqueue.EV_ERROR, abi.fflags(changes, of), data, abi.udata(changes, of));
    }

    /** 0 or why not. */
    private int change(Libc libc, MemorySegment list, int i) {
        int filter = abi.filter(list, i);
        if (filter == abi.user()) {
            return dialect.hasUser() ? changeUser(libc, list, i) : Errno.EINVAL;
        }
        if (!isOfDescriptors(filter)) {
            return Errno.EINVAL;
        }
        int fd = (int) abi.ident(list, i);
        if (libc.fcntl(fd, F_GETFD, 0) < 0) {
            forget(fd);
            return Errno.EBADF;
        }
        Knote knote = knotes.get(new Key(fd, filter));
        if (knote != null && !knote.file && register(libc, Linux.EPOLL_CTL_MOD, knote) < 0) {
            remove(knote); // The number is another file's by now, which may have others.
            knote = null;
        }
        return changeFound(libc, knote, list, i);
    }

    private int changeFound(Libc libc, Knote found, MemorySegment list, int i) {
        int flags = abi.flags(list, i);
        Knote knote = found;
        if ((flags & Kqueue.EV_ADD) != 0) {
            if (knote == null) {
                int errno = attach(libc, list, i);
                if (errno != 0) {
                    return errno;
                }
                knote = knotes.get(new Key(abi.ident(list, i), abi.filter(list, i)));
            }
            knote.fflags = abi.fflags(list, i);
            knote.data = abi.data(list, i);
            knote.udata = abi.udata(list, i);
            knote.enabled = true;
        } else if (knote == null) {
            return Errno.ENOENT;
        } else if ((flags & Kqueue.EV_DELETE) != 0) {
            detach(libc, knote);
            return 0;
        }
        if ((flags & (Kqueue.EV_DISABLE | Kqueue.EV_ENABLE)) != 0) {
            knote.enabled = (flags & Kqueue.EV_DISABLE) == 0;
        }
        return 0;
    }

    private int attach(Libc libc, MemorySegment list, int i) {
        int fd = (int) abi.ident(list, i);
        int filter = abi.filter(list, i);
        int flags = abi.flags(list, i) & ~SYSTEM_FLAGS;
        if (filter == abi.write() && dialect.refusesDeadPipe() != 0 && isDeadPipe(libc, fd)) {
            return dialect.refusesDeadPipe();
        }
        Knote knote = new Knote(fd, filter, flags, false);
        int result = register(libc, Linux.EPOLL_CTL_ADD, knote);
        if (result == -Errno.EPERM) {
            if (filter == abi.write() && dialect.refusesToWatchFilesForWriting()) {
                return Errno.EINVAL;
            }
            knote = new Knote(fd, filter, flags, true);
            active.add(knote);
        } else if (result < 0) {
            return -result;
        }
        knotes.put(new Key(fd, filter), knote);
        return 0;
    }

    private boolean isDeadPipe(Libc libc, int fd) {
        return (poll(libc, fd, Linux.POLLOUT) & Linux.POLLERR) != 0
                && link(fd).startsWith("pipe:");
    }

    private void detach(Libc libc, Knote knote) {
        if (!knote.file && knote.filter != abi.user()) {
            libc.epollCtl(epoll(knote.filter), Linux.EPOLL_CTL_DEL, (int) knote.ident,
                    event.address());
        }
        remove(knote);
    }

    private void remove(Knote knote) {
        knotes.remove(new Key(knote.ident, knote.filter));
        active.remove(knote);
    }

    /** A close takes all knotes of the descriptor along, without a word. */
    private void forget(int fd) {
        for (int filter : new int[] {abi.read(), abi.write(), abi.except()}) {
            Knote knote = knotes.get(new Key(fd, filter));
            if (knote != null) {
                remove(knote);
            }
        }
    }

    private int register(Libc libc, int operation, Knote knote) {
        EpollEvent.set(event, 0, mask(knote.filter) | Linux.EPOLLET, knote.ident);
        return libc.epollCtl(
                epoll(knote.filter), operation, (int) knote.ident, event.address());
    }

    private int changeUser(Libc libc, MemorySegment list, int i) {
        int flags = abi.flags(list, i);
        Key key = new Key(abi.ident(list, i), abi.user());
        Knote knote = knotes.get(key);
        boolean adding = knote == null && (flags & Kqueue.EV_ADD) != 0;
        if (adding) {
            knote = new Knote(key.ident, key.filter, flags & ~SYSTEM_FLAGS, false);
            knotes.put(key, knote);
        }
        int errno = changeFound(libc, knote, list, i);
        if (errno != 0 || (abi.fflags(list, i) & Kqueue.NOTE_TRIGGER) == 0) {
            return errno;
        }
        boolean undone = dialect.clearsTrigger() && (flags & Kqueue.EV_CLEAR) != 0;
        if (!undone && (!adding || dialect.triggersWhileAdding())) {
            knote.triggered = true;
            active.add(knote);
            counter.set(JAVA_LONG, 0, 1);
            libc.write(bell, counter.address(), Long.BYTES);
        }
        return 0;
    }

    private synchronized int scan(Libc libc, MemorySegment events, int room) {
        for (int epoll : new int[] {readers, writers, urgent}) {
            takeEdges(libc, epoll);
        }
        libc.read(bell, counter.address(), Long.BYTES);
        int count = 0;
        for (Knote knote : List.copyOf(active)) {
            if (count == room) {
                break;
            }
            if (!knote.enabled) {
                continue;
            }
            int flags = ready(libc, knote);
            if (flags < 0) {
                active.remove(knote);
            } else {
                tell(libc, knote, flags, events, count++);
            }
        }
        return count;
    }

    private void takeEdges(Libc libc, int epoll) {
        int filter = epoll == readers ? abi.read() : epoll == writers ? abi.write() : abi.except();
        int count;
        do {
            count = libc.epollWait(epoll, harvest.address(), HARVEST, 0);
            for (int i = 0; i < count; i++) {
                Knote knote = knotes.get(new Key(EpollEvent.data(harvest, i), filter));
                if (knote != null) {
                    active.add(knote);
                }
            }
        } while (count == HARVEST);
    }

    /** The flags to tell, or -1 if it is not ready. */
    private int ready(Libc libc, Knote knote) {
        if (knote.filter == abi.user()) {
            return knote.triggered ? 0 : -1;
        }
        int fd = (int) knote.ident;
        if (knote.file) {
            return knote.filter == abi.write() || isBeforeEnd(libc, fd) ? 0 : -1;
        }
        if (knote.filter == abi.except() && knote.fflags != abi.oob()) {
            return -1; // It is not said of what it is to tell.
        }
        int told = poll(libc, fd, mask(knote.filter));
        if ((told & Linux.POLLNVAL) != 0) {
            forget(fd);
            return -1;
        }
        boolean gone = (told & GONE) != 0;
        boolean enough = knote.filter != abi.read() || (knote.fflags & Kqueue.NOTE_LOWAT) == 0
                || knote.data <= 1;
        boolean ready = enough ? told != 0 : gone || (told & Linux.POLLERR) != 0;
        return !ready ? -1 : gone ? Kqueue.EV_EOF : 0;
    }

    private void tell(Libc libc, Knote knote, int flags, MemorySegment events, int index) {
        abi.change(events, index, knote.ident, knote.filter, knote.flags | flags,
                knote.filter == abi.user() ? knote.fflags & ~Kqueue.NOTE_TRIGGER : 0,
                (flags & Kqueue.EV_EOF) == 0 ? 1 : 0, knote.udata);
        if (knote.has(Kqueue.EV_ONESHOT)) {
            detach(libc, knote);
        } else if (knote.has(Kqueue.EV_DISPATCH)) {
            knote.enabled = false;
        }
        if (knote.has(Kqueue.EV_CLEAR)) {
            knote.triggered = false;
            active.remove(knote);
        }
    }

    private boolean isOfDescriptors(int filter) {
        return filter == abi.read() || filter == abi.write()
                || abi.hasExcept() && filter == abi.except();
    }

    private int epoll(int filter) {
        return filter == abi.read() ? readers : filter == abi.write() ? writers : urgent;
    }

    private int mask(int filter) {
        return filter == abi.read() ? Linux.POLLIN | Linux.POLLRDHUP
                : filter == abi.write() ? Linux.POLLOUT : Linux.POLLPRI;
    }

    private int poll(Libc libc, int fd, int events) {
        pollfd.set(JAVA_INT, 0, fd);
        pollfd.set(JAVA_SHORT, 4, (short) events);
        pollfd.set(JAVA_SHORT, 6, (short) 0);
        libc.poll(pollfd.address(), 1, 0);
        return Short.toUnsignedInt(pollfd.get(JAVA_SHORT, 6));
    }

    private static boolean isBeforeEnd(Libc libc, int fd) {
        try {
            return libc.lseek(fd, 0, Linux.SEEK_CUR) < Files.size(path(fd));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String link(int fd) {
        try {
            return Files.readSymbolicLink(path(fd)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path path(int fd) {
        return Path.of("/proc/self/fd/" + fd);
    }
}
