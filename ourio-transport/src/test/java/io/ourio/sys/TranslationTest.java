// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The errors as the headers of each system number them, and what is made of flags. */
class TranslationTest {
    /** Linux, macOS, FreeBSD, OpenBSD, NetBSD, DragonFly; {@code -} is for none. */
    private static final String[] ERRORS = {
        "EPERM, 1, 1, 1, 1, 1, 1",
        "ENOENT, 2, 2, 2, 2, 2, 2",
        "EINTR, 4, 4, 4, 4, 4, 4",
        "EIO, 5, 5, 5, 5, 5, 5",
        "EBADF, 9, 9, 9, 9, 9, 9",
        "EAGAIN, 11, 35, 35, 35, 35, 35",
        "ENOMEM, 12, 12, 12, 12, 12, 12",
        "EACCES, 13, 13, 13, 13, 13, 13",
        "EFAULT, 14, 14, 14, 14, 14, 14",
        "EEXIST, 17, 17, 17, 17, 17, 17",
        "ENODEV, 19, 19, 19, 19, 19, 19",
        "ENOTDIR, 20, 20, 20, 20, 20, 20",
        "EISDIR, 21, 21, 21, 21, 21, 21",
        "EINVAL, 22, 22, 22, 22, 22, 22",
        "ENFILE, 23, 23, 23, 23, 23, 23",
        "EMFILE, 24, 24, 24, 24, 24, 24",
        "EFBIG, 27, 27, 27, 27, 27, 27",
        "ENOSPC, 28, 28, 28, 28, 28, 28",
        "ESPIPE, 29, 29, 29, 29, 29, 29",
        "EROFS, 30, 30, 30, 30, 30, 30",
        "EPIPE, 32, 32, 32, 32, 32, 32",
        "EDEADLK, 35, 11, 11, 11, 11, 11",
        "EINPROGRESS, 115, 36, 36, 36, 36, 36",
        "EALREADY, 114, 37, 37, 37, 37, 37",
        "ENOTSOCK, 88, 38, 38, 38, 38, 38",
        "EDESTADDRREQ, 89, 39, 39, 39, 39, 39",
        "EMSGSIZE, 90, 40, 40, 40, 40, 40",
        "EPROTOTYPE, 91, 41, 41, 41, 41, 41",
        "ENOPROTOOPT, 92, 42, 42, 42, 42, 42",
        "EPROTONOSUPPORT, 93, 43, 43, 43, 43, 43",
        "EOPNOTSUPP, 95, 102, 45, 45, 45, 45",
        "ENOTSUP, 95, 45, 45, 91, 86, 45",
        "EAFNOSUPPORT, 97, 47, 47, 47, 47, 47",
        "EADDRINUSE, 98, 48, 48, 48, 48, 48",
        "EADDRNOTAVAIL, 99, 49, 49, 49, 49, 49",
        "ENETDOWN, 100, 50, 50, 50, 50, 50",
        "ENETUNREACH, 101, 51, 51, 51, 51, 51",
        "ENETRESET, 102, 52, 52, 52, 52, 52",
        "ECONNABORTED, 103, 53, 53, 53, 53, 53",
        "ECONNRESET, 104, 54, 54, 54, 54, 54",
        "ENOBUFS, 105, 55, 55, 55, 55, 55",
        "EISCONN, 106, 56, 56, 56, 56, 56",
        "ENOTCONN, 107, 57, 57, 57, 57, 57",
        "ESHUTDOWN, 108, 58, 58, 58, 58, 58",
        "ETIMEDOUT, 110, 60, 60, 60, 60, 60",
        "ECONNREFUSED, 111, 61, 61, 61, 61, 61",
        "ELOOP, 40, 62, 62, 62, 62, 62",
        "ENAMETOOLONG, 36, 63, 63, 63, 63, 63",
        "EHOSTDOWN, 112, 64, 64, 64, 64, 64",
        "EHOSTUNREACH, 113, 65, 65, 65, 65, 65",
        "ENOTEMPTY, 39, 66, 66, 66, 66, 66",
        "ESTALE, 116, 70, 70, 70, 70, 70",
        "ENOLCK, 37, 77, 77, 77, 77, 77",
        "ENOSYS, 38, 78, 78, 78, 78, 78",
        "EOVERFLOW, 75, 84, 84, 87, 84, 84",
        "ECANCELED, 125, 89, 85, 88, 87, 85",
        "EILSEQ, 84, 92, 86, 84, 85, 86",
        "EPROTO, 71, 100, 92, 95, 96, 92",
        "EBADMSG, 74, 94, 89, 92, 88, 89",
        "ENODATA, 61, 96, -, -, 89, -",
        "ETIME, 62, 101, -, -, 92, -",
        "EREMOTE, 66, 71, 71, 71, 71, 71",
        "EUSERS, 87, 68, 68, 68, 68, 68",
        "ESOCKTNOSUPPORT, 94, 44, 44, 44, 44, 44",
        "EPFNOSUPPORT, 96, 46, 46, 46, 46, 46",
        "ETOOMANYREFS, 109, 59, 59, 59, 59, 59",
        "EDQUOT, 122, 69, 69, 69, 69, 69",
        "ENOMSG, 42, 91, 83, 90, 83, 83",
        "EIDRM, 43, 90, 82, 89, 82, 82",
        "ENOSTR, 60, 99, -, -, 91, -",
        "ENOATTR, 61, 93, 87, 83, 93, 87",
        "ENOSR, 63, 98, -, -, 90, -",
        "ENOLINK, 67, 97, 91, -, 95, 91",
        "EMULTIHOP, 72, 95, 90, -, 94, 90",
        "ENOMEDIUM, 123, -, -, 85, -, -",
        "EMEDIUMTYPE, 124, -, -, 86, -, -",
        "EOWNERDEAD, 130, 105, 96, 94, 97, -",
        "ENOTRECOVERABLE, 131, 104, 95, 93, 98, -",
    };

