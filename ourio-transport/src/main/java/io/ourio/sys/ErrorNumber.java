// SPDX-License-Identifier: Apache-2.0
package io.ourio.sys;

import java.util.Arrays;

/**
 * What each system calls an error: the table from which {@link Translation} is made. Numbers up to
 * 34 are the same everywhere, but for 11. Where a system has two numbers for one of Linux's, each
 * has a row.
 */
enum ErrorNumber {
    EAGAIN(11, 35),
    EDEADLK(35, 11),
    ENAMETOOLONG(36, 63),
    ENOLCK(37, 77),
    ENOSYS(38, 78),
    ENOTEMPTY(39, 66),
    ELOOP(40, 62),
    EREMOTE(66, 71),
    EUSERS(87, 68),
    ENOTSOCK(88, 38),
    EDESTADDRREQ(89, 39),
    EMSGSIZE(90, 40),
    EPROTOTYPE(91, 41),
    ENOPROTOOPT(92, 42),
    EPROTONOSUPPORT(93, 43),
    ESOCKTNOSUPPORT(94, 44),
    EPFNOSUPPORT(96, 46),
    EAFNOSUPPORT(97, 47),
    EADDRINUSE(98, 48),
    EADDRNOTAVAIL(99, 49),
    ENETDOWN(100, 50),
    ENETUNREACH(101, 51),
    ENETRESET(102, 52),
    ECONNABORTED(103, 53),
    ECONNRESET(104, 54),
    ENOBUFS(105, 55),
    EISCONN(106, 56),
    ENOTCONN(107, 57),
    ESHUTDOWN(108, 58),
    ETOOMANYREFS(109, 59),
    ETIMEDOUT(110, 60),
    ECONNREFUSED(111, 61),
    EHOSTDOWN(112, 64),
    EHOSTUNREACH(113, 65),
    EALREADY(114, 37),
    EINPROGRESS(115, 36),
    ESTALE(116, 70),
    EDQUOT(122, 69),

    // Linux, macOS, FreeBSD, OpenBSD, NetBSD, DragonFly; 0 where there is none.
    ENOTSUP(95, 45, 45, 91, 86, 45),
    EOPNOTSUPP(95, 102, 45, 45, 45, 45),
    ENOMSG(42, 91, 83, 90, 83, 83),
    EIDRM(43, 90, 82, 89, 82, 82),
    ENOSTR(60, 99, 0, 0, 91, 0),
    ENODATA(61, 96, 0, 0, 89, 0),
    ENOATTR(61, 93, 87, 83, 93, 87),
    ETIME(62, 101, 0, 0, 92, 0),
    ENOSR(63, 98, 0, 0, 90, 0),
    ENOLINK(67, 97, 91, 0, 95, 91),
    EPROTO(71, 100, 92, 95, 96, 92),
    EMULTIHOP(72, 95, 90, 0, 94, 90),
    EBADMSG(74, 94, 89, 92, 88, 89),
    EOVERFLOW(75, 84, 84, 87, 84, 84),
    EILSEQ(84, 92, 86, 84, 85, 86),
    ENOMEDIUM(123, 0, 0, 85, 0, 0),
    EMEDIUMTYPE(124, 0, 0, 86, 0, 0),
    ECANCELED(125, 89, 85, 88, 87, 85),
    EOWNERDEAD(130, 105, 96, 94, 97, 0),
    ENOTRECOVERABLE(131, 104, 95, 93, 98, 0);

    /** Numbers up to this are the same on each system, but for one. */
    static final int COMMON = 34;

    private final int[] numbers;

    /** The same on all systems but Linux. */
    ErrorNumber(int linux, int bsd) {
        this(linux, bsd, bsd, bsd, bsd, bsd);
    }

    ErrorNumber(int... numbers) {
        assert numbers.length == Platform.values().length : Arrays.toString(numbers);
        this.numbers = numbers;
    }

    /** Its number on a system, 0 if it has none. */
    int on(Platform platform) {
        return numbers[platform.ordinal()];
    }
}
