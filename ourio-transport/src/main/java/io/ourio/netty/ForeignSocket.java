// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import io.netty.channel.ChannelException;
import io.ourio.SockOpt;
import io.ourio.Sockets;
import java.io.IOException;

/** A socket that was made elsewhere, as a channel finds it. */
record ForeignSocket(int fd, int family) {
    /** Takes a TCP socket over. */
    static ForeignSocket tcp(int fd) {
        return of(fd, Sockets.STREAM, false);
    }

    /** Takes a UDP socket over. */
    static ForeignSocket udp(int fd) {
        return of(fd, Sockets.DATAGRAM, false);
    }

    /** Takes a Unix domain socket over: {@code STREAM} or {@code DATAGRAM} of {@code Sockets}. */
    static ForeignSocket domain(int fd, int type) {
        return of(fd, type, true);
    }

    private static ForeignSocket of(int fd, int type, boolean domain) {
        try {
            int family = Sockets.family(fd);
            int actual = Sockets.option(fd, SockOpt.SO_TYPE);
            boolean fits = domain ? family == Sockets.UNIX
                    : family == Sockets.IPV4 || family == Sockets.IPV6;
            if (!fits || actual != type) {
                throw new IllegalArgumentException("fd " + fd + " is a socket of family " + family
                        + " and type " + actual + ", and this channel is for "
                        + (domain ? "family 1" : "family 2 or 10") + " and type " + type);
            }
            Sockets.doNotBlock(fd);
            return new ForeignSocket(fd, family);
        } catch (IOException e) {
            throw new IllegalArgumentException("fd " + fd + " is no open socket", e);
        }
    }

    /** The same, which must not listen: it is for a connection. */
    ForeignSocket forConnection() {
        if (isListening()) {
            throw new IllegalArgumentException(
                    "fd " + fd + " is a socket that listens, and this channel is a connection");
        }
        return this;
    }

    /** The same, which must not be connected: it is for a listener. */
    ForeignSocket forListener() {
        if (isConnected()) {
            throw new IllegalArgumentException(
                    "fd " + fd + " is a socket that is connected, and this channel listens");
        }
        return this;
    }

    boolean isConnected() {
        try {
            return Addresses.remote(fd, family) != null;
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    boolean isListening() {
        try {
            return Sockets.option(fd, SockOpt.SO_ACCEPTCONN) != 0;
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }
}
