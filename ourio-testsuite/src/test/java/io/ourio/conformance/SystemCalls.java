// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.BufferGroup;
import io.ourio.ControlMessage;
import io.ourio.Errno;
import io.ourio.Message;
import io.ourio.Op;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Sockets;
import io.ourio.Task;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import io.ourio.mock.Script;
import io.ourio.sys.CmsgHdr;
import io.ourio.sys.Libc;
import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.SockAddr;
import io.ourio.sys.Statx;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The script of the mock that is put under the conformance tests: it makes the system call that the
 * task stands for, and asks for another turn where that would block. What is tested is what the
 * mock does of its own: order, queues, cancels, buffers, clocks and the end.
 */
public final class SystemCalls implements Script {
    private static final int MSG_PEEK = 2;
    private static final int POLLNVAL = 0x20;
    private static final int ESPIPE = 29;
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int RWF_NOWAIT = 8;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int OPEN_HOW = 24;
    private static final int LARGEST_DATAGRAM = 65535;

    /** The numbers of x86-64, and those that all later architectures share. */
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
    private static final int PPOLL = X86 ? 271 : 73;
    private static final int PREADV2 = X86 ? 327 : 286;
    private static final int PWRITEV2 = X86 ? 328 : 287;
    private static final int RECVMSG = X86 ? 47 : 212;
    private static final int SPLICE = X86 ? 275 : 76;
    private static final int OPENAT = X86 ? 257 : 56;
    private static final int OPENAT2 = 437;
    private static final int STATX = X86 ? 332 : 291;
    private static final int FSYNC = X86 ? 74 : 82;
    private static final int FDATASYNC = X86 ? 75 : 83;
    private static final int FALLOCATE = X86 ? 285 : 47;
    private static final int UNLINKAT = X86 ? 263 : 35;
    private static final int RENAMEAT2 = X86 ? 316 : 276;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment pollfd = arena.allocate(8, 8);
    private final MemorySegment noTime = arena.allocate(16, 8);

    /** A mock of which every task is a system call. */
    public static Mock mock() {
        return mock(new SystemCalls());
    }

    /** The same by another script, which may ask one of this class. */
    public static Mock mock(Script script) {
        return new Mock().systemClock().systemDescriptors().otherwise(script);
    }

    @Override
    public Answer answer(Task task) {
        Libc libc = Libc.current();
        return switch (task.op()) {
            case NOOP -> Answer.ok();
            case ACCEPT -> orAgain(accept(libc, task));
            case ACCEPT_MULTISHOT -> orAgain(accept(libc, task), true);
            case CONNECT -> orAgain(libc.connect(
                    task.fd(), (MemorySegment) task.resource(), task.length()));
            case RECV -> recv(libc, task);
            case RECV_MULTISHOT -> recvMultishot(libc, task);
            case SEND -> orAgain(libc.send(
                    task.fd(), task.address(), task.length(), dontWait(task)));
            case SENDMSG -> orAgain(libc.sendmsg(task.fd(), task.address(), dontWait(task)));
            case READ -> orAgain(onePiece(libc, PREADV2, task));
            case WRITE -> orAgain(onePiece(libc, PWRITEV2, task));
            case READV -> orAgain(pieces(libc, PREADV2, task, task.address(), task.length()));
            case WRITEV -> orAgain(pieces(libc, PWRITEV2, task, task.address(), task.length()));
            case POLL -> orAgain(poll(libc, task));
            case POLL_MULTISHOT -> orAgain(poll(libc, task), true);
            case SHUTDOWN -> Answer.result(libc.shutdown(task.fd(), task.flags()));
            case CLOSE -> Answer.result(libc.close(task.fd()));
            case SOCKET -> Answer.result(libc.socket(task.fd(), task.flags(), task.length()));
            case RECVMSG -> orAgain(task, libc.syscall(
                    RECVMSG, task.fd(), task.address(), dontWait(task), 0));
            case RECVMSG_MULTISHOT -> recvmsgMultishot(libc, task);
            case SEND_ZERO_COPY, SENDMSG_ZERO_COPY -> sendZeroCopy(libc, task);
            case BIND -> Answer.result(libc.bind(
                    task.fd(), (MemorySegment) task.resource(), task.length()));
            case LISTEN -> Answer.result(libc.listen(task.fd(), task.length()));
            case OPEN, OPEN_AT -> waitsForItsPeer(libc, task)
                    ? Answer.never() : Answer.result(file(libc, task));
            case SPLICE -> orAgain(splice(libc, task));
            case STAT, LSTAT, FSTAT, FSYNC, FTRUNCATE, FALLOCATE, UNLINK, RENAME, MKDIR, SYMLINK,
                    LINK -> Answer.result(file(libc, task));
            default -> null; // An error of the mock's, which names the operation.
        };
    }

