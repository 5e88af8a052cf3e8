// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.ourio.netty.OurioIoHandler;
import io.ourio.netty.OurioServerSocketChannel;
import io.ourio.netty.OurioSocketChannel;
import java.util.function.Supplier;

/** Event loops that wake each other, each in its own way. */
enum LoopTransport {
    /** An eventfd, which a task of the loop reads. */
    NETTY_IO_URING("netty-io_uring", IoUringIoHandler::newFactory,
            IoUringServerSocketChannel.class, IoUringSocketChannel.class, ""),
    /** An eventfd, which epoll watches. */
    EPOLL("netty-epoll", EpollIoHandler::newFactory,
            EpollServerSocketChannel.class, EpollSocketChannel.class, ""),
    /** A MSG_RING of the sender's ring. */
    OURIO("ourio", OurioIoHandler::newFactory,
            OurioServerSocketChannel.class, OurioSocketChannel.class, ""),
    /** A system call that sends a MSG_RING without a ring. */
    OURIO_SYNC("ourio, sync message", OurioIoHandler::newFactory,
            OurioServerSocketChannel.class, OurioSocketChannel.class, "message_ring"),
    /** An eventfd, which the ring polls. */
    OURIO_EVENTFD("ourio, eventfd", OurioIoHandler::newFactory,
            OurioServerSocketChannel.class, OurioSocketChannel.class,
            "message_ring,sync_message");

    private static final String DISABLE = "io.ourio.uring.disable";

    private final String label;
    private final Supplier<IoHandlerFactory> factory;
    private final Class<? extends ServerChannel> server;
    private final Class<? extends Channel> client;
    private final String disabled;

    LoopTransport(String label, Supplier<IoHandlerFactory> factory,
            Class<? extends ServerChannel> server, Class<? extends Channel> client,
            String disabled) {
        this.label = label;
        this.factory = factory;
        this.server = server;
        this.client = client;
        this.disabled = disabled;
    }

    Class<? extends ServerChannel> server() {
        return server;
    }

    Class<? extends Channel> client() {
        return client;
    }

    EventLoopGroup newGroup(int loops) {
        String before = System.getProperty(DISABLE, "");
        System.setProperty(DISABLE, disabled.isEmpty() ? before : disabled);
        try {
            return new MultiThreadIoEventLoopGroup(loops, factory.get());
        } finally {
            System.setProperty(DISABLE, before);
        }
    }

    @Override
    public String toString() {
        return label;
    }
}
