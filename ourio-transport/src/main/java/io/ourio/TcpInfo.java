// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel knows of a TCP connection: a snapshot of {@code struct tcp_info} that
 * {@link Sockets#tcpInfo} took. Safe to share between threads.
 *
 * <p>Times are in microseconds and sizes in bytes, unless said otherwise. Unsigned numbers of 32
 * bits come as {@code long}. What an older kernel does not report is 0.
 */
public final class TcpInfo {
    /** Bytes that are asked for: more than any kernel has until now, which is 280 in 6.18. */
    static final int CAPACITY = 512;

    /** Read by absolute index only, since the position of a buffer is not safe to share. */
    private final ByteBuffer struct;

    /** Takes the bytes that the kernel wrote, from the beginning of {@code struct} to its limit. */
    TcpInfo(ByteBuffer struct) {
        this.struct = struct.order(ByteOrder.nativeOrder());
    }

    /** The state, as in {@code TCP_ESTABLISHED} = 1 of {@code net/tcp_states.h}. */
    public int state() {
        return u8(0);
    }

    /** The state of the congestion control: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
    public int congestionState() {
        return u8(1);
    }

    /** Timeouts in a row that had the same segment sent again. */
    public int retransmits() {
        return u8(2);
    }

    /** Probes in a row without an answer. */
    public int probes() {
        return u8(3);
    }

    /** How many times in a row the retransmission time was doubled. */
    public int backoff() {
        return u8(4);
    }

    /** Bits: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data in the SYN. */
    public int options() {
        return u8(5);
    }

    /** The retransmission timeout. */
    public long retransmitTimeout() {
        return u32(8);
    }

    /** The delay of acknowledgements. */
    public long ackTimeout() {
        return u32(12);
    }

    /** The largest segment that we send. */
    public long sendMss() {
        return u32(16);
    }

    /** The largest segment that we receive. */
    public long receiveMss() {
        return u32(20);
    }

    /** Segments sent and not acknowledged; of a listener, connections that wait for accept. */
    public long unacked() {
        return u32(24);
    }

    /** Segments acknowledged out of order; of a listener, the backlog. */
    public long sacked() {
        return u32(28);
    }

    /** Segments taken for lost. */
    public long lost() {
        return u32(32);
    }

    /** Segments sent again and not acknowledged yet. */
    public long retransmitting() {
        return u32(36);
    }

    /** Milliseconds since data was last sent. */
    public long lastDataSentMillis() {
        return u32(44);
    }

    /** Milliseconds since data was last received. */
    public long lastDataReceivedMillis() {
        return u32(52);
    }

    /** Milliseconds since an acknowledgement was last received. */
    public long lastAckReceivedMillis() {
        return u32(56);
    }

    /** The path MTU. */
    public long pathMtu() {
        return u32(60);
    }

    /** The threshold of slow start of the receive window. */
    public long receiveSlowStartThreshold() {
        return u32(64);
    }

    /** The smoothed round trip time. */
    public long roundTripTime() {
        return u32(68);
    }

    /** How much the round trip time varies. */
    public long roundTripTimeVariance() {
        return u32(72);
    }

    /** The threshold of slow start of the congestion window, in segments. */
    public long sendSlowStartThreshold() {
        return u32(76);
    }

    /** The congestion window, in segments. */
    public long congestionWindow() {
        return u32(80);
    }

    /** The largest segment that we announced. */
    public long advertisedMss() {
        return u32(84);
    }

    /** How many segments out of order are taken for reordering and not for loss. */
    public long reordering() {
        return u32(88);
    }

    /** The round trip time as the receiver sees it. */
    public long receiveRoundTripTime() {
        return u32(92);
    }

    /** The space of the receive buffer that the window is made from. */
    public long receiveSpace() {
        return u32(96);
    }

    /** Segments sent again since the beginning. */
    public long totalRetransmits() {
        return u32(100);
    }

    /** Bytes that the peer acknowledged since the beginning. */
    public long bytesAcked() {
        return u64(120);
    }

    /** Bytes received since the beginning. */
    public long bytesReceived() {
        return u64(128);
    }

    /** Bytes in the send buffer that were not sent yet. */
    public long bytesNotSent() {
        return u32(144);
    }

    /** The smallest round trip time that was measured. */
    public long minRoundTripTime() {
        return u32(148);
    }

    /** The rate of delivery in bytes a second. */
    public long deliveryRate() {
        return u64(160);
    }

    /** Bytes sent since the beginning, those sent again included; from kernel 4.19 on. */
    public long bytesSent() {
        return u64(200);
    }

    /** Bytes sent again since the beginning; from kernel 4.19 on. */
    public long bytesRetransmitted() {
        return u64(208);
    }

    private int u8(int at) {
        return has(at, Byte.BYTES) ? Byte.toUnsignedInt(struct.get(at)) : 0;
    }

    private long u32(int at) {
        return has(at, Integer.BYTES) ? Integer.toUnsignedLong(struct.getInt(at)) : 0;
    }

    private long u64(int at) {
        return has(at, Long.BYTES) ? struct.getLong(at) : 0;
    }

    private boolean has(int at, int bytes) {
        return at + bytes <= struct.limit();
    }

    /** The few numbers that are looked at first. */
    @Override
    public String toString() {
        return "TcpInfo(state " + state() + ", rtt " + roundTripTime() + " us, cwnd "
                + congestionWindow() + ", retransmits " + totalRetransmits() + ", unacked "
                + unacked() + ")";
    }
}
