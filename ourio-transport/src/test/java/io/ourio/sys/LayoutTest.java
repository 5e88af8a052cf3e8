// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The sizes and offsets of {@code linux/io_uring.h} as a C compiler printed them, on x86-64 and
 * aarch64 alike: a second source beside our layouts.
 */
class LayoutTest {
    private final Arena arena = Arena.ofAuto();

    @Test
    void sizesAreThoseOfTheHeader() {
        assertEquals(64, Sqe.LAYOUT.byteSize());
        assertEquals(Sqe.SIZE, Sqe.LAYOUT.byteSize());
        assertEquals(16, Cqe.LAYOUT.byteSize());
        assertEquals(Cqe.SIZE, Cqe.LAYOUT.byteSize());
        assertEquals(120, UringParams.LAYOUT.byteSize());
        assertEquals(UringParams.SIZE, UringParams.LAYOUT.byteSize());
        assertEquals(24, EnterArg.SIZE);
        assertEquals(256, Statx.LAYOUT.byteSize());
        assertEquals(16, CmsgHdr.SIZE);
        assertEquals(16, RecvmsgOut.LAYOUT.byteSize());
        assertEquals(RecvmsgOut.SIZE, RecvmsgOut.LAYOUT.byteSize());
        assertEquals(16, BufRing.ENTRY_SIZE);
        assertEquals(40, BufRing.REG_SIZE);
        assertEquals(56, MsgHdr.HEADER_SIZE);
        assertEquals(16, MsgHdr.IOVEC_SIZE);
        assertEquals(56 + 1024 * 16, MsgHdr.size(1024));
    }

    @ParameterizedTest
    @CsvSource({
        "opcode, 0, 1", "flags, 1, 1", "ioprio, 2, 2", "fd, 4, 4", "off, 8, 8", "addr, 16, 8",
        "len, 24, 4", "op_flags, 28, 4", "user_data, 32, 8", "buf_group, 40, 2",
        "personality, 42, 2", "file_index, 44, 4", "addr3, 48, 8", "pad2, 56, 8"})
    void sqeFieldsLieWhereTheHeaderHasThem(String field, long offset, long size) {
        assertField(Sqe.LAYOUT, field, offset, size);
    }

    @ParameterizedTest
    @CsvSource({"user_data, 0, 8", "res, 8, 4", "flags, 12, 4"})
    void cqeFieldsLieWhereTheHeaderHasThem(String field, long offset, long size) {
        assertField(Cqe.LAYOUT, field, offset, size);
    }

    @ParameterizedTest
    @CsvSource({
        "sq_entries, 0, 4", "cq_entries, 4, 4", "flags, 8, 4", "sq_thread_cpu, 12, 4",
        "sq_thread_idle, 16, 4", "features, 20, 4", "wq_fd, 24, 4", "resv, 28, 12",
        "sq_off, 40, 40", "cq_off, 80, 40"})
    void paramsLieWhereTheHeaderHasThem(String field, long offset, long size) {
        assertField(UringParams.LAYOUT, field, offset, size);
    }

    @ParameterizedTest
    @CsvSource({
        "mask, 0, 4", "blksize, 4, 4", "nlink, 16, 4", "uid, 20, 4", "gid, 24, 4", "mode, 28, 2",
        "ino, 32, 8", "size, 40, 8", "blocks, 48, 8", "atime, 64, 16", "btime, 80, 16",
        "ctime, 96, 16", "mtime, 112, 16", "dev_major, 136, 4", "dev_minor, 140, 4"})
    void statxFieldsLieWhereTheHeaderHasThem(String field, long offset, long size) {
        assertField(Statx.LAYOUT, field, offset, size);
    }

    /** The kernel refuses a mode where no file is made. */
    @ParameterizedTest
    @CsvSource({"0x800, 0", "0x40, 0640", "0x410002, 0640", "0x10000, 0"})
    void openHowHasAModeOnlyIfAFileIsMade(String flags, String mode) {
        MemorySegment how = arena.allocate(OpenHow.SIZE, Long.BYTES);
        OpenHow.set(how, Integer.decode(flags), 0640, OpenHow.RESOLVE_BENEATH);
        assertEquals((long) Integer.decode(flags), how.get(JAVA_LONG, 0));
        assertEquals((long) Integer.decode(mode), how.get(JAVA_LONG, 8));
        assertEquals(8, how.get(JAVA_LONG, 16));
    }

