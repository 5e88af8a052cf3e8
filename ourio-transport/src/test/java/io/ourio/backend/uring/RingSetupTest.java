// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.RingOptions;
import org.junit.jupiter.api.Test;

class RingSetupTest {
    private static final String ATTACHED = "attach_wq";

    private static String features(UringBackend ring) {
        return ring.report().stream().filter(line -> line.startsWith("features: "))
                .findFirst().orElseThrow();
    }

    @Test
    void childSharesTheWorkersOfItsParentAsLongAsThereIsOne() {
        RingOptions options = RingOptions.defaults().withEntries(8);
        UringBackend parent = new UringBackend(options, null);
        assertFalse(features(parent).contains(ATTACHED), features(parent));
        UringBackend child = new UringBackend(options, parent);
        assertTrue(features(child).contains(ATTACHED), features(child));
        child.discard();
        parent.discard();
        UringBackend orphan = new UringBackend(options, parent);
        assertFalse(features(orphan).contains(ATTACHED), orphan.report()::toString);
        orphan.discard();
    }

    /** A sysctl and a seccomp filter refuse with the same number: the advice tells them apart. */
    @Test
    void adviceNamesWhatForbids() {
        assertEquals("kernel.io_uring_disabled is 0, so a seccomp filter forbids it, as the"
                + " default profiles of containers do: allow io_uring_setup, io_uring_enter and"
                + " io_uring_register in the profile", RingSetup.forbidden("0"));
        assertEquals("kernel.io_uring_disabled is 1: only CAP_SYS_ADMIN and members of"
                + " kernel.io_uring_group may use it; join the group or set it to 0",
                RingSetup.forbidden("1"));
        assertEquals("kernel.io_uring_disabled is 2: nobody may use it; set it to 0",
                RingSetup.forbidden("2"));
        assertEquals("kernel.io_uring_disabled cannot be read (no file), so the cause is that"
                + " sysctl or a seccomp filter", RingSetup.forbidden("no file"));
    }
}
