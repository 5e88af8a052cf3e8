// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.readiness;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Errno;
import io.ourio.Sockets;
import io.ourio.kqueue.Dialect;
import io.ourio.kqueue.EmulatedKqueue;
import io.ourio.kqueue.InterruptedKqueue;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the engine may rely on, on the kqueue of each system. */
@ParameterizedClass(name = "{0}")
@EnumSource
class KqueuePollerTest {
    private static final int READABLE = Linux.POLLIN | Linux.POLLRDHUP;
    private static final int MSG_OOB = 1;
    private static final long PATIENCE = Duration.ofSeconds(20).toNanos();

    @Parameter
    private Dialect dialect;

    private final Arena arena = Arena.ofAuto();
    private final Libc libc = new Libc(arena);
    private final Descriptors descriptors = new Descriptors();
    private final MemorySegment memory = arena.allocate(1 << 16);
    private final List<Integer> fds = new ArrayList<>();
    private EmulatedKqueue system;
    private KqueuePoller poller;

    @BeforeEach
    void open() {
        system = new EmulatedKqueue(dialect);
        poller = new KqueuePoller(system, libc, arena, descriptors);
    }

    @AfterEach
    void close() {
        poller.close();
        assertEquals(0, system.open(), "kqueues left open");
        fds.forEach(libc::close);
    }

    @Test
    void whatIsReadyAlreadyIsToldAtOnce() {
        int[] pair = pair();
        send(pair[1]);
        Descriptor reader = armed(pair[0], READABLE);
        assertEquals(Linux.POLLIN, told(reader));
        assertEquals(READABLE, reader.armed);
    }

    @Test
    void eachChangeIsToldOnce() {
        int[] pair = pair();
        Descriptor reader = armed(pair[0], READABLE);
        assertEquals(0, told(reader));
        for (int change = 0; change < 3; change++) {
            send(pair[1]);
            assertEquals(Linux.POLLIN, told(reader), "change " + change);
            assertEquals(0, told(reader), "nothing changed since");
        }
    }

    @Test
    void bothDirectionsAreTold() {
        int[] pair = pair();
        send(pair[1]);
        Descriptor both = armed(pair[0], READABLE | Linux.POLLOUT);
        assertEquals(Linux.POLLIN | Linux.POLLOUT, told(both));
    }

    @Test
    void directionThatIsNotWantedAnyMoreIsNotTold() {
        int[] pair = pair();
        Descriptor both = armed(pair[0], READABLE | Linux.POLLOUT);
        assertEquals(Linux.POLLOUT, told(both));
        poller.arm(both, Linux.POLLOUT);
        send(pair[1]);
        assertEquals(0, told(both));
        assertEquals(Linux.POLLOUT, both.armed);
    }

    @Test
    void directionThatComesToAnotherIsToldAtOnce() {
        int[] pair = pair();
        Descriptor both = armed(pair[0], READABLE);
        assertEquals(0, told(both));
        poller.arm(both, READABLE | Linux.POLLOUT);
        assertEquals(Linux.POLLOUT, told(both));
    }

    /** The engine says so when nobody has waited: what was told before nobody remembers. */
    @Test
    void whatIsArmedAfreshIsToldAgain() {
        int[] pair = pair();
        send(pair[1]);
        Descriptor reader = armed(pair[0], READABLE);
        assertEquals(Linux.POLLIN, told(reader));
        assertEquals(0, told(reader));
        reader.uncertain = true;
        poller.arm(reader, READABLE);
        reader.uncertain = false;
        assertEquals(Linux.POLLIN, told(reader));
    }

    @Test
    void whatIsDisarmedIsNotTold() {
        int[] pair = pair();
        Descriptor reader = armed(pair[0], READABLE | Linux.POLLOUT);
        poller.disarm(reader);
        send(pair[1]);
        assertEquals(0, told(reader));
        assertEquals(0, reader.armed);
    }

    @Test
    void endOfTheStreamIsTold() {
        int[] pair = pair();
        Descriptor reader = armed(pair[0], READABLE);
        assertEquals(0, told(reader));
        libc.shutdown(pair[1], Linux.SHUT_WR);
        assertEquals(READABLE, told(reader));
    }

    @Test
    void dataBeforeTheEndIsToldWithIt() {
        int[] pair = pair();
        send(pair[1]);
        libc.shutdown(pair[1], Linux.SHUT_WR);
        Descriptor reader = armed(pair[0], READABLE);
        assertEquals(READABLE, told(reader));
    }

    /** Else a poll for the end alone would be told of data again and again. */
    @Test
    void whoWaitsForTheEndIsNotToldOfData() {
        int[] pair = pair();
        send(pair[1]);
        Descriptor reader = armed(pair[0], Linux.POLLRDHUP);
        assertEquals(0, told(reader));
        send(pair[1]);
        assertEquals(0, told(reader));
        libc.shutdown(pair[1], Linux.SHUT_WR);
        assertTrue((told(reader) & Linux.POLLRDHUP) != 0);
    }

