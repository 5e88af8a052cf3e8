// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.ourio.sys.CmsgHdr;
import io.ourio.sys.Linux;
import io.ourio.sys.MsgHdr;
import io.ourio.sys.SockAddr;
import io.ourio.sys.UnixAddr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/**
 * One message with what travels beside its bytes, an address and control data: for {@link
 * Ring#sendmsg} and {@link Ring#recvmsg}. It owns the memory for these two, not that of the bytes.
 *
 * <p>Used again and again it allocates nothing, except where it makes objects of what it holds
 * ({@link #from()}, {@link #controls()}). While a task has it, nobody may touch it. Not safe for
 * several threads.
 */
public final class Message implements ReceivedMessage {
    /** The most room for control data, in bytes. */
    public static final int MAX_CONTROL = 65536;

    /** Room for the control data of {@link #segmentSize(int)}, in bytes. */
    public static final int SEGMENT_SPACE = (int) CmsgHdr.space(Short.BYTES);

    /** Room for the control data of one file descriptor, in bytes. */
    public static final int DESCRIPTOR_SPACE = (int) CmsgHdr.space(Integer.BYTES);

    private static final long NAME = MsgHdr.size(1);
    private static final long CONTROL = NAME + SockAddr.SIZE;

    private final MemorySegment memory;
    private final MemorySegment scratch;
    private final int controlCapacity;

    /** Keeps the memory of the bytes, or their list. */
    private Object data;

    private boolean readOnly;
    private int nameLength;
    private long controlLength;

    /** A message without control data. */
    public Message() {
        this(0);
    }

    /**
     * A message of no bytes, to nobody.
     *
     * @param controlCapacity room for control data in bytes, 0 to {@link #MAX_CONTROL}; each piece
     *     takes 16 bytes and its own, rounded up to 8
     */
    public Message(int controlCapacity) {
        this.controlCapacity = checkControl(controlCapacity);
        memory = Arena.ofAuto().allocate(CONTROL + controlCapacity + Integer.BYTES, Long.BYTES);
        scratch = memory.asSlice(CONTROL + controlCapacity, Integer.BYTES);
        data(0, 0);
    }

    static int checkControl(int capacity) {
        if (capacity < 0 || capacity > MAX_CONTROL) {
            throw new IllegalArgumentException(
                    "controlCapacity " + capacity + " is outside 0.." + MAX_CONTROL + " bytes");
        }
        return capacity;
    }

    /** Its bytes: what is sent, or where to receive to. Native memory, kept reachable. */
    public Message data(MemorySegment bytes) {
        data(bytes.address(), Operations.checkNative(bytes));
        data = bytes;
        readOnly = bytes.isReadOnly();
        return this;
    }

    /** The same for memory that is taken on trust. */
    public Message data(long address, int length) {
        MsgHdr.iovec(memory, 0, address, Operations.checkLength(length));
        MsgHdr.pieces(memory, memory.address() + MsgHdr.HEADER_SIZE, 1);
        data = null;
        readOnly = false;
        return this;
    }

    /** The same for several pieces, which must not change as long as they are here. */
    public Message data(Iovecs pieces) {
        MsgHdr.pieces(memory, pieces.address(), pieces.count());
        data = pieces;
        readOnly = false;
        return this;
    }

    /**
     * Where it goes to.
     *
     * @param family of the socket; IPv4 addresses are mapped for an IPv6 one
     * @throws java.nio.channels.UnresolvedAddressException if it is a name without an address
     * @throws java.nio.channels.UnsupportedAddressTypeException for IPv6 on an IPv4 socket
     */
    public Message to(InetSocketAddress address, int family) {
        nameLength = SockAddr.encode(address, family, memory.asSlice(NAME, SockAddr.SIZE));
        return this;
    }

    /**
     * Where it goes to, for any kind of socket.
     *
     * @param address a {@code struct sockaddr} of at most {@link Sockets#ADDRESS_SIZE} bytes
     */
    public Message to(MemorySegment address) {
        if (address.byteSize() > SockAddr.SIZE) {
            throw new IllegalArgumentException("the address has " + address.byteSize()
                    + " bytes, more than " + SockAddr.SIZE);
        }
        MemorySegment.copy(address, 0, memory, NAME, address.byteSize());
        nameLength = (int) address.byteSize();
        return this;
    }

    /**
     * Where it goes to, through a Unix domain socket.
     *
     * @throws IllegalArgumentException if the path is longer than 107 bytes in UTF-8
     */
    public Message to(String path) {
        nameLength = UnixAddr.encode(path, memory.asSlice(NAME, SockAddr.SIZE));
        return this;
    }

