// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.channel.unix.ServerDomainSocketChannel;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.ourio.netty.OurioDatagramChannel;
import io.ourio.netty.OurioDomainDatagramChannel;
import io.ourio.netty.OurioDomainSocketChannel;
import io.ourio.netty.OurioIoHandler;
import io.ourio.netty.OurioServerDomainSocketChannel;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A transport on which Netty's tests run: Ourio, or one of Netty's own as its peer or for
 * comparison.
 *
 * <p>Each has one group of daemon threads, made when first used and never shut down, as in Netty's
 * own runs. Only a failed test takes its group with it: see {@link #abandonGroups}.
 */
enum Transport {
    OURIO("Ourio", OurioIoHandler.class, OurioIoHandler::newFactory,
            OurioServerSocketChannel.class, OurioSocketChannel.class,
            OurioServerDomainSocketChannel.class, OurioDomainSocketChannel.class,
            OurioDomainDatagramChannel.class,
            OurioDatagramChannel::new),
    NIO("NIO", NioIoHandler.class, NioIoHandler::newFactory,
            NioServerSocketChannel.class, NioSocketChannel.class,
            null, null, null, // Its addresses are of another class.
            NioDatagramChannel::new),
    EPOLL("epoll", EpollIoHandler.class, EpollIoHandler::newFactory,
            EpollServerSocketChannel.class, EpollSocketChannel.class,
            EpollServerDomainSocketChannel.class, EpollDomainSocketChannel.class,
            EpollDomainDatagramChannel.class,
            EpollDatagramChannel::new),
    IO_URING("io_uring", IoUringIoHandler.class, IoUringIoHandler::newFactory,
            IoUringServerSocketChannel.class, IoUringSocketChannel.class,
            IoUringServerDomainSocketChannel.class, IoUringDomainSocketChannel.class,
            null, // It has no such channel.
            IoUringDatagramChannel::new);

    private static final int THREADS = 4;

    final String label;
    final Class<? extends IoHandler> handler;
    final Class<? extends ServerChannel> serverChannel;
    final Class<? extends SocketChannel> clientChannel;
    final Class<? extends ServerDomainSocketChannel> domainServerChannel;
    final Class<? extends DomainSocketChannel> domainClientChannel;
    final Class<? extends DomainDatagramChannel> domainDatagramChannel;
    private final Function<SocketProtocolFamily, DatagramChannel> datagramChannels;
    private final Supplier<IoHandlerFactory> handlers;
    private EventLoopGroup group;

    Transport(String label, Class<? extends IoHandler> handler, Supplier<IoHandlerFactory> handlers,
            Class<? extends ServerChannel> serverChannel,
            Class<? extends SocketChannel> clientChannel,
            Class<? extends ServerDomainSocketChannel> domainServerChannel,
            Class<? extends DomainSocketChannel> domainClientChannel,
            Class<? extends DomainDatagramChannel> domainDatagramChannel,
            Function<SocketProtocolFamily, DatagramChannel> datagramChannels) {
        this.label = label;
        this.handler = handler;
        this.handlers = handlers;
        this.serverChannel = serverChannel;
        this.clientChannel = clientChannel;
        this.domainServerChannel = domainServerChannel;
        this.domainClientChannel = domainClientChannel;
        this.domainDatagramChannel = domainDatagramChannel;
        this.datagramChannels = datagramChannels;
    }

    /** The transport that the suite asks: Ourio, unless {@code -Dsuite.transport} names another. */
    static Transport underTest() {
        String name = System.getProperty("suite.transport", OURIO.label);
        for (Transport transport : values()) {
            if (transport.label.equalsIgnoreCase(name)) {
                return transport;
            }
        }
        throw new IllegalArgumentException(
                "suite.transport=" + name + " is none of Ourio, NIO, epoll, io_uring");
    }

    synchronized EventLoopGroup group() {
        if (group == null) {
            group = new MultiThreadIoEventLoopGroup(
                    THREADS, new DefaultThreadFactory("suite-" + label, true), handlers.get());
        }
        return group;
    }

    /**
     * Gives the next test new event loops. Many of Netty's tests block a loop until something
     * happens; where it does not, each later test on that loop would fail as well.
     */
    static void abandonGroups() {
        for (Transport transport : values()) {
            synchronized (transport) {
                transport.group = null;
            }
        }
    }

    ServerBootstrap newServer() {
        return new ServerBootstrap().group(group()).channel(serverChannel);
    }

    Bootstrap newClient() {
        return new Bootstrap().group(group()).channel(clientChannel);
    }

    ServerBootstrap newDomainServer() {
        return new ServerBootstrap().group(group()).channel(domainServerChannel);
    }

    Bootstrap newDomainClient() {
        return new Bootstrap().group(group()).channel(domainClientChannel);
    }

    Bootstrap newDomainDatagram() {
        return new Bootstrap().group(group()).channel(domainDatagramChannel);
    }

    /** A channel for UDP; null is the family that the transport prefers. */
    Bootstrap newDatagram(SocketProtocolFamily family) {
        return new Bootstrap().group(group())
                .channelFactory(() -> datagramChannels.apply(family));
    }

    @Override
    public String toString() {
        return label;
    }
}
