// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import io.netty.handler.ssl.SslContext;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import io.ourio.examples.http.Accepting;
import io.ourio.examples.http.EchoServer;
import io.ourio.examples.http.SelfSignedTls;
import io.ourio.examples.http.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * An HTTP server that sends requests back, on the transport of your choice.
 *
 * <p>What to look at: {@code curl localhost:8080/} tells what the server runs on;
 * {@code curl --data-binary @file localhost:8080/} gives the file back, of whatever size, out of a
 * small and constant amount of memory. The handlers are the same for every transport; only
 * {@link Transport} knows them apart.
 */
@Command(name = "HttpEcho", mixinStandardHelpOptions = true, version = "HttpEcho 0.1.0",
        sortOptions = false, description = {
            "An HTTP server that sends requests back.",
            "  GET /      says which transport and backend the server runs on",
            "  POST /any  sends the body back as it arrives, and each header of the request",
            "             with \"echo-\" before its name"},
        footer = {"",
            "Ctrl-C or SIGTERM ends it: requests in progress get up to 10 seconds to finish.",
            "Exit codes: 1 cannot start, 2 bad arguments, 130 after Ctrl-C, 143 after SIGTERM."})
public final class HttpEcho implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MAX_PORT = 65_535;

    @Spec
    private CommandSpec spec;

    @Option(names = "--transport", defaultValue = "ourio", paramLabel = "NAME",
            converter = TransportName.class,
            description = "one of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    private Transport transport;

    @Option(names = "--host", defaultValue = "127.0.0.1", paramLabel = "ADDRESS",
            description = "where to listen; default: ${DEFAULT-VALUE}")
    private String host;

    @Option(names = "--port", defaultValue = "8080", paramLabel = "PORT",
            description = "0 takes any free port; default: ${DEFAULT-VALUE}")
    private int port;

    @Option(names = "--threads", paramLabel = "COUNT",
            description = "event loops; default: as many as there are processors")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--accept", defaultValue = "register", paramLabel = "HOW",
            converter = AcceptingName.class,
            description = "how connections come to their loops: register (Netty's way), hand-over"
                    + " or least (Ourio's option HAND_OVER), reuse-port; default:"
                    + " ${DEFAULT-VALUE}")
    private Accepting accepting;

    @Option(names = "--tls",
            description = "speak HTTPS, with a certificate made at start (curl needs -k)")
    private boolean tls;

    /**
     * Runs the server until it is told to end.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        System.exit(new CommandLine(new HttpEcho()).execute(args));
    }

    @Override
    public Integer call() {
        InetSocketAddress address = checkedAddress();
        if (!accepting.isPossibleOn(transport)) {
            throw bad("--accept " + accepting + " is not possible with --transport " + transport);
        }
        Throwable unavailable = transport.unavailabilityCause();
        if (unavailable != null) {
            return fail("transport " + transport + " is not available: " + causes(unavailable));
        }
        EchoServer server;
        try {
            SslContext context = tls ? SelfSignedTls.forServer() : null;
            server = EchoServer.start(transport, accepting, address, threads, context);
        } catch (IOException e) {
            return fail("cannot listen on " + host + ":" + port + ": " + e.getMessage());
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "stop"));
        System.out.println("listening on " + url(server.address()) + ", transport " + transport
                + ", backend " + transport.backend());
        server.awaitEnd();
        return CommandLine.ExitCode.OK;
    }

    private InetSocketAddress checkedAddress() {
        if (port < 0 || port > MAX_PORT) {
            throw bad("--port is " + port + "; it must be 0 to " + MAX_PORT);
        }
        if (threads < 1) {
            throw bad("--threads is " + threads + "; it must be at least 1");
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw bad("--host is '" + host + "'; there is no such address or name");
        }
        return address;
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private int fail(String message) {
        System.err.println(message);
        return CommandLine.ExitCode.SOFTWARE;
    }

    private String url(InetSocketAddress address) {
        String literal = address.getAddress().getHostAddress();
        return (tls ? "https://" : "http://")
                + (literal.contains(":") ? "[" + literal + "]" : literal) + ":" + address.getPort();
    }

    /** Runs as the JVM goes down; the JVM then exits with 128 and the signal's number. */
    private static void stop(EchoServer server) {
        System.out.println("stopping: no new connections, requests in progress finish");
        int cutOff = server.stop(PATIENCE);
        System.out.println(cutOff == 0 ? "stopped"
                : "stopped; connections cut off after " + PATIENCE.toSeconds() + " s: " + cutOff);
    }

    private static String causes(Throwable thrown) {
        StringBuilder text = new StringBuilder(thrown.toString());
        for (Throwable t = thrown.getCause(); t != null; t = t.getCause()) {
            text.append("; caused by ").append(t);
        }
        return text.toString();
    }

    /** The same for the ways to accept. */
    static final class AcceptingName implements ITypeConverter<Accepting> {
        @Override
        public Accepting convert(String name) {
            for (Accepting accepting : Accepting.values()) {
                if (accepting.toString().equals(name)) {
                    return accepting;
                }
            }
            throw new TypeConversionException("'" + name + "' is not one of "
                    + Arrays.toString(Accepting.values()));
        }
    }

    /** Takes the names of {@code --help} only; picocli would also take those of the constants. */
    static final class TransportName implements ITypeConverter<Transport> {
        @Override
        public Transport convert(String name) {
            for (Transport transport : Transport.values()) {
                if (transport.toString().equals(name)) {
                    return transport;
                }
            }
            throw new TypeConversionException("'" + name + "' is not one of "
                    + Arrays.toString(Transport.values()));
        }
    }
}