    @Test
    void errorOfASystemGetsLinuxsNumber() {
        List<String> wrong = new ArrayList<>();
        for (Platform platform : Platform.values()) {
            var translation = new Translation(platform);
            for (String row : ERRORS) {
                String[] cells = row.split(", ");
                String systems = cells[1 + platform.ordinal()];
                int linux = Integer.parseInt(cells[1]);
                if (!systems.equals("-")
                        && translation.errno(Integer.parseInt(systems)) != linux) {
                    wrong.add(platform + " " + systems + ": " + cells[0]);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyRowOfTheTableIsTested() {
        EnumSet<ErrorNumber> missing = EnumSet.allOf(ErrorNumber.class);
        for (String row : ERRORS) {
            missing.removeIf(error -> error.name().equals(row.split(", ")[0]));
        }
        assertEquals(EnumSet.noneOf(ErrorNumber.class), missing);
    }

    @ParameterizedTest
    @EnumSource(Platform.class)
    void numbersUpTo34AreLinuxsSaveOne(Platform platform) {
        var translation = new Translation(platform);
        for (int errno = 0; errno <= 34; errno++) {
            int expected = errno == 11 && platform != Platform.LINUX ? 35 : errno;
            assertEquals(expected, translation.errno(errno), platform + " " + errno);
        }
    }

    /** No two of Linux's numbers may come from one: a switch over them would take either. */
    @ParameterizedTest
    @CsvSource({
        "FREEBSD, 93, 1093", "FREEBSD, 67, 1067", "MACOS, 106, 1106", "OPENBSD, 82, 1082",
        "NETBSD, 99, 1099", "DRAGONFLY, 99, 1099", "FREEBSD, 512, 1512", "LINUX, 77, 77",
    })
    void errorThatLinuxHasNothingLikeComesOutOfItsRange(
            Platform platform, int systems, int expected) {
        assertEquals(expected, new Translation(platform).errno(systems));
    }

    @ParameterizedTest
    @CsvSource({"MACOS, 125, 89", "FREEBSD, 111, 61", "OPENBSD, 11, 35", "LINUX, 11, 11"})
    void whoActsAsASystemSaysItsNumber(Platform platform, int linux, int systems) {
        assertEquals(systems, new Translation(platform).systemErrno(linux));
        assertThrows(IllegalArgumentException.class,
                () -> new Translation(platform).systemErrno(999));
    }

    @ParameterizedTest
    @CsvSource({
        // MSG_DONTWAIT | MSG_NOSIGNAL
        "MACOS, 0x4040, 0x80", "FREEBSD, 0x4040, 0x20080", "OPENBSD, 0x4040, 0x480",
        "NETBSD, 0x4040, 0x480", "DRAGONFLY, 0x4040, 0x480", "LINUX, 0x4040, 0x4040",
        // MSG_WAITALL | MSG_PEEK
        "MACOS, 0x102, 0x42", "FREEBSD, 0, 0",
        // MSG_CMSG_CLOEXEC, MSG_MORE
        "MACOS, 0x40000000, -1", "NETBSD, 0x40000000, 0x800", "FREEBSD, 0x8000, -1",
        "LINUX, 0x8000, 0x8000",
    })
    void messageFlagsAreTheSystems(Platform platform, String linux, String systems) {
        assertEquals(decode(systems), new Translation(platform).messageFlags(decode(linux)));
    }

    /** What comes back with a message: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, and one unknown to Linux. */
    @ParameterizedTest
    @CsvSource({
        "MACOS, 0x10, 0x20", "FREEBSD, 0x30, 0x28", "OPENBSD, 0x38, 0xa8", "NETBSD, 0x100, 0",
        "MACOS, 0, 0",
    })
    void messageFlagsComeBackAsLinuxs(Platform platform, String systems, String linux) {
        assertEquals(decode(linux), new Translation(platform).linuxMessageFlags(decode(systems)));
    }

    @ParameterizedTest
    @CsvSource({
        // O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC
        "MACOS, 0x80242, 0x1000602", "FREEBSD, 0x80242, 0x100602", "OPENBSD, 0x80242, 0x10602",
        "NETBSD, 0x80242, 0x400602", "DRAGONFLY, 0x80242, 0x20602", "LINUX, 0x80242, 0x80242",
        // O_SYNC and O_DSYNC, which share a bit on Linux
        "MACOS, 0x101000, 0x80", "MACOS, 0x1000, 0x400000", "FREEBSD, 0x1000, 0x80",
        // O_RDONLY, O_PATH
        "FREEBSD, 0, 0", "FREEBSD, 0x200000, -1", "LINUX, 0x200000, 0x200000",
    })
    void openFlagsAreTheSystems(Platform platform, String linux, String systems) {
        assertEquals(decode(systems), new Translation(platform).openFlags(decode(linux)));
    }

    @ParameterizedTest
    @CsvSource({
        "MACOS, 0x6, 0x802", "FREEBSD, 0x10000d, 0x80c01", "LINUX, 0x8802, 0x8802",
        "NETBSD, 0x40000000, 0", "MACOS, 0, 0",
    })
    void openFlagsComeBackAsLinuxs(Platform platform, String systems, String linux) {
        assertEquals(decode(linux), new Translation(platform).linuxOpenFlags(decode(systems)));
    }

    @ParameterizedTest
    @CsvSource({"LINUX, 0x2000", "FREEBSD, 0x4000", "MACOS, 0", "OPENBSD, 0", "NETBSD, 0",
        "DRAGONFLY, 0"})
    void endOfReadingIsPolledWhereTheSystemCan(Platform platform, String bit) {
        assertEquals(decode(bit), new Translation(platform).readHangup());
    }

    /** SO_TYPE and SO_ERROR, as they are asked for inside of the runtime; an option of TCP. */
    @ParameterizedTest
    @CsvSource({"MACOS, 1, 3, 0xffff, 0x1008", "FREEBSD, 1, 4, 0xffff, 0x1007",
        "NETBSD, 0xffff, 0x1007, 0xffff, 0x1007", "OPENBSD, 6, 4, 6, 4", "LINUX, 1, 3, 1, 3"})
    void levelOfSocketsIsTheSystems(Platform platform, String level, String option,
            String systemsLevel, String systemsOption) {
        var translation = new Translation(platform);
        assertEquals(decode(systemsLevel), translation.level(decode(level)));
        assertEquals(decode(systemsOption),
                translation.option(decode(level), decode(option)));
    }

    @ParameterizedTest
    @CsvSource({
        "FREEBSD, 0x80800, 0x30000000", "OPENBSD, 0x80800, 0xc000", "OPENBSD, 0x800, 0x4000",
        "NETBSD, 0x80000, 0x10000000", "DRAGONFLY, 0x80800, 0x30000000", "MACOS, 0x800, -1",
        "LINUX, 0x80800, 0x80800",
    })
    void socketFlagsAreTheSystems(Platform platform, String linux, String systems) {
        assertEquals(decode(systems), new Translation(platform).socketFlags(decode(linux)));
    }

    @ParameterizedTest
    @CsvSource({
        "MACOS, 0x300, 0xa0", "FREEBSD, 0x100, 0x200", "OPENBSD, 0x200, 8",
        "DRAGONFLY, 0x100, 1", "NETBSD, 0x1000, -1",
    })
    void flagsOfPathsAreTheSystems(Platform platform, String linux, String systems) {
        assertEquals(decode(systems), new Translation(platform).atFlags(decode(linux)));
    }

    @ParameterizedTest
    @CsvSource({
        "MACOS, 30, -2", "FREEBSD, 28, -100", "OPENBSD, 24, -100", "NETBSD, 24, -100",
        "DRAGONFLY, 28, 0xfffafdcd", "LINUX, 10, -100",
    })
    void familyAndDirectoryAreTheSystems(Platform platform, int inet6, String here) {
        var translation = new Translation(platform);
        assertEquals(inet6, translation.family(10));
        assertEquals(10, translation.linuxFamily(inet6));
        assertEquals(2, translation.family(2));
        assertEquals(2, translation.linuxFamily(2));
        assertEquals(decode(here), translation.directory(-100));
        assertEquals(7, translation.directory(7));
    }

    @ParameterizedTest
    @CsvSource({"LINUX, 1, 4", "MACOS, 0xffff, 0x1007", "NETBSD, 0xffff, 0x1007"})
    void theErrorOfASocketIsKnown(Platform platform, String level, String option) {
        var translation = new Translation(platform);
        assertTrue(translation.isError(decode(level), decode(option)));
        assertTrue(!translation.isError(decode(level), decode(option) + 1));
        assertTrue(!translation.isError(6, decode(option)));
    }

    private static int decode(String number) {
        return Long.decode(number).intValue();
    }
}
