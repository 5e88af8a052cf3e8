// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ourio.SockOpt;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The numbers as the headers of each system have them: a second source beside our table. */
class ConstantTest {
    /**
     * The columns are Linux, macOS, FreeBSD, OpenBSD, NetBSD, DragonFly; {@code -} is for none, and
     * {@code arch} for what depends on the processor. SO_LINGER is SO_LINGER_SEC of macOS,
     * SO_REUSEPORT is SO_REUSEPORT_LB of FreeBSD, TCP_CORK is TCP_NOPUSH, TCP_KEEPIDLE is
     * TCP_KEEPALIVE of macOS, O_DSYNC is O_SYNC where there is none.
     */
    private static final String[] TABLE = {
        "AF_INET6, 10, 30, 28, 24, 24, 28",
        "SOCK_NONBLOCK, 0x800, -, 0x20000000, 0x4000, 0x20000000, 0x20000000",
        "SOCK_CLOEXEC, 0x80000, -, 0x10000000, 0x8000, 0x10000000, 0x10000000",
        "MSG_OOB, 0x1, 0x1, 0x1, 0x1, 0x1, 0x1",
        "MSG_PEEK, 0x2, 0x2, 0x2, 0x2, 0x2, 0x2",
        "MSG_DONTROUTE, 0x4, 0x4, 0x4, 0x4, 0x4, 0x4",
        "MSG_CTRUNC, 0x8, 0x20, 0x20, 0x20, 0x20, 0x20",
        "MSG_TRUNC, 0x20, 0x10, 0x10, 0x10, 0x10, 0x10",
        "MSG_DONTWAIT, 0x40, 0x80, 0x80, 0x80, 0x80, 0x80",
        "MSG_EOR, 0x80, 0x8, 0x8, 0x8, 0x8, 0x8",
        "MSG_WAITALL, 0x100, 0x40, 0x40, 0x40, 0x40, 0x40",
        "MSG_NOSIGNAL, 0x4000, 0, 0x20000, 0x400, 0x400, 0x400",
        "MSG_CMSG_CLOEXEC, 0x40000000, -, 0x40000, 0x800, 0x800, 0x1000",
        "O_WRONLY, 0x1, 0x1, 0x1, 0x1, 0x1, 0x1",
        "O_RDWR, 0x2, 0x2, 0x2, 0x2, 0x2, 0x2",
        "O_CREAT, 0x40, 0x200, 0x200, 0x200, 0x200, 0x200",
        "O_EXCL, 0x80, 0x800, 0x800, 0x800, 0x800, 0x800",
        "O_NOCTTY, 0x100, 0x20000, 0x8000, 0x8000, 0x8000, 0x8000",
        "O_TRUNC, 0x200, 0x400, 0x400, 0x400, 0x400, 0x400",
        "O_APPEND, 0x400, 0x8, 0x8, 0x8, 0x8, 0x8",
        "O_NONBLOCK, 0x800, 0x4, 0x4, 0x4, 0x4, 0x4",
        "O_SYNC, 0x101000, 0x80, 0x80, 0x80, 0x80, 0x80",
        "O_DSYNC, 0x1000, 0x400000, 0x80, 0x80, 0x10000, 0x80",
        "O_DIRECT, arch, -, 0x10000, -, 0x80000, 0x10000",
        "O_DIRECTORY, arch, 0x100000, 0x20000, 0x20000, 0x200000, 0x8000000",
        "O_NOFOLLOW, arch, 0x100, 0x100, 0x100, 0x100, 0x100",
        "O_CLOEXEC, 0x80000, 0x1000000, 0x100000, 0x10000, 0x400000, 0x20000",
        "AT_FDCWD, -100, -2, -100, -100, -100, 0xfffafdcd",
        "AT_SYMLINK_NOFOLLOW, 0x100, 0x20, 0x200, 2, 0x200, 1",
        "AT_REMOVEDIR, 0x200, 0x80, 0x800, 0x8, 0x800, 0x2",
        "SOL_SOCKET, 1, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff",
        "SO_REUSEADDR, 0x2, 0x4, 0x4, 0x4, 0x4, 0x4",
        "SO_TYPE, 0x3, 0x1008, 0x1008, 0x1008, 0x1008, 0x1008",
        "SO_ERROR, 0x4, 0x1007, 0x1007, 0x1007, 0x1007, 0x1007",
        "SO_BROADCAST, 0x6, 0x20, 0x20, 0x20, 0x20, 0x20",
        "SO_SNDBUF, 0x7, 0x1001, 0x1001, 0x1001, 0x1001, 0x1001",
        "SO_RCVBUF, 0x8, 0x1002, 0x1002, 0x1002, 0x1002, 0x1002",
        "SO_KEEPALIVE, 0x9, 0x8, 0x8, 0x8, 0x8, 0x8",
        "SO_OOBINLINE, 0xa, 0x100, 0x100, 0x100, 0x100, 0x100",
        "SO_ACCEPTCONN, 0x1e, 0x2, 0x2, 0x2, 0x2, 0x2",
        "SO_LINGER, 0xd, 0x1080, 0x80, 0x80, 0x80, 0x80",
        "SO_REUSEPORT, 0xf, 0x200, 0x10000, 0x200, 0x200, 0x200",
        "SO_NOSIGPIPE, -, 0x1022, 0x800, -, 0x800, 0x800",
        "IP_TOS, 0x1, 0x3, 0x3, 0x3, 0x3, 0x3",
        "IPV6_V6ONLY, 26, 27, 27, 27, 27, 27",
        "IPV6_TCLASS, 0x43, 0x24, 0x3d, 0x3d, 0x3d, 0x3d",
        "TCP_NODELAY, 0x1, 0x1, 0x1, 0x1, 0x1, 0x1",
        "TCP_MAXSEG, 0x2, 0x2, 0x2, 0x2, 0x2, 0x2",
        "TCP_CORK, 0x3, 0x4, 0x4, 0x10, -, 0x4",
        "TCP_KEEPIDLE, 0x4, 0x10, 0x100, -, 0x3, 0x100",
        "TCP_KEEPINTVL, 0x5, 0x101, 0x200, -, 0x5, 0x200",
        "TCP_KEEPCNT, 0x6, 0x102, 0x400, -, 0x6, 0x400",
        "TCP_FASTOPEN, 0x17, 0x105, 0x401, -, -, -",
    };

