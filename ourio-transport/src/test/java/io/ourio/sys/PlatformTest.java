// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Linker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {
    @ParameterizedTest
    @CsvSource({
        "Linux, LINUX", "Mac OS X, MACOS", "FreeBSD, FREEBSD", "OpenBSD, OPENBSD",
        "NetBSD, NETBSD", "DragonFly, DRAGONFLY", "DragonFlyBSD, DRAGONFLY",
    })
    void systemIsKnownByItsName(String osName, Platform platform) {
        assertEquals(platform, Platform.of(osName));
    }

    @ParameterizedTest
    @CsvSource({
        "NETBSD, true, kevent, __kevent50", "NETBSD, false, kevent, __kevent50",
        "NETBSD, true, socket, __socket30", "NETBSD, true, stat, __stat50",
        "NETBSD, true, fstat, __fstat50", "NETBSD, true, lstat, __lstat50",
        "NETBSD, true, nanosleep, __nanosleep50", "NETBSD, true, fstatat, fstatat",
        "NETBSD, true, clock_gettime, __clock_gettime50", "NETBSD, true, accept4, accept4",
        "MACOS, true, fstatat, fstatat$INODE64", "MACOS, true, stat, stat$INODE64",
        "MACOS, true, fstat, fstat$INODE64", "MACOS, true, lstat, lstat$INODE64",
        "MACOS, false, stat, stat", "MACOS, true, kevent, kevent", "FREEBSD, true, kevent, kevent",
        "OPENBSD, true, stat, stat", "LINUX, true, stat, stat",
    })
    void functionHasTheSymbolOfTodaysAbi(
            Platform platform, boolean x86, String function, String symbol) {
        assertEquals(symbol, platform.symbol(function, x86));
    }

    /** Without it their last arguments are garbage on macOS with arm64, and right elsewhere. */
    @ParameterizedTest
    @CsvSource({"open, 2", "openat, 3", "fcntl, 2", "ioctl, 2", "syscall, 1"})
    void variadicFunctionIsLinkedAsOne(String function, int named) {
        assertEquals(List.of(Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(named)), List.of(Downcalls.options(function)));
    }

    @Test
    void otherFunctionsAreLinkedPlainly() {
        assertEquals(List.of(Linker.Option.captureCallState("errno")),
                List.of(Downcalls.options("socket")));
    }

    @ParameterizedTest
    @CsvSource({"LINUX, false, true", "MACOS, true, false", "FREEBSD, true, true",
        "OPENBSD, true, true", "NETBSD, true, true", "DRAGONFLY, true, true"})
    void whatSetsSystemsApartIsKnown(Platform platform, boolean bsd, boolean socketFlags) {
        assertEquals(bsd, platform.isBsd());
        assertEquals(socketFlags, platform.hasSocketFlags());
    }
}
