// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.util.NetUtil;
import java.lang.reflect.Constructor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * Guards the suite itself: a class of Netty's that does not get our factories tests NIO, and
 * passes.
 */
class PermutationTest {
    private static final List<Class<?>> TCP = List.of(TcpStreamTest.class, TlsTest.class,
            SslEchoTest.class, TcpClientTest.class, TcpServerTest.class);
    private static final List<Class<?>> DOMAIN =
            List.of(DomainStreamTest.class, DomainAbstractTest.class);
    private static final List<Class<?>> UDP = List.of(DatagramTest.class);
    private static final List<Class<?>> DOMAIN_DATAGRAM = List.of(DomainDatagramTest.class);

    private static final int TIMEOUT_SECONDS = 10;

    static List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> combos() {
        return OurioPermutation.socket();
    }

    @Test
    void combosAreOurioAtBothEndsAndAtEachEndAgainstNio() {
        Transport ourio = Transport.underTest();
        assertEquals(List.of(
                new OurioPermutation.Pair(ourio, ourio),
                new OurioPermutation.Pair(ourio, Transport.NIO),
                new OurioPermutation.Pair(Transport.NIO, ourio)), OurioPermutation.socket());
        assertEquals(List.of(new OurioPermutation.Client(ourio)), OurioPermutation.clientSocket());
        assertEquals(List.of(new OurioPermutation.Server(ourio)), OurioPermutation.serverSocket());
        assertEquals(List.of(
                new OurioPermutation.DomainPair(ourio, ourio),
                new OurioPermutation.DomainPair(ourio, Transport.EPOLL),
                new OurioPermutation.DomainPair(Transport.EPOLL, ourio)),
                OurioPermutation.domainSocket());
    }

    @ParameterizedTest
    @MethodSource("combos")
    void comboMakesTheChannelsAndLoopsThatItNames(OurioPermutation.Pair combo) throws Exception {
        assertMakes(combo, new InetSocketAddress(NetUtil.LOCALHOST, 0), combo.server(),
                combo.server().serverChannel, combo.server().clientChannel,
                combo.client(), combo.client().clientChannel);
    }

    static List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> domainCombos() {
        return OurioPermutation.domainSocket();
    }

    @ParameterizedTest
    @MethodSource("domainCombos")
    void domainComboMakesTheChannelsAndLoopsThatItNames(OurioPermutation.DomainPair combo)
            throws Exception {
        assertMakes(combo, DomainAddresses.path(), combo.server(),
                combo.server().domainServerChannel, combo.server().domainClientChannel,
                combo.client(), combo.client().domainClientChannel);
    }

    private static void assertMakes(BootstrapComboFactory<ServerBootstrap, Bootstrap> combo,
            SocketAddress address, Transport serverSide, Class<?> serverType, Class<?> childType,
            Transport clientSide, Class<?> clientType) throws Exception {
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Channel server = combo.newServerInstance().childHandler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                accepted.complete(context.channel());
            }
        }).bind(address).sync().channel();
        Channel client = combo.newClientInstance().handler(new ChannelInboundHandlerAdapter())
                .connect(server.localAddress()).sync().channel();
        try {
            Channel child = accepted.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            assertIs(serverSide, serverType, server);
            assertIs(serverSide, childType, child);
            assertIs(clientSide, clientType, client);
            child.close().sync();
        } finally {
            client.close().sync();
            server.close().sync();
        }
    }

    private static void assertIs(Transport transport, Class<?> type, Channel channel) {
        assertSame(type, channel.getClass());
        assertTrue(((IoEventLoop) channel.eventLoop()).isIoType(transport.handler),
                () -> channel + " does not run on " + transport.handler);
    }

    static Stream<Class<?>> nestedClasses() {
        return Stream.of(TCP, DOMAIN, UDP, DOMAIN_DATAGRAM).flatMap(PermutationTest::nestedIn);
    }

    private static Stream<Class<?>> nestedIn(List<Class<?>> files) {
        return files.stream().flatMap(file -> Stream.of(file.getDeclaredClasses()))
                .filter(nested -> nested.isAnnotationPresent(Nested.class));
    }

    @ParameterizedTest
    @MethodSource("nestedClasses")
    void nestedClassRunsOnOurCombos(Class<?> nested) throws Exception {
        Constructor<?> make = nested.getDeclaredConstructor(nested.getDeclaringClass());
        Object outer = ReflectionSupport.newInstance(nested.getDeclaringClass());
        Object factories = nested.getDeclaredMethod("newFactories").invoke(make.newInstance(outer));
        assertTrue(Stream.of(OurioPermutation.socket(), OurioPermutation.clientSocket(),
                OurioPermutation.serverSocket(), OurioPermutation.domainSocket(),
                OurioPermutation.domainServerSocket(),
                OurioPermutation.domainDatagram(), OurioPermutation.abstractDomainDatagram(),
                OurioPermutation.domainDatagramSocket(),
                OurioPermutation.datagram(SocketProtocolFamily.INET),
                OurioPermutation.datagram(SocketProtocolFamily.INET6),
                OurioPermutation.datagramSocket()).anyMatch(factories::equals),
                factories::toString);
    }

    @Test
    void everyTcpTestOfNettysIsHere() {
        List<Class<?>> ours = Stream.concat(
                nestedIn(TCP), Stream.of(ConnectionAttemptTest.ConnectionAttempt.class)).toList();
        assertEquals(23 + 5 + 4 + 1, ours.size());
        assertEquals(Set.of(
                "ServerSocketSuspendTest", // its only test is switched off
                "SocketSslLargeCertificateTest"), // made for NIO, takes no other transport
                missing(ours, false));
    }

    @Test
    void everyUdpTestOfNettysIsHere() {
        List<Class<?>> ours = nestedIn(UDP).toList();
        assertEquals(7, ours.size());
        assertEquals(Set.of(), missing(ours, true));
    }

    private static Set<String> missing(List<Class<?>> ours, boolean udp) {
        return ReflectionSupport.findAllClassesInPackage("io.netty.testsuite.transport.socket",
                        PermutationTest::hasTests, name -> name.contains("Datagram") == udp)
                .stream().filter(test -> ours.stream().noneMatch(test::isAssignableFrom))
                .map(Class::getSimpleName).collect(Collectors.toSet());
    }

    private static boolean hasTests(Class<?> type) {
        return !AnnotationSupport.findAnnotatedMethods(
                type, Testable.class, HierarchyTraversalMode.TOP_DOWN).isEmpty();
    }
}