    @Test
    void whoWaitsForTheEndAndThenForDataIsToldOfIt() {
        int[] pair = pair();
        send(pair[1]);
        Descriptor reader = armed(pair[0], Linux.POLLRDHUP);
        assertEquals(0, told(reader));
        poller.arm(reader, READABLE);
        assertEquals(Linux.POLLIN, told(reader));
    }

    /** Where the system cannot tell of it, the reader is told not to trust a short read. */
    @Test
    void urgentDataIsToldOrMayBeThere() throws IOException {
        int[] pair = tcpPair();
        Descriptor reader = armed(pair[0], READABLE | Linux.POLLPRI);
        assertEquals(0, told(reader));
        assertEquals(2, libc.send(pair[1], memory.address(), 2, MSG_OOB));
        for (long end = System.nanoTime() + PATIENCE; !descriptors.anyReady();) {
            assertTrue(System.nanoTime() < end, "nothing was told");
            poller.poll(1_000_000);
        }
        int more = reader.ready & ~(Linux.POLLIN | Linux.POLLOUT);
        assertTrue(system.abi().hasExcept() ? more == Linux.POLLPRI : more > 0xffff,
                () -> Integer.toHexString(more));
    }

    @Test
    void whoWaitsForUrgentDataAloneIsRefusedWhereTheSystemCannotTell() throws IOException {
        Descriptor reader = armed(tcpPair()[0], Linux.POLLPRI);
        boolean can = system.abi().hasExcept();
        assertEquals(can ? 0 : Descriptor.BROKEN, told(reader));
        assertEquals(can ? 0 : Errno.EOPNOTSUPP, reader.refusal);
    }

    private int[] tcpPair() throws IOException {
        int listener = Sockets.socket(Sockets.IPV4, Linux.SOCK_STREAM, 0);
        Sockets.bind(listener, Sockets.IPV4,
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        Sockets.listen(listener, 1);
        int client = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM, 0);
        MemorySegment address = arena.allocate(Sockets.ADDRESS_SIZE, 8);
        int length = Sockets.encode(Sockets.localAddress(listener), Sockets.IPV4, address);
        assertEquals(0, libc.connect(client, address, length));
        int accepted = libc.accept4(
                listener, MemorySegment.NULL, MemorySegment.NULL, Linux.SOCK_NONBLOCK);
        fds.addAll(List.of(listener, client, accepted));
        return new int[] {accepted, client};
    }

    /** Numbers are closed and used again without a word to the poller. */
    @Test
    void numberThatWasClosedAndUsedAgainIsArmedAfresh() {
        int[] first = pair();
        Descriptor reader = armed(first[0], READABLE);
        assertEquals(0, told(reader));
        close(first[0]);
        int[] second = pair();
        assertEquals(first[0], second[0], "the lowest number that is free");
        send(second[1]);
        assertEquals(0, told(reader), "the system has forgotten it");
        reader.uncertain = true;
        poller.arm(reader, READABLE);
        assertEquals(Linux.POLLIN, told(reader));
    }

    /** As a close of the engine's: the filters are taken away from a number that is another's. */
    @Test
    void numberThatIsDisarmedClosedAndArmedInOneTurnIsTold() {
        int[] first = pair();
        Descriptor reader = armed(first[0], READABLE);
        assertEquals(0, told(reader));
        poller.disarm(reader);
        close(first[0]);
        int[] second = pair();
        assertEquals(first[0], second[0], "the lowest number that is free");
        reader.uncertain = true;
        poller.arm(reader, READABLE);
        reader.uncertain = false;
        send(second[1]);
        assertEquals(Linux.POLLIN, told(reader));
    }

    @Test
    void closedDescriptorIsRefused() {
        int[] pair = pair();
        close(pair[0]);
        Descriptor closed = armed(pair[0], READABLE | Linux.POLLOUT);
        assertEquals(Descriptor.BROKEN, told(closed));
        assertEquals(Errno.EBADF, closed.refusal);
        assertEquals(0, closed.armed);
    }

    @Test
    void closedDescriptorIsDisarmedWithoutTrouble() {
        int[] pair = pair();
        Descriptor closed = armed(pair[0], READABLE | Linux.POLLOUT);
        assertEquals(Linux.POLLOUT, told(closed));
        close(pair[0]);
        poller.disarm(closed);
        assertEquals(0, told(closed));
        assertEquals(0, closed.refusal);
    }

    /** Some refuse it, some tell of it: either way the writer is to try, and hears EPIPE. */
    @Test
    void writerOfAPipeThatNobodyReadsIsToldOrRefused() {
        MemorySegment ends = arena.allocate(JAVA_INT, 2);
        boolean aarch64 = System.getProperty("os.arch").equals("aarch64");
        assertEquals(0, libc.syscall(aarch64 ? 59 : 293, ends.address(), Linux.O_NONBLOCK));
        int writer = ends.get(JAVA_INT, 4);
        fds.add(writer);
        libc.close(ends.get(JAVA_INT, 0));
        Descriptor descriptor = armed(writer, Linux.POLLOUT);
        int told = told(descriptor);
        assertTrue((told & (Linux.POLLOUT | Descriptor.BROKEN)) != 0, () -> "told " + told);
        int refusal = switch (dialect) {
            case FREEBSD, FREEBSD_11 -> Errno.EPIPE;
            case NETBSD, NETBSD_9 -> Errno.EBADF;
            default -> 0;
        };
        assertEquals(refusal, descriptor.refusal);
    }