    @ParameterizedTest
    @CsvSource({"namelen, 0, 4", "controllen, 4, 4", "payloadlen, 8, 4", "flags, 12, 4"})
    void recvmsgOutLiesWhereTheHeaderHasIt(String field, long offset, long size) {
        assertField(RecvmsgOut.LAYOUT, field, offset, size);
    }

    /** {@code CMSG_SPACE} of LP64. */
    @ParameterizedTest
    @CsvSource({"0, 16", "1, 24", "2, 24", "4, 24", "8, 24", "12, 32", "20, 40"})
    void controlDataTakesItsHeadAndAMultipleOfEight(long length, long space) {
        assertEquals(space, CmsgHdr.space(length));
    }

    private static void assertField(StructLayout layout, String field, long offset, long size) {
        PathElement path = PathElement.groupElement(field);
        assertEquals(offset, layout.byteOffset(path));
        assertEquals(size, layout.select(path).byteSize());
    }

    @ParameterizedTest
    @CsvSource({"head, 0, 0", "tail, 4, 4", "ring_mask, 8, 8", "ring_entries, 12, 12",
        "flags, 16, 24", "user_addr, 32, 32"})
    void ringOffsetsLieWhereTheHeaderHasThem(String field, long inSq, long inCq) {
        assertEquals(40 + inSq, UringParams.LAYOUT.byteOffset(
                PathElement.groupElement("sq_off"), PathElement.groupElement(field)));
        assertEquals(80 + inCq, UringParams.LAYOUT.byteOffset(
                PathElement.groupElement("cq_off"), PathElement.groupElement(field)));
    }

    @ParameterizedTest
    @CsvSource({"dropped, 20, sq_off, 40", "array, 24, sq_off, 40", "overflow, 16, cq_off, 80",
        "cqes, 20, cq_off, 80"})
    void offsetsOfOneQueueAloneLieWhereTheHeaderHasThem(
            String field, long at, String queue, long base) {
        assertEquals(base + at, UringParams.LAYOUT.byteOffset(
                PathElement.groupElement(queue), PathElement.groupElement(field)));
    }

    /** Each setter with all bits set, and the bytes that may change. */
    static Stream<Arguments> setters() {
        return Stream.of(
                setter("opcode", 0, 1, sqe -> Sqe.opcode(sqe, 64, -1)),
                setter("flags", 1, 1, sqe -> Sqe.flags(sqe, 64, -1)),
                setter("ioprio", 2, 2, sqe -> Sqe.ioprio(sqe, 64, -1)),
                setter("fd", 4, 4, sqe -> Sqe.fd(sqe, 64, -1)),
                setter("off", 8, 8, sqe -> Sqe.off(sqe, 64, -1)),
                setter("addr", 16, 8, sqe -> Sqe.addr(sqe, 64, -1)),
                setter("len", 24, 4, sqe -> Sqe.len(sqe, 64, -1)),
                setter("opFlags", 28, 4, sqe -> Sqe.opFlags(sqe, 64, -1)),
                setter("userData", 32, 8, sqe -> Sqe.userData(sqe, 64, -1)),
                setter("bufGroup", 40, 2, sqe -> Sqe.bufGroup(sqe, 64, -1)),
                setter("fileIndex", 44, 4, sqe -> Sqe.fileIndex(sqe, 64, -1)));
    }

