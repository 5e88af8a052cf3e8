// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

/**
 * Constants of {@code linux/io_uring.h}, in the kernel's spelling without {@code IORING_}. The same
 * on every architecture.
 */
public final class Uring {
    public static final int SYS_SETUP = 425;
    public static final int SYS_ENTER = 426;
    public static final int SYS_REGISTER = 427;

    public static final long OFF_SQ_RING = 0;
    public static final long OFF_SQES = 0x10000000L;

    public static final int SETUP_CQSIZE = 8;
    public static final int SETUP_CLAMP = 0x10;
    public static final int SETUP_ATTACH_WQ = 0x20;
    public static final int SETUP_R_DISABLED = 0x40;
    public static final int SETUP_SUBMIT_ALL = 0x80;
    public static final int SETUP_COOP_TASKRUN = 0x100;
    public static final int SETUP_TASKRUN_FLAG = 0x200;
    public static final int SETUP_SINGLE_ISSUER = 0x1000;
    public static final int SETUP_DEFER_TASKRUN = 0x2000;
    public static final int SETUP_NO_SQARRAY = 0x10000;

    public static final int FEAT_SINGLE_MMAP = 1;
    public static final int FEAT_NODROP = 2;
    public static final int FEAT_SUBMIT_STABLE = 4;
    public static final int FEAT_FAST_POLL = 0x20;
    public static final int FEAT_EXT_ARG = 0x100;
    public static final int FEAT_REG_REG_RING = 0x2000;
    public static final int FEAT_NO_IOWAIT = 0x20000;

    public static final int ENTER_GETEVENTS = 1;
    public static final int ENTER_EXT_ARG = 8;
    public static final int ENTER_REGISTERED_RING = 0x10;
    public static final int ENTER_NO_IOWAIT = 0x80;

    public static final int REGISTER_EVENTFD = 4;
    public static final int REGISTER_PROBE = 8;
    public static final int REGISTER_RESTRICTIONS = 11;
    public static final int REGISTER_ENABLE_RINGS = 12;
    public static final int REGISTER_RING_FDS = 20;
    public static final int UNREGISTER_RING_FDS = 21;
    public static final int REGISTER_PBUF_RING = 22;
    public static final int UNREGISTER_PBUF_RING = 23;
    public static final int REGISTER_SEND_MSG_RING = 31;
    public static final int PBUF_RING_INC = 2;

    public static final int RESTRICTION_REGISTER_OP = 0;
    public static final int RESTRICTION_SQE_OP = 1;
    public static final int RESTRICTION_SQE_FLAGS_ALLOWED = 2;

    public static final int OP_NOP = 0;
    public static final int OP_READV = 1;
    public static final int OP_WRITEV = 2;
    public static final int OP_FSYNC = 3;
    public static final int OP_POLL_ADD = 6;
    public static final int OP_SENDMSG = 9;
    public static final int OP_RECVMSG = 10;
    public static final int OP_ACCEPT = 13;
    public static final int OP_ASYNC_CANCEL = 14;
    public static final int OP_CONNECT = 16;
    public static final int OP_FALLOCATE = 17;
    public static final int OP_OPENAT = 18;
    public static final int OP_CLOSE = 19;
    public static final int OP_STATX = 21;
    public static final int OP_READ = 22;
    public static final int OP_WRITE = 23;
    public static final int OP_SEND = 26;
    public static final int OP_RECV = 27;
    public static final int OP_OPENAT2 = 28;
    public static final int OP_SPLICE = 30;
    public static final int OP_SHUTDOWN = 34;
    public static final int OP_RENAMEAT = 35;
    public static final int OP_UNLINKAT = 36;
    public static final int OP_MKDIRAT = 37;
    public static final int OP_SYMLINKAT = 38;
    public static final int OP_LINKAT = 39;
    public static final int OP_MSG_RING = 40;
    public static final int OP_SOCKET = 45;
    public static final int OP_SEND_ZC = 47;
    public static final int OP_SENDMSG_ZC = 48;
    public static final int OP_FTRUNCATE = 55;
    public static final int OP_BIND = 56;
    public static final int OP_LISTEN = 57;

    public static final int SQE_BUFFER_SELECT = 0x20;
    public static final int SQE_CQE_SKIP_SUCCESS = 0x40;

    public static final int ACCEPT_MULTISHOT = 1;
    public static final int RECV_MULTISHOT = 2;
    public static final int SEND_ZC_REPORT_USAGE = 8;
    public static final int NOTIF_USAGE_ZC_COPIED = 0x80000000;
    public static final int FSYNC_DATASYNC = 1;
    public static final int POLL_ADD_MULTI = 1;
    public static final int ASYNC_CANCEL_ALL = 1;
    public static final int ASYNC_CANCEL_ANY = 4;

    public static final int SQ_CQ_OVERFLOW = 2;

    public static final int CQE_F_BUFFER = 1;
    public static final int CQE_F_MORE = 2;
    public static final int CQE_F_NOTIF = 8;
    public static final int CQE_F_BUF_MORE = 0x10;
    public static final int CQE_BUFFER_SHIFT = 16;

    private Uring() {}
}