    @Test
    void eachNumberIsThatOfTheHeader() {
        List<String> wrong = new ArrayList<>();
        for (String row : TABLE) {
            String[] cells = row.split(", ");
            Constant constant = Constant.valueOf(cells[0]);
            for (Platform platform : Platform.values()) {
                String cell = cells[1 + platform.ordinal()];
                if (!cell.equals("arch") && constant.on(platform) != number(cell)) {
                    wrong.add(constant + " on " + platform + ": " + constant.on(platform)
                            + ", not " + cell);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyConstantIsInTheTable() {
        EnumSet<Constant> missing = EnumSet.allOf(Constant.class);
        for (String row : TABLE) {
            missing.remove(Constant.valueOf(row.split(", ")[0]));
        }
        assertEquals(EnumSet.noneOf(Constant.class), missing);
    }

    @ParameterizedTest
    @CsvSource({
        "SO_REUSEADDR, FREEBSD, 4", "SO_SNDBUF, MACOS, 0x1001", "IPV6_TCLASS, MACOS, 36",
        "TCP_KEEPIDLE, MACOS, 16", "TCP_KEEPIDLE, NETBSD, 3", "SO_REUSEADDR, LINUX, 1234",
    })
    void optionIsFoundByItsName(String name, Platform platform, String number) {
        assertEquals(Integer.decode(number), Constant.option(name, 1234, platform));
    }

    @ParameterizedTest
    @CsvSource({"TCP_QUICKACK, MACOS", "TCP_KEEPIDLE, OPENBSD", "TCP_INFO, FREEBSD"})
    void optionOfLinuxAloneIsNone(String name, Platform platform) {
        assertEquals(Constant.NONE, Constant.option(name, 12, platform));
    }

    /** On Linux every option keeps the number that the enum has for it. */
    @ParameterizedTest
    @EnumSource(SockOpt.class)
    void optionOfLinuxKeepsItsNumber(SockOpt option) {
        assertEquals(77, Constant.option(option.name(), 77, Platform.LINUX));
    }

    private static int number(String cell) {
        return cell.equals("-") ? Constant.NONE : Long.decode(cell).intValue();
    }
}