    /** Twice the same: the bytes are sent, and nobody needs them any more. */
    private static Answer sendZeroCopy(Libc libc, Task task) {
        if (isUnix(task.fd())) {
            return Answer.error(Errno.EOPNOTSUPP);
        }
        Answer sent = orAgain(task.op() == Op.SEND_ZERO_COPY
                ? libc.send(task.fd(), task.address(), task.length(), dontWait(task))
                : libc.sendmsg(task.fd(), task.address(), dontWait(task)));
        return sent == Answer.again() ? sent : sent.then(sent);
    }

    private static boolean isUnix(int fd) {
        try {
            return Sockets.family(fd) == Linux.AF_UNIX;
        } catch (IOException e) {
            return false; // The call that follows says what is wrong.
        }
    }

    /** What takes its time, but waits for nobody. */
    private static int file(Libc libc, Task task) {
        int here = Linux.AT_FDCWD;
        long path = task.address();
        return switch (task.op()) {
            case OPEN -> libc.syscall(OPENAT, here, path, task.flags(), task.length());
            case OPEN_AT -> libc.syscall(OPENAT2, task.fd(), path, task.offset(), OPEN_HOW);
            case FSTAT -> libc.syscall(
                    STATX, task.fd(), path, task.flags(), task.length(), task.offset(), 0);
            case STAT, LSTAT -> libc.syscall(
                    STATX, here, path, task.flags(), task.length(), task.offset(), 0);
            case FSYNC -> libc.syscall(task.flags() == 0 ? FSYNC : FDATASYNC, task.fd(), 0);
            case FTRUNCATE -> libc.ftruncate(task.fd(), task.offset());
            case FALLOCATE -> libc.syscall(
                    FALLOCATE, task.fd(), task.flags(), task.offset(), task.address());
            case UNLINK -> libc.syscall(UNLINKAT, here, path, task.flags(), 0);
            case RENAME -> libc.syscall(
                    RENAMEAT2, here, path, here, task.offset(), task.flags(), 0);
            case MKDIR -> libc.mkdir(path, task.length());
            case SYMLINK -> libc.symlink(path, task.offset());
            case LINK -> libc.link(path, task.offset());
            default -> throw new AssertionError(task);
        };
    }

    /** Of a pipe with a name. A script that does not wait cannot see who opens the other end. */
    private static boolean waitsForItsPeer(Libc libc, Task task) {
        if ((task.flags() & (OpenFlags.WRITE | OpenFlags.READ_WRITE)) == OpenFlags.READ_WRITE
                || (task.flags() & OpenFlags.NON_BLOCKING) != 0) {
            return false;
        }
        int from = task.op() == Op.OPEN_AT ? task.fd() : Linux.AT_FDCWD;
        return kind(libc, from, task.address(), 0) == Statx.S_IFIFO;
    }

    private static int kind(Libc libc, int fd) {
        try (Arena call = Arena.ofConfined()) {
            return kind(libc, fd, call.allocate(1).address(), AT_EMPTY_PATH);
        }
    }