    private static Arguments setter(String name, int from, int size, Consumer<MemorySegment> set) {
        return Arguments.of(name, from, size, set);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("setters")
    void sqeSetterTouchesItsBytesAlone(
            String name, int from, int size, Consumer<MemorySegment> set) {
        MemorySegment sqes = arena.allocate(3 * Sqe.SIZE, 8);
        set.accept(sqes);
        for (int i = 0; i < sqes.byteSize(); i++) {
            boolean its = i >= 64 + from && i < 64 + from + size;
            assertEquals(its ? -1 : 0, sqes.get(JAVA_BYTE, i), name + " at " + i);
        }
    }

    @Test
    void clearZeroesOneSqeAndNoNeighbour() {
        MemorySegment sqes = arena.allocate(3 * Sqe.SIZE, 8);
        sqes.fill((byte) -1);
        Sqe.clear(sqes, 64);
        for (int i = 0; i < sqes.byteSize(); i++) {
            assertEquals(i >= 64 && i < 128 ? 0 : -1, sqes.get(JAVA_BYTE, i), "at " + i);
        }
    }

    @Test
    void cqeIsReadWhereTheKernelWritesIt() {
        MemorySegment ring = arena.allocate(64, 8);
        ring.set(JAVA_LONG, 16, 0x0123456789abcdefL);
        ring.set(JAVA_INT, 24, -125);
        ring.set(JAVA_INT, 28, 0x70001);
        assertEquals(0x0123456789abcdefL, Cqe.userData(ring, 16));
        assertEquals(-125, Cqe.res(ring, 16));
        assertEquals(0x70001, Cqe.flags(ring, 16));
    }

    /** The tail is the reserved half word of the first entry: writing that entry must keep it. */
    @Test
    void bufferRingEntriesKeepTheTail() {
        MemorySegment ring = arena.allocate(4 * BufRing.ENTRY_SIZE, 8);
        BufRing.tail(ring, 0x12345);
        assertEquals((short) 0x2345, ring.get(JAVA_SHORT, 14));
        BufRing.entry(ring, 0, 0x1122334455667788L, 0x0a0b0c0d, 0x7fff);
        assertEquals((short) 0x2345, ring.get(JAVA_SHORT, 14));
        assertEquals(0x1122334455667788L, ring.get(JAVA_LONG, 0));
        assertEquals(0x0a0b0c0d, ring.get(JAVA_INT, 8));
        assertEquals(0x7fff, ring.get(JAVA_SHORT, 12));
        BufRing.entry(ring, 3, 1, 2, 3);
        assertEquals(1, ring.get(JAVA_LONG, 48));
        assertEquals(2, ring.get(JAVA_INT, 56));
        assertEquals(3, ring.get(JAVA_SHORT, 60));
    }

    @Test
    void registrationOfABufferRingIsZeroElsewhere() {
        MemorySegment reg = arena.allocate(BufRing.REG_SIZE, 8);
        reg.fill((byte) -1);
        BufRing.registration(reg, 0x1000, 32, 5, 2);
        assertEquals(0x1000, reg.get(JAVA_LONG, 0));
        assertEquals(32, reg.get(JAVA_INT, 8));
        assertEquals(5, reg.get(JAVA_SHORT, 12));
        assertEquals(2, reg.get(JAVA_SHORT, 14));
        assertEquals(List.of(0L, 0L, 0L), Stream.of(16, 24, 32)
                .map(at -> reg.get(JAVA_LONG, at)).toList());
    }

    @Test
    void messageHeaderPointsToItsPieces() {
        MemorySegment message = arena.allocate(MsgHdr.size(2), 8);
        message.fill((byte) -1);
        MsgHdr.iovec(message, 0, 0x1111, 11);
        MsgHdr.iovec(message, 1, 0x2222, 22);
        MsgHdr.header(message, 2);
        assertEquals(0, message.get(JAVA_LONG, 0), "msg_name");
        assertEquals(0, message.get(JAVA_INT, 8), "msg_namelen");
        assertEquals(message.address() + 56, message.get(JAVA_LONG, 16), "msg_iov");
        assertEquals(2, message.get(JAVA_LONG, 24), "msg_iovlen");
        assertEquals(0, message.get(JAVA_LONG, 32), "msg_control");
        assertEquals(0, message.get(JAVA_LONG, 40), "msg_controllen");
        assertEquals(0, message.get(JAVA_INT, 48), "msg_flags");
        assertEquals(0x1111, message.get(JAVA_LONG, 56));
        assertEquals(11, message.get(JAVA_LONG, 64));
        assertEquals(0x2222, message.get(JAVA_LONG, 72));
        assertEquals(22, message.get(JAVA_LONG, 80));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 0, 1", "999999999, 0, 999999999", "1000000000, 1, 0",
        "9223372036854775807, 9223372036, 854775807"})
    void enterArgumentHoldsTheTimeAndPointsToIt(long nanos, long seconds, long rest) {
        long address = new EnterArg(arena).address(nanos);
        MemorySegment argument = Libc.mapped(address, 40);
        assertEquals(0, argument.get(JAVA_LONG, 0), "sigmask");
        assertEquals(0, argument.get(JAVA_INT, 8), "sigmask_sz");
        assertEquals(0, argument.get(JAVA_INT, 12), "min_wait_usec");
        assertEquals(address + 24, argument.get(JAVA_LONG, 16), "ts");
        assertEquals(seconds, argument.get(JAVA_LONG, 24), "tv_sec");
        assertEquals(rest, argument.get(JAVA_LONG, 32), "tv_nsec");
    }
}
