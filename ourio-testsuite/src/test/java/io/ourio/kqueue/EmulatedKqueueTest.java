// SPDX-License-Identifier: Apache-2.0
package io.ourio.kqueue;

import static io.ourio.sys.Kqueue.EV_ADD;
import static io.ourio.sys.Kqueue.EV_CLEAR;
import static io.ourio.sys.Kqueue.EV_DELETE;
import static io.ourio.sys.Kqueue.EV_DISABLE;
import static io.ourio.sys.Kqueue.EV_DISPATCH;
import static io.ourio.sys.Kqueue.EV_ENABLE;
import static io.ourio.sys.Kqueue.EV_EOF;
import static io.ourio.sys.Kqueue.EV_ERROR;
import static io.ourio.sys.Kqueue.EV_ONESHOT;
import static io.ourio.sys.Kqueue.EV_RECEIPT;
import static io.ourio.sys.Kqueue.NOTE_TRIGGER;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Errno;
import io.ourio.sys.KqueueAbi;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.PollFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The emulator does what was seen of the systems' kernels, so that tests on it mean something. */
@ParameterizedClass(name = "{0}")
@EnumSource
class EmulatedKqueueTest {
    private static final int ROOM = 8;

    @Parameter
    private Dialect dialect;

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofAuto();
    private final Libc libc = new Libc(arena);
    private final MemorySegment byteOfData = arena.allocate(8);
    private final MemorySegment noTime = arena.allocate(16, 8);
    private final List<Integer> fds = new ArrayList<>();
    private EmulatedKqueue system;
    private KqueueAbi abi;
    private MemorySegment changes;
    private MemorySegment events;
    private int changed;
    private int kq;

    @BeforeEach
    void open() {
        system = new EmulatedKqueue(dialect);
        abi = system.abi();
        changes = arena.allocate((long) ROOM * abi.size(), 8);
        events = arena.allocate((long) ROOM * abi.size(), 8);
        kq = system.kqueue(libc);
    }

    @AfterEach
    void close() {
        assertEquals(0, system.close(libc, kq));
        fds.forEach(libc::close);
    }

    @Test
    void whatIsReadyIsToldAgainUntilItIsNot() {
        int[] pair = pair();
        add(pair[0], abi.read(), 0);
        assertEquals(0, made());
        assertEquals(0, waited());
        send(pair[1]);
        assertEquals(1, waited());
        assertEquals(1, waited());
        libc.recv(pair[0], byteOfData.address(), 8, 0);
        assertEquals(0, waited());
    }

    @Test
    void clearTellsOfChangesAlone() {
        int[] pair = pair();
        send(pair[1]);
        add(pair[0], abi.read(), EV_CLEAR);
        assertEquals(0, made());
        assertEquals(1, waited());
        assertEquals(0, waited());
        send(pair[1]);
        assertEquals(1, waited());
        assertEquals(EV_CLEAR, abi.flags(events, 0) & ~EV_ERROR);
    }

    @Test
    void oneshotIsGoneAfterItsEvent() {
        int[] pair = pair();
        send(pair[1]);
        add(pair[0], abi.read(), EV_ONESHOT);
        assertEquals(0, made());
        assertEquals(1, waited());
        assertEquals(0, waited());
        change(pair[0], abi.read(), EV_DELETE, 0);
        assertEquals(-Errno.ENOENT, made());
    }

    @Test
    void dispatchTellsAgainWhenItIsEnabled() {
        int[] pair = pair();
        send(pair[1]);
        add(pair[0], abi.read(), EV_DISPATCH);
        assertEquals(0, made());
        assertEquals(1, waited());
        assertEquals(0, waited());
        change(pair[0], abi.read(), EV_ENABLE, 0);
        assertEquals(0, made());
        assertEquals(1, waited());
    }

    @Test
    void whatIsDisabledIsNotTold() {
        int[] pair = pair();
        send(pair[1]);
        change(pair[0], abi.read(), EV_ADD | EV_DISABLE, 0);
        assertEquals(0, made());
        assertEquals(0, waited());
    }