    /** Of a file: {@code S_IF*}, or 0 if there is none. */
    private static int kind(Libc libc, int fd, long path, int flags) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment status = call.allocate(Statx.LAYOUT);
            libc.syscall(STATX, fd, path, flags, Statx.WANTED, status.address(), 0);
            return Statx.mode(status) & Statx.S_IFMT;
        }
    }

    private static int splice(Libc libc, Task task) {
        try (Arena call = Arena.ofConfined()) {
            return libc.syscall(SPLICE,
                    task.sourceFd(), offset(call, task.address()),
                    task.fd(), offset(call, task.offset()), task.length(), SPLICE_F_NONBLOCK);
        }
    }

    /** Where the call reads its offset, or 0 for none. */
    private static long offset(Arena call, long offset) {
        return offset == Ring.CURRENT_POSITION
                ? 0 : call.allocateFrom(JAVA_LONG, offset).address();
    }

    private static Answer orAgain(long result) {
        return orAgain(result, false);
    }

    private static Answer orAgain(long result, boolean more) {
        return switch ((int) result) {
            case -Errno.EAGAIN, -Errno.EINPROGRESS, -Errno.EALREADY -> Answer.again();
            default -> more && result >= 0
                    ? Answer.result((int) result).then(Answer.again())
                    : Answer.result((int) result);
        };
    }

    private static int accept(Libc libc, Task task) {
        return libc.accept4(task.fd(), MemorySegment.NULL, MemorySegment.NULL, task.flags());
    }

    private static int dontWait(Task task) {
        return task.flags() | Linux.MSG_DONTWAIT;
    }

    private static Answer recv(Libc libc, Task task) {
        return orAgain(task,
                libc.recv(task.fd(), task.address(), task.length(), dontWait(task)));
    }

    private static Answer orAgain(Task task, long result) {
        return (task.flags() & Linux.MSG_DONTWAIT) != 0
                ? Answer.result((int) result) : orAgain(result);
    }

    private static Answer recvMultishot(Libc libc, Task task) {
        BufferGroup group = (BufferGroup) task.resource();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment bytes = call.allocate(group.bufferSize());
            long there = libc.recv(task.fd(), bytes.address(), 1, MSG_PEEK | Linux.MSG_DONTWAIT);
            if (there <= 0) {
                return orAgain(there);
            }
            if (group.available() == 0) {
                return Answer.error(Errno.ENOBUFS);
            }
            long count = libc.recv(
                    task.fd(), bytes.address(), bytes.byteSize(), Linux.MSG_DONTWAIT);
            return Answer.bytes(bytes.asSlice(0, count).toArray(JAVA_BYTE)).then(Answer.again());
        }
    }

    /** The whole of each message: what there is no room for, the mock has to cut. */
    private static Answer recvmsgMultishot(Libc libc, Task task) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment bytes = call.allocate(LARGEST_DATAGRAM);
            MemorySegment name = call.allocate(SockAddr.SIZE, Long.BYTES);
            MemorySegment control = call.allocate(Message.MAX_CONTROL, Long.BYTES);
            MemorySegment header = call.allocate(MsgHdr.size(1), Long.BYTES);
            MsgHdr.header(header, 1);
            MsgHdr.name(header, name.address(), (int) name.byteSize());
            MsgHdr.control(header, control.address(), control.byteSize());
            MsgHdr.iovec(header, 0, bytes.address(), (int) bytes.byteSize());
            int count = libc.syscall(RECVMSG, task.fd(), header.address(), dontWait(task), 0);
            if (count < 0) {
                return orAgain(count);
            }
            Answer answer = Answer.message(
                    MsgHdr.nameLength(header) == 0 ? null : SockAddr.decode(name),
                    controls(control.asSlice(0, MsgHdr.controlLength(header))),
                    bytes.asSlice(0, count).toArray(JAVA_BYTE));
            return count == 0 ? answer : answer.then(Answer.again());
        }
    }

    private static List<ControlMessage> controls(MemorySegment control) {
        List<ControlMessage> controls = new ArrayList<>();
        for (long at = 0; at < control.byteSize();) {
            long length = CmsgHdr.length(control, at);
            controls.add(new ControlMessage(CmsgHdr.level(control, at), CmsgHdr.type(control, at),
                    control.asSlice(at + CmsgHdr.SIZE, length)));
            at += CmsgHdr.space(length);
        }
        return controls;
    }

    private static long onePiece(Libc libc, int call, Task task) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(MsgHdr.IOVEC_SIZE, Long.BYTES);
            piece.set(JAVA_LONG, 0, task.address());
            piece.set(JAVA_LONG, Long.BYTES, task.length());
            return pieces(libc, call, task, piece.address(), 1);
        }
    }

    /** Waits for a disk, but not for the other end of a pipe. */
    private static long pieces(Libc libc, int call, Task task, long pieces, int count) {
        long offset = task.offset();
        int result = libc.syscall(call, task.fd(), pieces, count, offset, 0, RWF_NOWAIT);
        if (result == -ESPIPE) {
            offset = Ring.CURRENT_POSITION;
            result = libc.syscall(call, task.fd(), pieces, count, offset, 0, RWF_NOWAIT);
        }
        boolean mayWait = result == -Errno.EOPNOTSUPP
                || result == -Errno.EAGAIN && kind(libc, task.fd()) == Statx.S_IFREG;
        return mayWait ? libc.syscall(call, task.fd(), pieces, count, offset, 0, 0) : result;
    }

    /** The mask, or {@code -EAGAIN} if nothing is ready. */
    private long poll(Libc libc, Task task) {
        pollfd.set(JAVA_INT, 0, task.fd());
        pollfd.set(JAVA_SHORT, 4, (short) task.flags());
        pollfd.set(JAVA_SHORT, 6, (short) 0);
        long count = libc.syscall(
                PPOLL, pollfd.address(), 1, noTime.address(), 0, 0, 0);
        int mask = pollfd.get(JAVA_SHORT, 6) & 0xffff;
        if (count <= 0) {
            return count == 0 ? -Errno.EAGAIN : count;
        }
        return (mask & POLLNVAL) != 0 ? -Errno.EBADF : mask;
    }
}