    /** Sends to whom the socket is connected, which is so until {@link #to} says otherwise. */
    public Message toPeer() {
        nameLength = 0;
        return this;
    }

    /** Sends to where the message that was received came from. */
    public Message toSender() {
        nameLength = Math.min(MsgHdr.nameLength(memory), SockAddr.SIZE);
        return this;
    }

    /**
     * Adds a piece of control data, to be sent.
     *
     * @throws IllegalStateException if there is no room left
     */
    public Message control(int level, int type, MemorySegment bytes) {
        long space = CmsgHdr.space(bytes.byteSize());
        if (space > controlCapacity - controlLength) {
            throw new IllegalStateException("the control data needs " + space + " bytes, and "
                    + (controlCapacity - controlLength) + " of " + controlCapacity + " are left");
        }
        long at = CONTROL + controlLength;
        CmsgHdr.set(memory, at, level, type, bytes.byteSize());
        MemorySegment.copy(bytes, 0, memory, at + CmsgHdr.SIZE, bytes.byteSize());
        controlLength += space;
        return this;
    }

    /**
     * Adds a file descriptor, to be sent through a Unix domain socket: whoever receives the message
     * gets a descriptor of the same open file. It must stay open until the message is sent.
     *
     * @throws IllegalStateException if there is no room left, which is {@link #DESCRIPTOR_SPACE}
     */
    public Message descriptor(int fd) {
        scratch.set(JAVA_INT, 0, Operations.checkFd(fd));
        return control(Linux.SOL_SOCKET, Linux.SCM_RIGHTS, scratch);
    }

    /**
     * Has the kernel send a datagram for each {@code size} bytes, and one for what is left, by one
     * call ({@code UDP_SEGMENT}). It wants {@link #SEGMENT_SPACE} of the room.
     *
     * @throws IllegalArgumentException if {@code size} is outside 1..65535 bytes
     */
    public Message segmentSize(int size) {
        if (size < 1 || size > 0xffff) {
            throw new IllegalArgumentException(
                    "the size of a segment " + size + " is outside 1..65535 bytes");
        }
        MemorySegment value = scratch.asSlice(0, Short.BYTES);
        value.set(JAVA_SHORT, 0, (short) size);
        return control(Linux.IPPROTO_UDP, Linux.UDP_SEGMENT, value);
    }

    /** Takes the control data that was added away. */
    public Message noControl() {
        controlLength = 0;
        return this;
    }

    @Override
    public InetSocketAddress from() {
        return MsgHdr.nameLength(memory) == 0 ? null
                : SockAddr.decode(memory.asSlice(NAME, SockAddr.SIZE));
    }

    @Override
    public String fromPath() {
        return UnixAddr.decode(memory.asSlice(NAME, SockAddr.SIZE), MsgHdr.nameLength(memory));
    }

    /** The control data that was received, until this is used again. */
    @Override
    public List<ControlMessage> controls() {
        return ControlMessage.parse(memory.asSlice(CONTROL, MsgHdr.controlLength(memory)));
    }

    /** The file descriptors that came with the received message: whoever asks closes them. */
    public int[] descriptors() {
        return controls().stream()
                .filter(control -> control.level() == Linux.SOL_SOCKET
                        && control.type() == Linux.SCM_RIGHTS)
                .flatMapToInt(control -> Arrays.stream(control.data().toArray(JAVA_INT)))
                .toArray();
    }

    @Override
    public boolean isTruncated() {
        return (MsgHdr.flags(memory) & Linux.MSG_TRUNC) != 0;
    }

    @Override
    public boolean isControlTruncated() {
        return (MsgHdr.flags(memory) & Linux.MSG_CTRUNC) != 0;
    }

    /** The header of a message to be sent. */
    long outgoing() {
        MsgHdr.name(memory, nameLength == 0 ? 0 : memory.address() + NAME, nameLength);
        MsgHdr.control(memory, controlLength == 0 ? 0 : memory.address() + CONTROL, controlLength);
        return memory.address();
    }

    /** The header of a message to be received, into the place of what was to be sent. */
    long incoming() {
        if (readOnly) {
            throw new IllegalArgumentException("the segment to read into is read-only");
        }
        nameLength = 0;
        controlLength = 0;
        MsgHdr.name(memory, memory.address() + NAME, SockAddr.SIZE);
        MsgHdr.control(memory, controlCapacity == 0 ? 0 : memory.address() + CONTROL,
                controlCapacity);
        return memory.address();
    }

    @Override
    public String toString() {
        return "Message[" + (data instanceof Iovecs pieces ? pieces.count() : 1) + " pieces, "
                + controlCapacity + " bytes for control data]";
    }
}