    @Test
    void addedAgainItHasAnotherUdataAndTheSameFlags() {
        int[] pair = pair();
        send(pair[1]);
        abi.change(changes, changed++, pair[0], abi.read(), EV_ADD, 0, 0, 1);
        abi.change(changes, changed++, pair[0], abi.read(), EV_ADD | EV_ONESHOT, 0, 0, 2);
        assertEquals(0, made());
        for (int time = 0; time < 2; time++) {
            assertEquals(1, waited());
            assertEquals(2, abi.udata(events, 0));
        }
    }

    @Test
    void closeForgetsWithoutAWord() {
        int[] first = pair();
        add(first[0], abi.read(), 0);
        assertEquals(0, made());
        send(first[1]);
        libc.close(first[0]);
        assertEquals(0, waited());
        change(first[0], abi.read(), EV_DELETE, 0);
        assertEquals(-Errno.EBADF, made());
        int[] second = pair();
        assertEquals(first[0], second[0], "the lowest number that is free");
        send(second[1]);
        assertEquals(0, waited());
        change(second[0], abi.read(), EV_DELETE, 0);
        assertEquals(-Errno.ENOENT, made());
        add(second[0], abi.read(), 0);
        assertEquals(0, made());
        assertEquals(1, waited());
    }

    /** What is left of the number's file before goes without the filters of its file now. */
    @Test
    void closeForgetsNothingOfTheNextFile() {
        int[] first = pair();
        add(first[0], abi.write(), EV_CLEAR);
        assertEquals(0, made());
        fds.remove((Integer) first[0]);
        libc.close(first[0]);
        int[] second = pair();
        assertEquals(first[0], second[0], "the lowest number that is free");
        add(second[0], abi.read(), EV_CLEAR);
        assertEquals(0, made());
        change(second[0], abi.write(), EV_DELETE, 0);
        assertEquals(-Errno.ENOENT, made());
        send(second[1]);
        assertEquals(1, waited());
    }

    /** The numbers of errors are the system's, and the call does not wait however long it may. */
    @Test
    void errorIsToldAtOnceAndAlone() {
        int[] pair = pair();
        send(pair[1]);
        abi.change(changes, changed++, pair[0], abi.read(), EV_ADD, 0, 0, 0);
        abi.change(changes, changed++, pair[0], abi.write(), EV_DELETE, 0, 0, 77);
        assertEquals(1, kevent(ROOM, 0));
        boolean keeps = dialect == Dialect.MACOS;
        assertEquals(EV_ERROR | (keeps ? EV_DELETE : 0), abi.flags(events, 0));
        assertEquals(2, abi.data(events, 0), "ENOENT");
        assertEquals(77, abi.udata(events, 0));
        assertEquals(1, waited(), "the event comes with the next call");
    }

    @Test
    void withoutRoomTheFirstErrorEndsTheCall() {
        int[] pair = pair();
        send(pair[1]);
        change(pair[0], abi.write(), EV_DELETE, 0);
        add(pair[0], abi.read(), 0);
        assertEquals(-Errno.ENOENT, made());
        assertEquals(0, waited(), "the second change was not made");
    }

    @Test
    void receiptAnswersEachChangeInItsPlace() {
        int[] pair = pair();
        add(pair[0], abi.read(), EV_RECEIPT);
        change(pair[1], abi.read(), EV_DELETE | EV_RECEIPT, 0);
        add(99_999, abi.read(), EV_RECEIPT);
        assertEquals(3, kevent(3, 0));
        long[] answers = {abi.data(events, 0), abi.data(events, 1), abi.data(events, 2)};
        assertEquals(List.of(0L, 2L, 9L), List.of(answers[0], answers[1], answers[2]));
        for (int i = 0; i < 3; i++) {
            assertTrue((abi.flags(events, i) & EV_ERROR) != 0);
        }
    }

    @Test
    void filterThatDoesNotExistIsRefused() {
        int[] pair = pair();
        add(pair[0], 77, 0);
        assertEquals(-Errno.EINVAL, made());
    }

    @Test
    void timeMustBeOne() {
        MemorySegment time = arena.allocate(16, 8);
        time.set(JAVA_LONG, 0, -1);
        assertEquals(-Errno.EINVAL, system.kevent(
                libc, kq, 0, 0, events.address(), ROOM, time.address()));
        time.set(JAVA_LONG, 0, 0);
        time.set(JAVA_LONG, 8, 1_000_000_000);
        assertEquals(-Errno.EINVAL, system.kevent(
                libc, kq, 0, 0, events.address(), ROOM, time.address()));
    }

