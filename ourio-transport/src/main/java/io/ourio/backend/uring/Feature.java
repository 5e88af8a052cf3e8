// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import io.ourio.sys.Uring;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What newer kernels have and the ring can do without. Each can be turned off by name with {@code
 * -Dio.ourio.uring.disable=a,b,c}, and all of them with {@code all}, so that one modern machine
 * tests the paths of old kernels.
 */
enum Feature {
    /** 6.6: no indirection between the tail and the SQEs. */
    NO_SQARRAY(Uring.SETUP_NO_SQARRAY),
    /** 6.1: completions are made when their thread asks, without interrupting it. */
    DEFER_TASKRUN(Uring.SETUP_DEFER_TASKRUN),
    /** 6.0: one thread submits. */
    SINGLE_ISSUER(Uring.SETUP_SINGLE_ISSUER),
    /** 5.19: completions wait for the thread's next system call. */
    COOP_TASKRUN(Uring.SETUP_COOP_TASKRUN),
    /** 5.18: an SQE that fails does not stop the batch. */
    SUBMIT_ALL(Uring.SETUP_SUBMIT_ALL),
    /** 6.15: waiting for completions is not reported as waiting for a disk. */
    NO_IOWAIT(0),
    /** 5.18: the ring's own file descriptor needs no look-up. */
    REGISTERED_RING(0),
    /** 5.10: the kernel refuses what the runtime does not use. */
    RESTRICTIONS(0),
    /** 5.19: one request cancels all. */
    CANCEL_ANY(0, Uring.OP_SOCKET),
    /** 5.19: one request accepts many connections. */
    MULTISHOT_ACCEPT(0, Uring.OP_SOCKET),
    /** 6.0: one request receives many times, into provided buffers. */
    MULTISHOT_RECV(0, Uring.OP_SEND_ZC),
    /** 6.12: several receives share one provided buffer. */
    INCREMENTAL_BUFFERS(0),
    /** 5.15: directories and links are made without a system call of their own. */
    DIRECTORY_OPCODES(0, Uring.OP_MKDIRAT),
    /** 5.19: so are sockets. */
    SOCKET_OPCODE(0, Uring.OP_SOCKET),
    /** 6.0: a send that the network card takes from the sender's memory. */
    ZERO_COPY_SEND(0, Uring.OP_SEND_ZC),
    /** 6.1: the same of several pieces. */
    ZERO_COPY_SENDMSG(0, Uring.OP_SENDMSG_ZC),
    /** 6.9: files are cut without a system call of their own. */
    FTRUNCATE_OPCODE(0, Uring.OP_FTRUNCATE),
    /** 6.11: so are sockets bound and made to listen. */
    LISTEN_OPCODES(0, Uring.OP_LISTEN),
    /**
     * 5.6: a child ring shares its parent's workers, as far as the kernel has it so: from 5.12 on
     * workers belong to the thread. A ring without a parent does not use it.
     */
    ATTACH_WQ(0),
    /** 5.18: a ring rings another one's {@link Doorbell}, if that one has DEFER_TASKRUN. */
    MESSAGE_RING(0, Uring.OP_MSG_RING),
    /** 6.13: a thread without a ring does the same. */
    SYNC_MESSAGE(0);

    private static final int NONE = -1;

    private final int setupFlag;

    /** What shows in the kernel's list: an opcode of its own, or one of the same release. */
    private final int opcode;

    Feature(int setupFlag) {
        this(setupFlag, NONE);
    }

    Feature(int setupFlag, int opcode) {
        this.setupFlag = setupFlag;
        this.opcode = opcode;
    }

    /** Whether a kernel with these opcodes may have it. */
    boolean possibleWith(IntPredicate opcodes) {
        return opcode == NONE || opcodes.test(opcode);
    }

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What is not turned off by the property. */
    static EnumSet<Feature> wanted(String disabled) {
        if (disabled.strip().equals("all")) {
            return EnumSet.noneOf(Feature.class);
        }
        EnumSet<Feature> wanted = EnumSet.allOf(Feature.class);
        for (String name : disabled.split(",")) {
            if (!name.isBlank()) {
                wanted.remove(of(name.strip()));
            }
        }
        if (!wanted.contains(SINGLE_ISSUER)) {
            wanted.remove(DEFER_TASKRUN); // The kernel does not take it alone.
        }
        return wanted;
    }

    /** The flags of {@code io_uring_setup} that these stand for. */
    static int setupFlags(Set<Feature> features) {
        int flags = 0;
        for (Feature feature : features) {
            flags |= feature.setupFlag;
        }
        if (features.contains(DEFER_TASKRUN)) {
            flags &= ~Uring.SETUP_COOP_TASKRUN; // The one replaces the other.
        }
        return flags;
    }

    /** The newest one that a refused set-up asked for, or null. */
    static Feature newestAsked(Set<Feature> features) {
        for (Feature feature : features) {
            if (feature.setupFlag != 0) {
                return feature;
            }
        }
        return null;
    }

    private static Feature of(String id) {
        for (Feature feature : values()) {
            if (feature.id().equals(id)) {
                return feature;
            }
        }
        throw new IllegalArgumentException("io.ourio.uring.disable names '" + id + "'; there are "
                + Arrays.stream(values()).map(Feature::id).toList());
    }
}
