// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is done in place of calls that macOS lacks, here with Linux's numbers on Linux, where it
 * must do the same.
 */
class BsdLibcTest {
    private static final int NEW = Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;

    private final Arena arena = Arena.ofAuto();
    private final Libc libc = new BsdLibc(arena, Platform.LINUX, false);

    @BeforeAll
    static void onLinux() {
        assumeTrue(Platform.CURRENT == Platform.LINUX, "its numbers are Linux's");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Linux.SOCK_NONBLOCK, Linux.SOCK_CLOEXEC, NEW})
    void socketIsMadeAsAsked(int flags) {
        int fd = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | flags, 0);
        assertMade(flags, fd);
        assertEquals(0, libc.close(fd));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Linux.SOCK_NONBLOCK, Linux.SOCK_CLOEXEC, NEW})
    void bothOfAPairAreMadeAsAsked(int flags) {
        MemorySegment pair = arena.allocate(JAVA_INT, 2);
        assertEquals(0, libc.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | flags, 0, pair));
        for (int fd : pair.toArray(JAVA_INT)) {
            assertMade(flags, fd);
            assertEquals(0, libc.close(fd));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Linux.SOCK_NONBLOCK, Linux.SOCK_CLOEXEC, NEW})
    void connectionIsAcceptedAsAsked(int flags) throws Exception {
        int listener = listener();
        int client = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM, 0);
        assertEquals(0, libc.connect(client, addressOf(listener), 16));
        int accepted =
                libc.accept4(listener, MemorySegment.NULL, MemorySegment.NULL, flags);
        assertMade(flags, accepted);
        assertEquals(-Errno.EAGAIN,
                libc.accept4(listener, MemorySegment.NULL, MemorySegment.NULL, flags));
        for (int fd : new int[] {listener, client, accepted}) {
            assertEquals(0, libc.close(fd));
        }
    }

    @Test
    void errorOfTheCallComesBack() {
        assertEquals(-Errno.EAFNOSUPPORT, libc.socket(12345, Linux.SOCK_STREAM | NEW, 0));
        assertEquals(-Errno.EBADF,
                libc.accept4(-1, MemorySegment.NULL, MemorySegment.NULL, NEW));
    }

    /** As on Linux, the second call is told what came of the first. */
    @Test
    void connectAgainTellsWhatCameOfIt() throws Exception {
        int listener = listener();
        int client = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
        MemorySegment address = addressOf(listener);
        assertEquals(-Errno.EINPROGRESS, libc.connect(client, address, 16));
        assertEquals(Linux.POLLOUT, poll(client, Linux.POLLOUT, 5000));
        assertEquals(0, libc.connect(client, address, 16));
        assertEquals(0, libc.close(client));
        assertEquals(0, libc.close(listener));
    }

    @Test
    void connectAgainTellsTheRefusalOnce() throws Exception {
        int listener = listener();
        MemorySegment nobody = addressOf(listener);
        assertEquals(0, libc.close(listener));
        int client = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
        assertEquals(-Errno.EINPROGRESS, libc.connect(client, nobody, 16));
        assertTrue((poll(client, Linux.POLLOUT, 5000) & Linux.POLLERR) != 0);
        assertEquals(-Errno.ECONNREFUSED, libc.connect(client, nobody, 16));
        assertEquals(0, libc.close(client));
    }

    /** Somebody else closed the socket, and its number is another one's. */
    @Test
    void connectOfANewSocketWithAnOldNumberBeginsAnew() throws Exception {
        int listener = listener();
        MemorySegment address = addressOf(listener);
        int client = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0);
        assertEquals(-Errno.EINPROGRESS, libc.connect(client, address, 16));
        assertEquals(0, Libc.current().close(client));
        assertEquals(client,
                libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK, 0));
        assertEquals(-Errno.EINPROGRESS, libc.connect(client, address, 16));
        assertEquals(Linux.POLLOUT, poll(client, Linux.POLLOUT, 5000));
        assertEquals(0, libc.connect(client, address, 16));
        assertEquals(0, libc.close(client));
        assertEquals(0, libc.close(listener));
    }

    private int poll(int fd, int events, int millis) {
        MemorySegment polled = arena.allocate(8, 8);
        PollFd.set(polled, 0, fd, events);
        libc.poll(polled.address(), 1, millis);
        return PollFd.told(polled, 0);
    }

    @Test
    void callThatTheSystemLacksIsRefusedAsByAKernel() throws Throwable {
        MethodHandle none = Downcalls.link(Linker.nativeLinker().defaultLookup(),
                "no_such_function", "no_such_function",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        assertEquals(-Errno.ENOSYS, libc.result((int) none.invokeExact(libc.captured(), 1)));
    }

    private int listener() throws UnknownHostException {
        int fd = libc.socket(Linux.AF_INET, Linux.SOCK_STREAM | NEW, 0);
        MemorySegment address = arena.allocate(SockAddr.SIZE, 8);
        int length = SockAddr.encode(new InetSocketAddress(
                InetAddress.getByName("127.0.0.1"), 0), Linux.AF_INET, address);
        assertEquals(0, libc.bind(fd, address, length));
        assertEquals(0, libc.listen(fd, 8));
        return fd;
    }

    private MemorySegment addressOf(int fd) {
        MemorySegment address = arena.allocate(SockAddr.SIZE, 8);
        assertEquals(0, libc.getsockname(
                fd, address, arena.allocateFrom(JAVA_INT, SockAddr.SIZE)));
        return address;
    }

    private void assertMade(int flags, int fd) {
        assertTrue(fd >= 0, () -> Errno.describe(-fd));
        boolean nonBlocking = (libc.fcntl(fd, Linux.F_GETFL, 0) & Linux.O_NONBLOCK) != 0;
        boolean closedOnExec = (libc.fcntl(fd, 1, 0) & Linux.FD_CLOEXEC) != 0; // F_GETFD
        assertEquals((flags & Linux.SOCK_NONBLOCK) != 0, nonBlocking, "not blocking");
        assertEquals((flags & Linux.SOCK_CLOEXEC) != 0, closedOnExec, "closed on exec");
    }
}