    @Test
    void triggersOfTheUserAreOneEvent() {
        if (isWithoutUser()) {
            return;
        }
        add(0, abi.user(), EV_CLEAR);
        change(0, abi.user(), 0, NOTE_TRIGGER);
        change(0, abi.user(), 0, NOTE_TRIGGER);
        assertEquals(0, made());
        assertEquals(1, waited());
        assertEquals(abi.user(), abi.filter(events, 0));
        assertEquals(0, waited());
    }

    @Test
    void clearBesideATriggerTakesItBackOnSome() {
        if (isWithoutUser()) {
            return;
        }
        add(0, abi.user(), EV_CLEAR);
        change(0, abi.user(), EV_CLEAR, NOTE_TRIGGER);
        assertEquals(0, made());
        boolean lost = switch (dialect) {
            case FREEBSD, FREEBSD_11, OPENBSD -> true;
            default -> false;
        };
        assertEquals(lost ? 0 : 1, waited());
    }

    /** Releases without the filter refuse it. */
    private boolean isWithoutUser() {
        add(1, abi.user(), 0);
        assertEquals(dialect.hasUser() ? 0 : -Errno.EINVAL, made());
        return !dialect.hasUser();
    }

    @Test
    void endComesWithItsFlag() {
        int[] pair = pair();
        add(pair[0], abi.read(), 0);
        assertEquals(0, made());
        libc.shutdown(pair[1], Linux.SHUT_WR);
        assertEquals(1, waited());
        assertEquals(EV_EOF, abi.flags(events, 0) & EV_EOF);
    }

    @Test
    void descriptorCanBePolledItself() {
        int[] pair = pair();
        MemorySegment polled = arena.allocate(8, 8);
        add(pair[0], abi.read(), 0);
        assertEquals(0, made());
        PollFd.set(polled, 0, kq, Linux.POLLIN);
        assertEquals(0, libc.poll(polled.address(), 1, 0));
        send(pair[1]);
        assertEquals(1, libc.poll(polled.address(), 1, 0));
    }

    @Test
    void fileIsReadyBeforeItsEnd() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        boolean aarch64 = System.getProperty("os.arch").equals("aarch64");
        int fd = libc.syscall(aarch64 ? 56 : 257, Linux.AT_FDCWD,
                arena.allocateFrom(file.toString()).address(), Linux.O_RDWR, 0);
        fds.add(fd);
        add(fd, abi.read(), 0);
        assertEquals(0, made());
        assertEquals(1, waited());
        libc.read(fd, byteOfData.address(), 8);
        assertEquals(0, waited());
        add(fd, abi.write(), 0);
        boolean refused = abi == KqueueAbi.NETBSD;
        assertEquals(refused ? -Errno.EINVAL : 0, made());
    }

    @Test
    void closedQueueIsBad() {
        int other = system.kqueue(libc);
        assertEquals(0, system.close(libc, other));
        assertEquals(-Errno.EBADF, system.kevent(
                libc, other, 0, 0, events.address(), ROOM, noTime.address()));
        assertEquals(-Errno.EBADF, system.close(libc, other));
    }

    private void add(int ident, int filter, int flags) {
        change(ident, filter, EV_ADD | flags, 0);
    }

    private void change(int ident, int filter, int flags, int fflags) {
        abi.change(changes, changed++, ident, filter, flags, fflags, 0, 0);
    }

    /** Makes the changes, without room for events. */
    private int made() {
        return kevent(0, noTime.address());
    }

    /** The count of events that are there. */
    private int waited() {
        return kevent(ROOM, noTime.address());
    }

    private int kevent(int room, long timeout) {
        int count = changed;
        changed = 0;
        return system.kevent(libc, kq, changes.address(), count, events.address(), room, timeout);
    }

    private int[] pair() {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        assertEquals(0, libc.socketpair(Linux.AF_UNIX,
                Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0, pair));
        int[] both = pair.toArray(JAVA_INT);
        fds.add(both[0]);
        fds.add(both[1]);
        return both;
    }

    private void send(int fd) {
        assertEquals(1, libc.send(fd, byteOfData.address(), 1, Linux.MSG_DONTWAIT));
    }
}
