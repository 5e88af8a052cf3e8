// SPDX-License-Identifier: Apache-2.0
package io.ourio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ourio.BackendKind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where io_uring may not run, or has not enough: what a program is told. */
class ForbiddenTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path SYSCTL = Path.of("/proc/sys/kernel/io_uring_disabled");
    private static final String CANNOT =
            "BackendUnavailableException: the backend io_uring cannot run here: io_uring_setup: ";

    /** Each file of the class path is one that is open: what the child needs not is left out. */
    private static final String CLASS_PATH = Arrays.stream(
            System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith(".jar") || entry.contains("netty-")
                    || entry.contains("ourio-transport"))
            .collect(Collectors.joining(File.pathSeparator));

    private static ChildJvm child(List<String> before, String... arguments) {
        return new ChildJvm(
                before, List.of(), CLASS_PATH, ForbiddenMain.class, List.of(arguments));
    }

    private static List<String> run(List<String> before, String... arguments) {
        try (ChildJvm child = child(before, arguments)) {
            return rest(child);
        }
    }

    private static List<String> rest(ChildJvm child) {
        List<String> lines = child.rest(PATIENCE);
        assertEquals(0, child.status(), () -> String.join("\n", lines));
        return lines;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 'EPERM (1): operation not permitted; kernel.io_uring_disabled is 0, so a seccomp filter"
                + " forbids it, as the default profiles of containers do: allow io_uring_setup,"
                + " io_uring_enter and io_uring_register in the profile'",
        "38, 'ENOSYS (38): the system call does not exist here; the kernel was built without"
                + " io_uring, is older than 5.1, or a seccomp filter hides it'",
        "12, 'ENOMEM (12): out of memory, or over the limit of locked memory; raise the limit of"
                + " locked memory (ulimit -l) or of the container''s memory'"})
    void refusalIsNamedAndEpollTakenUnlessIoUringWasAskedForByName(int errno, String message) {
        try (ChildJvm child = child(List.of(), "seccomp", Integer.toString(errno), "echo")) {
            assertEquals(List.of(CANNOT + message, "opened EPOLL", "echoed GET / HTTP/1.1"),
                    rest(child));
            assertEquals(List.of("The backend is epoll: io_uring is not to be had: io_uring_setup: "
                    + message), child.logged(), "once, for all rings");
        }
    }

    /** Where epoll would fail for the same reason, the error is the one of the better backend. */
    @Test
    void refusalForWantOfDescriptorsIsNoReasonForAnotherBackend() {
        List<String> lines = run(List.of(), "seccomp", "24");
        String refusal = CANNOT + "EMFILE (24): too many open files in this process; raise the"
                + " limit of open files (ulimit -n)";
        assertEquals(List.of(refusal, refusal), lines);
    }

    /** The sysctl is the machine's: it is set for the blink of an eye in which the child asks. */
    @Test
    @Tag("full")
    void sysctlIsNamedAsTheCause() throws Exception {
        assumeTrue(Files.isWritable(SYSCTL), SYSCTL + " cannot be written");
        String was = Files.readString(SYSCTL).strip();
        assumeTrue(was.equals("0"), SYSCTL + " is " + was);
        Thread restore = Thread.ofPlatform().unstarted(() -> set(was));
        Runtime.getRuntime().addShutdownHook(restore);
        try (ChildJvm child = child(List.of(), "sysctl")) {
            assertEquals("opened IO_URING", child.line(PATIENCE));
            String line;
            try {
                set("2");
                child.tell("go");
                line = child.line(Duration.ofSeconds(5));
            } finally {
                set(was);
            }
            assertEquals(CANNOT + "EPERM (1): operation not permitted;"
                    + " kernel.io_uring_disabled is 2: nobody may use it; set it to 0", line);
        } finally {
            set(was);
            Runtime.getRuntime().removeShutdownHook(restore);
        }
        assertEquals(was, Files.readString(SYSCTL).strip());
    }

    private static void set(String value) {
        try {
            Files.writeString(SYSCTL, value);
        } catch (IOException e) {
            throw new AssertionError("cannot write " + SYSCTL, e);
        }
    }

    /** A ring takes two descriptors: the limit is met at the first of them, or at the second. */
    @ParameterizedTest
    @CsvSource({"0, io_uring", "1, io_uring", "0, epoll", "1, epoll"})
    void limitOfOpenFilesIsNamedAndNothingIsLost(int odd, String backend) {
        List<String> lines = run(List.of("bash", "-c", "ulimit -n 64; exec \"$@\"", "bash"),
                "files", Integer.toString(odd), backend);
        String refusal = lines.get(1);
        assertTrue(refusal.startsWith("BackendUnavailableException: the backend " + backend
                + " cannot run here: "), refusal);
        assertTrue(refusal.endsWith(": EMFILE (24): too many open files in this process; raise the"
                + " limit of open files (ulimit -n)"), refusal);
        assertEquals(List.of("none lost", "opened " + BackendKind.of(backend)),
                lines.subList(2, lines.size()));
    }

    /**
     * Enough for one ring with its buffers. What a kernel refuses after that, since it counts the
     * memory of rings, names the limit. Root may lock any amount unless that right is taken away.
     */
    @ParameterizedTest
    @ValueSource(strings = {"io_uring", "epoll"})
    void smallLimitOfLockedMemoryIsEnoughForARing(String backend) throws Exception {
        boolean root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        String drop = root ? "setpriv --bounding-set -ipc_lock " : "";
        List<String> lines = run(List.of("bash", "-c",
                "ulimit -l 64; exec " + drop + "\"$@\"", "bash"), "memory", backend);
        assertEquals(1, lines.size(), lines::toString);
        String line = lines.getFirst();
        String advice = "; raise the limit of locked memory (ulimit -l) or of the container's"
                + " memory";
        assertTrue(line.equals("all") || backend.equals("io_uring")
                && line.startsWith("some; ") && line.endsWith(advice), line);
    }
}
