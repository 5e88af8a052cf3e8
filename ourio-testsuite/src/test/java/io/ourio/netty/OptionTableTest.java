// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every option that Netty's transports have a constant for is known to ours, but for those that are
 * listed here, each with its reason. A release of Netty with a new one fails here.
 */
class OptionTableTest {
    private static final Map<String, String> UNKNOWN = Map.of(
            "SO_TIMEOUT", "of the blocking transport, which is gone; no other has it",
            "EPOLL_MODE", "how epoll's channels were registered once; it is ignored there",
            "IO_URING_BUFFER_GROUP_ID", "the buffers are the loop's: RingOptions");

    private final List<Channel> channels = new ArrayList<>();

    @BeforeAll
    static void loadThePeers() {
        Epoll.ensureAvailability();
    }

    @AfterEach
    void close() {
        channels.forEach(channel -> channel.unsafe().closeForcibly());
    }

    private <C extends Channel> C add(C channel) {
        channels.add(channel);
        return channel;
    }

    private static boolean knows(Channel channel, ChannelOption<?> option) {
        // A key of MD5 is never read.
        return channel.config().getOptions().containsKey(option)
                || channel.config().getOption(option) != null;
    }

    /** What is behind {@code #} of constants with the name of their class, or all of the name. */
    private static String shortName(ChannelOption<?> option) {
        return option.name().substring(option.name().indexOf('#') + 1);
    }

    private static List<ChannelOption<?>> constants(Class<?> type) throws IllegalAccessException {
        List<ChannelOption<?>> options = new ArrayList<>();
        for (Field field : type.getFields()) {
            if (ChannelOption.class.isAssignableFrom(field.getType())) {
                options.add((ChannelOption<?>) field.get(null));
            }
        }
        return options;
    }

    @Test
    void everyConstantIsAnOptionOfAChannel() throws Exception {
        List<Channel> ours = List.of(add(new OurioSocketChannel()),
                add(new OurioServerSocketChannel()), add(new OurioDatagramChannel()),
                add(new OurioDomainSocketChannel()), add(new OurioServerDomainSocketChannel()),
                add(new OurioDomainDatagramChannel()));
        Set<String> unknown = new TreeSet<>();
        for (Class<?> type : List.of(ChannelOption.class, UnixChannelOption.class,
                EpollChannelOption.class, IoUringChannelOption.class, OurioChannelOption.class)) {
            List<ChannelOption<?>> options = constants(type);
            assertFalse(options.isEmpty());
            options.stream()
                    .filter(option -> ours.stream().noneMatch(channel -> knows(channel, option)))
                    .forEach(option -> unknown.add(shortName(option)));
        }
        assertEquals(new TreeSet<>(UNKNOWN.keySet()), unknown);
    }

    static Stream<Arguments> peers() {
        Stream<Arguments> peers = Stream.of(
                peer(OurioSocketChannel::new, NioSocketChannel::new),
                peer(OurioSocketChannel::new, EpollSocketChannel::new),
                peer(OurioServerSocketChannel::new, NioServerSocketChannel::new),
                peer(OurioServerSocketChannel::new, EpollServerSocketChannel::new),
                peer(OurioDatagramChannel::new, NioDatagramChannel::new),
                peer(OurioDatagramChannel::new, EpollDatagramChannel::new),
                peer(OurioDomainSocketChannel::new, EpollDomainSocketChannel::new),
                peer(OurioServerDomainSocketChannel::new, EpollServerDomainSocketChannel::new),
                peer(OurioDomainDatagramChannel::new, EpollDomainDatagramChannel::new));
        return IoUring.isAvailable() ? Stream.concat(peers, onIoUring()) : peers;
    }

    /** Without the listener of the Unix domain, which casts itself to one of TCP when asked. */
    private static Stream<Arguments> onIoUring() {
        return Stream.of(
                peer(OurioSocketChannel::new, IoUringSocketChannel::new),
                peer(OurioServerSocketChannel::new, IoUringServerSocketChannel::new),
                peer(OurioDatagramChannel::new, IoUringDatagramChannel::new),
                peer(OurioDomainSocketChannel::new, IoUringDomainSocketChannel::new));
    }

    private static Arguments peer(Supplier<Channel> ours, Supplier<Channel> theirs) {
        return arguments(ours, theirs);
    }

    @ParameterizedTest
    @MethodSource("peers")
    void everyOptionThatThePeersListIsTheChannels(
            Supplier<Channel> ours, Supplier<Channel> theirs) throws IOException {
        Channel our = add(ours.get());
        if (our instanceof OurioDatagramChannel udp) {
            udp.config().setNetworkInterface(loopback()); // Else the value is null.
        }
        Channel peer = add(theirs.get());
        Set<String> missing = peer.config().getOptions().keySet().stream()
                .filter(option -> !knows(our, option))
                .map(OptionTableTest::shortName)
                .collect(Collectors.toCollection(TreeSet::new));
        missing.removeAll(UNKNOWN.keySet());
        if (our instanceof OurioServerDomainSocketChannel) {
            missing.remove("TCP_FASTOPEN"); // Epoll's config keeps a number, and that is all.
        }
        assertTrue(missing.isEmpty(), () -> peer.getClass().getSimpleName() + " has " + missing);
    }

    private static NetworkInterface loopback() throws IOException {
        return NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
    }
}