    @Test
    void moreChangesThanThereIsRoomForAreMade() {
        List<Descriptor> readers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int[] pair = pair();
            send(pair[1]);
            readers.add(armed(pair[0], READABLE));
        }
        for (long end = System.nanoTime() + PATIENCE;
                readers.stream().anyMatch(reader -> reader.ready == 0);) {
            assertTrue(System.nanoTime() < end, "not all were told");
            poller.poll(0);
        }
        assertTrue(readers.stream().allMatch(reader -> (reader.ready & 0xffff) == Linux.POLLIN));
    }

    @Test
    void waitEndsWhenItsTimeIsUp() {
        for (long nanos : new long[] {0, 1, 1_500_000}) {
            long start = System.nanoTime();
            poller.poll(nanos);
            long waited = System.nanoTime() - start;
            assertTrue(waited >= nanos, () -> nanos + " ns, waited " + waited);
        }
    }

    /** Systems refuse a time of many years; what is ready ends the wait. */
    @Test
    void anyTimeMayBeWaited() {
        int[] pair = pair();
        Descriptor reader = armed(pair[0], READABLE);
        for (long nanos : new long[] {Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
            send(pair[1]);
            reader.ready = 0;
            poller.poll(nanos);
            assertEquals(Linux.POLLIN, reader.ready & 0xffff, nanos + " ns");
            descriptors.takeReady();
        }
    }

    /** A test that waits for ever is ended by the suite. */
    @Test
    void doorbellEndsAWaitOnceForEachSleep() throws Exception {
        for (int sleep = 0; sleep < 50; sleep++) {
            poller.doorbell().announceSleep();
            assertTrue(poller.doorbell().sleep());
            Thread caller = Thread.ofPlatform().start(() -> {
                poller.doorbell().ring();
                poller.doorbell().ring();
            });
            poller.poll(-1);
            caller.join();
            assertFalse(poller.doorbell().sleep(), "was called");
            poller.doorbell().wake();
        }
        long start = System.nanoTime();
        poller.poll(1_000_000);
        assertTrue(System.nanoTime() - start >= 1_000_000, "no stroke is left");
    }

    @Test
    void strokeThatComesBeforeTheWaitIsNotLost() {
        poller.doorbell().announceSleep();
        poller.doorbell().ring();
        poller.poll(-1);
        assertFalse(poller.doorbell().sleep());
    }

    @Test
    void callThatIsInterruptedIsMadeAgainOrEndsTheWait() {
        int[] pair = pair();
        send(pair[1]);
        var interrupted = new InterruptedKqueue(new EmulatedKqueue(dialect));
        KqueuePoller other = new KqueuePoller(interrupted, libc, arena, descriptors);
        Descriptor reader = descriptors.of(pair[0]);
        other.arm(reader, READABLE);
        interrupted.interruptNext(2); // The call with the changes.
        other.poll(0);
        assertEquals(Linux.POLLIN, reader.ready & 0xffff);
        descriptors.takeReady().ready = 0;
        interrupted.interruptNext(1); // The wait.
        other.poll(-1);
        assertEquals(0, reader.ready);
        other.close();
    }

    /** A kernel, or a library, that tells of what it was not asked for. */
    @Test
    void whatNobodyAskedForIsDropped() {
        int[] pair = pair();
        var system = new InterruptedKqueue(new EmulatedKqueue(dialect));
        KqueuePoller other = new KqueuePoller(system, libc, arena, descriptors);
        Descriptor reader = descriptors.of(pair[0]);
        other.arm(reader, READABLE);
        for (long ident : new long[] {-1, 1L << 33 | pair[0], Integer.MAX_VALUE, 100_000}) {
            system.tellNext(ident, system.abi().read());
            other.poll(0);
        }
        system.tellNext(pair[0], system.abi().write());
        other.poll(0);
        assertEquals(0, reader.ready);
        assertTrue(!descriptors.anyReady());
        other.close();
    }

    private Descriptor armed(int fd, int events) {
        Descriptor descriptor = descriptors.of(fd);
        descriptor.uncertain = true;
        poller.arm(descriptor, events);
        descriptor.uncertain = false;
        return descriptor;
    }

    /** What one poll, which does not wait, tells of the descriptor. */
    private int told(Descriptor descriptor) {
        poller.poll(0);
        int told = descriptor.ready & 0xffff;
        while (descriptors.anyReady()) {
            descriptors.takeReady().ready = 0;
        }
        return told;
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

    private void close(int fd) {
        fds.remove(Integer.valueOf(fd));
        assertEquals(0, libc.close(fd));
    }

    private void send(int fd) {
        assertEquals(1, libc.send(fd, memory.address(), 1, Linux.MSG_DONTWAIT));
    }
}
