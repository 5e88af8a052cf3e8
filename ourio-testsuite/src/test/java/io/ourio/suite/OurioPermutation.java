// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import java.util.List;

/**
 * What Netty's tests run on: the transport under test at both ends, or at one end with NIO at the
 * other. NIO as the peer shows what is wrong on the wire, which two equal ends could hide.
 */
final class OurioPermutation {
    private static final Transport OURIO = Transport.underTest();

    private OurioPermutation() {
    }

    /** Server and client of the tests over a connection. */
    static List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socket() {
        return List.of(
                new Pair(OURIO, OURIO),
                new Pair(OURIO, Transport.NIO),
                new Pair(Transport.NIO, OURIO));
    }

    /**
     * The same over Unix domain sockets. NIO's know other addresses, so epoll is the peer.
     */
    static List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> domainSocket() {
        return List.of(
                new DomainPair(OURIO, OURIO),
                new DomainPair(OURIO, Transport.EPOLL),
                new DomainPair(Transport.EPOLL, OURIO));
    }

    /** The tests over a Unix domain socket that need a server only. */
    static List<BootstrapFactory<ServerBootstrap>> domainServerSocket() {
        return List.of(new DomainServer(OURIO));
    }

    /** Two ends that send each other datagrams of a family. */
    static List<BootstrapComboFactory<Bootstrap, Bootstrap>> datagram(SocketProtocolFamily family) {
        return List.of(
                new Datagrams(OURIO, OURIO, family),
                new Datagrams(OURIO, Transport.NIO, family),
                new Datagrams(Transport.NIO, OURIO, family));
    }

    /** One end of datagrams. */
    static List<BootstrapFactory<Bootstrap>> datagramSocket() {
        return List.of(new Datagram(OURIO));
    }

    /** Two ends that send each other datagrams of the Unix domain. */
    static List<BootstrapComboFactory<Bootstrap, Bootstrap>> domainDatagram() {
        return List.of(
                new DomainDatagrams(OURIO, OURIO),
                new DomainDatagrams(OURIO, Transport.EPOLL),
                new DomainDatagrams(Transport.EPOLL, OURIO));
    }

    /**
     * The same for abstract names, to which epoll's channel sends only what is in one piece: else
     * it adds to the name what is behind it in the struct.
     */
    static List<BootstrapComboFactory<Bootstrap, Bootstrap>> abstractDomainDatagram() {
        return List.of(
                new DomainDatagrams(OURIO, OURIO),
                new DomainDatagrams(Transport.EPOLL, OURIO));
    }

    /** One end of those. */
    static List<BootstrapFactory<Bootstrap>> domainDatagramSocket() {
        return List.of(new DomainDatagram(OURIO));
    }

    /** The tests that need a client only. */
    static List<BootstrapFactory<Bootstrap>> clientSocket() {
        return List.of(new Client(OURIO));
    }

    /** The tests that need a server only. */
    static List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        return List.of(new Server(OURIO));
    }

    record Pair(Transport server, Transport client)
            implements BootstrapComboFactory<ServerBootstrap, Bootstrap> {
        @Override
        public ServerBootstrap newServerInstance() {
            RunningTest.onCombo(this);
            return server.newServer();
        }

        @Override
        public Bootstrap newClientInstance() {
            return client.newClient();
        }

        @Override
        public String toString() {
            return server + " server, " + client + " client";
        }
    }

    record DomainPair(Transport server, Transport client)
            implements BootstrapComboFactory<ServerBootstrap, Bootstrap> {
        @Override
        public ServerBootstrap newServerInstance() {
            RunningTest.onCombo(this);
            return server.newDomainServer();
        }

        @Override
        public Bootstrap newClientInstance() {
            return client.newDomainClient();
        }

        @Override
        public String toString() {
            return server + " domain server, " + client + " domain client";
        }
    }

    record DomainServer(Transport server) implements BootstrapFactory<ServerBootstrap> {
        @Override
        public ServerBootstrap newInstance() {
            RunningTest.onCombo(this);
            return server.newDomainServer();
        }

        @Override
        public String toString() {
            return server + " domain server";
        }
    }

    record Datagrams(Transport server, Transport client, SocketProtocolFamily family)
            implements BootstrapComboFactory<Bootstrap, Bootstrap> {
        @Override
        public Bootstrap newServerInstance() {
            RunningTest.onCombo(this);
            return server.newDatagram(family);
        }

        @Override
        public Bootstrap newClientInstance() {
            return client.newDatagram(family);
        }

        @Override
        public String toString() {
            return server + " and " + client + " datagrams of " + family;
        }
    }

    record Datagram(Transport transport) implements BootstrapFactory<Bootstrap> {
        @Override
        public Bootstrap newInstance() {
            RunningTest.onCombo(this);
            return transport.newDatagram(null);
        }

        @Override
        public String toString() {
            return transport + " datagrams";
        }
    }

    record DomainDatagrams(Transport server, Transport client)
            implements BootstrapComboFactory<Bootstrap, Bootstrap> {
        @Override
        public Bootstrap newServerInstance() {
            RunningTest.onCombo(this);
            return server.newDomainDatagram();
        }

        @Override
        public Bootstrap newClientInstance() {
            return client.newDomainDatagram();
        }

        @Override
        public String toString() {
            return server + " and " + client + " domain datagrams";
        }
    }

    record DomainDatagram(Transport transport) implements BootstrapFactory<Bootstrap> {
        @Override
        public Bootstrap newInstance() {
            RunningTest.onCombo(this);
            return transport.newDomainDatagram();
        }

        @Override
        public String toString() {
            return transport + " domain datagrams";
        }
    }

    record Client(Transport client) implements BootstrapFactory<Bootstrap> {
        @Override
        public Bootstrap newInstance() {
            RunningTest.onCombo(this);
            return client.newClient();
        }

        @Override
        public String toString() {
            return client + " client";
        }
    }

    record Server(Transport server) implements BootstrapFactory<ServerBootstrap> {
        @Override
        public ServerBootstrap newInstance() {
            RunningTest.onCombo(this);
            return server.newServer();
        }

        @Override
        public String toString() {
            return server + " server";
        }
    }
}
