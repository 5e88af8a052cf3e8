// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT_RANGES;
import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_RANGE;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_MODIFIED_SINCE;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_RANGE;
import static io.netty.handler.codec.http.HttpHeaderNames.LAST_MODIFIED;
import static io.netty.handler.codec.http.HttpHeaderNames.LOCATION;
import static io.netty.handler.codec.http.HttpHeaderNames.RANGE;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.FileStatus;
import io.ourio.OpenFlags;
import io.ourio.Ring;
import io.ourio.Task;
import io.ourio.examples.http.Transport;
import io.ourio.netty.OurioChannel;
import io.ourio.netty.OurioEvent;
import io.ourio.netty.OurioFileRegion;
import io.ourio.netty.OurioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * An HTTP server of the files below a directory, which never blocks an event loop: it opens files,
 * looks at them, reads and closes them through the loop's own ring. Each completion comes as an
 * event into the pipeline of the connection that has asked for it. Of large files no byte is read:
 * the ring moves their pages to the socket.
 *
 * <p>Run it with a directory, or without: then it serves the current one. It prints where, and
 * {@code curl localhost:8080/README.md} gets a file of it:
 *
 * <pre>
 * serving /home/you/ourio
 * listening on http://127.0.0.1:8080, transport ourio, backend io_uring
 * </pre>
 *
 * <p>Nothing outside of the directory can be had, and symbolic links are not followed at all: one
 * open per request, which the kernel holds to that, whoever moves what about meanwhile. It needs
 * Linux 5.6 or later.
 */
@Command(name = "StaticFiles", mixinStandardHelpOptions = true, sortOptions = false,
        showDefaultValues = true, description = "A server of the files below a directory.")
public final class StaticFiles implements Callable<Integer> {
    private static final int PART = 64 * 1024;

    /** From so many bytes on, what a copy costs is more than to have a worker move the pages. */
    private static final int PAGES_FROM = 256 * 1024;

    /** One range of bytes: from and to, from on, or the last so many. */
    private static final Pattern RANGE_OF_BYTES = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8", "txt", "text/plain; charset=utf-8",
            "md", "text/plain; charset=utf-8", "css", "text/css", "js", "text/javascript",
            "json", "application/json", "svg", "image/svg+xml", "png", "image/png",
            "jpg", "image/jpeg");

    /** What the ring was asked to do for a request. */
    private enum Step { ROOT_OPENED, OPENED, LOOKED_AT, READ }

    @Parameters(arity = "0..1", defaultValue = ".", paramLabel = "DIRECTORY",
            description = "What is served.")
    private Path root;

    @Option(names = "--transport", defaultValue = "ourio", paramLabel = "NAME",
            converter = HttpEcho.TransportName.class,
            description = "ourio or ourio-epoll: others have no ring.")
    private Transport transport;

    @Option(names = "--port", defaultValue = "8080", description = "0 takes any free port.")
    private int port;

    @Option(names = "--threads", defaultValue = "1", paramLabel = "COUNT",
            description = "Event loops.")
    private int threads;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    /**
     * Serves a directory until the process is ended.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new StaticFiles()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (transport != Transport.OURIO && transport != Transport.OURIO_EPOLL) {
            throw new ParameterException(spec.commandLine(),
                    "--transport is " + transport + ", whose loops have no ring");
        }
        Channel server = start(transport.newGroup(threads), root,
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        System.out.println("serving " + root.toRealPath());
        System.out.println("listening on http://127.0.0.1:"
                + ((InetSocketAddress) server.localAddress()).getPort() + ", transport "
                + transport + ", backend " + transport.backend());
        server.closeFuture().syncUninterruptibly();
        return CommandLine.ExitCode.OK;
    }

    static Channel start(EventLoopGroup group, Path root, InetSocketAddress address)
            throws IOException {
        String directory = root.toRealPath().toString();
        return new ServerBootstrap().group(group).channel(OurioServerSocketChannel.class)
                // Who has sent his last request still wants the answers.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                // One part is read while another waits for the peer, and no third.
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(PART, 2 * PART))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Files(directory));
                    }
                }).bind(address).syncUninterruptibly().channel();
    }

    /** The requests of one connection, one after the other. */
    private static final class Files extends SimpleChannelInboundHandler<HttpObject> {
        private static final int NONE = -1;

        private final String directory;
        private final FileStatus status = new FileStatus();
        private final ArrayDeque<HttpRequest> waiting = new ArrayDeque<>();
        private ChannelHandlerContext ctx;
        private OurioChannel channel;
        private Context opened;
        private Task look;

        /** The directory, open for this connection alone: nobody has to count who needs it. */
        private int root = NONE;

        /** The peer has sent its last request. */
        private boolean ended;

        /** What is being answered, or null. */
        private HttpRequest request;

        private String path;
        private boolean index;
        private int file = NONE;
        private boolean headSent;
        private boolean reading;
        private long at;
        private long end;

        Files(String directory) {
            this.directory = directory;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            ctx = context;
            channel = (OurioChannel) context.channel();
            opened = channel.context(Step.OPENED);
            look = channel.ring().task(channel.context(Step.LOOKED_AT));
            channel.ring().open(directory, OpenFlags.READ | OpenFlags.DIRECTORY, 0,
                    channel.context(Step.ROOT_OPENED));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject object) {
            if (object instanceof HttpRequest next) { // Bodies are not looked at.
                waiting.add(next);
                next();
            }
        }

        /** Begins with the next request unless there is one; with none the connection is read. */
        private void next() {
            while (request == null && root != NONE && !waiting.isEmpty() && channel.isOpen()) {
                request = waiting.poll();
                begin();
            }
            channel.config().setAutoRead(request == null);
            if (ended && request == null && waiting.isEmpty()) {
                ctx.close(); // What was written goes before.
            }
        }

        private void begin() {
            index = false;
            headSent = false;
            if (request.decoderResult().isFailure()) {
                request.headers().set("connection", "close"); // Where the next begins is unknown.
                refuse(HttpResponseStatus.BAD_REQUEST);
            } else if (!isHead() && !request.method().equals(HttpMethod.GET)) {
                HttpResponse response = head(HttpResponseStatus.METHOD_NOT_ALLOWED, 0);
                response.headers().set(ALLOW, "GET, HEAD");
                end(response);
            } else {
                try {
                    // Decoded first, so that nothing can be hidden in an escape.
                    path = '.' + new QueryStringDecoder(target()).path();
                    open();
                } catch (IllegalArgumentException malformed) { // By an escape, or a NUL.
                    refuse(HttpResponseStatus.NOT_FOUND);
                }
            }
        }

        private boolean isHead() {
            return request.method().equals(HttpMethod.HEAD);
        }

        /** Without scheme and host, which a proxy would be told. */
        private String target() {
            String uri = request.uri();
            return uri.startsWith("/") ? uri : uri.replaceFirst("^https?://[^/]*(?=/)", "");
        }

        /** The kernel does not leave the root, and waits for no writer should it be a pipe. */
        private void open() {
            channel.ring().openAt(root, path, OpenFlags.READ | OpenFlags.NON_BLOCKING, 0,
                    Ring.RESOLVE_BENEATH | Ring.RESOLVE_NO_LINKS, opened);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object message) {
            if (message instanceof ChannelInputShutdownEvent) {
                ended = true;
            } else if (message instanceof OurioEvent event && event.has(Step.class)) {
                switch (event.tag(Step.class)) {
                    case ROOT_OPENED -> rootOpened(event);
                    case OPENED -> opened(event);
                    case LOOKED_AT -> lookedAt(event);
                    case READ -> read(event);
                }
            } else {
                context.fireUserEventTriggered(message);
                return;
            }
            next();
        }

        private void rootOpened(OurioEvent event) {
            root = Math.max(event.result(), NONE);
            if (root == NONE) {
                ctx.close();
            }
        }

        private void opened(OurioEvent event) {
            if (event.error() != null) {
                refuse(statusOf(event));
                return;
            }
            file = event.result();
            channel.ring().fstat(file, status, look);
        }

        private static HttpResponseStatus statusOf(OurioEvent event) {
            return switch (-event.result()) {
                case Errno.ENOENT, Errno.ENOTDIR, Errno.ENAMETOOLONG, Errno.ELOOP, Errno.EXDEV,
                        Errno.ENXIO -> HttpResponseStatus.NOT_FOUND;
                case Errno.EACCES, Errno.EPERM -> HttpResponseStatus.FORBIDDEN;
                default -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
            };
        }

        private void lookedAt(OurioEvent event) {
            if (event.error() != null) {
                refuse(statusOf(event));
            } else if (status.isRegularFile()) {
                answer();
            } else if (!status.isDirectory() || index) {
                refuse(HttpResponseStatus.NOT_FOUND);
            } else if (path.endsWith("/")) {
                closeFile();
                index = true;
                path += "index.html";
                open();
            } else {
                HttpResponse response = head(HttpResponseStatus.MOVED_PERMANENTLY, 0);
                // With two slashes in front it would be the name of a host.
                response.headers().set(LOCATION, "/"
                        + target().split("\\?")[0].replaceFirst("^/+", "") + "/");
                end(response);
            }
        }

        private void answer() {
            at = 0;
            end = status.size();
            String range = request.headers().get(RANGE);
            if (isKnown()) {
                end(head(HttpResponseStatus.NOT_MODIFIED, -1));
            } else if (range == null || isHead() || isOfAnotherVersion()) {
                send();
            } else {
                answerPart(RANGE_OF_BYTES.matcher(range));
            }
        }

        private boolean isKnown() {
            String since = request.headers().get(IF_MODIFIED_SINCE);
            Date known = since == null ? null : DateFormatter.parseHttpDate(since);
            return known != null && known.getTime() / 1000
                    >= status.modificationTime().getEpochSecond();
        }

        private boolean isOfAnotherVersion() {
            String version = request.headers().get(IF_RANGE);
            return version != null && !version.equals(modified());
        }

        /** Several ranges, and what is none, are answered with the whole file. */
        private void answerPart(Matcher range) {
            if (!range.matches()) {
                send();
                return;
            }
            String from = range.group(1);
            String to = range.group(2);
            long size = end;
            if (from.isEmpty() && to.isEmpty() || !from.isEmpty() && !to.isEmpty()
                    && Long.parseLong(from) > Long.parseLong(to)) {
                send();
                return;
            }
            at = from.isEmpty() ? Math.max(size - Long.parseLong(to), 0) : Long.parseLong(from);
            end = from.isEmpty() || to.isEmpty() ? size : Math.min(Long.parseLong(to) + 1, size);
            if (at < end) {
                send();
                return;
            }
            HttpResponse response = head(HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0);
            response.headers().set(CONTENT_RANGE, "bytes */" + size);
            end(response);
        }

        private void send() {
            if (isHead() || at == end) {
                end(fileHead());
            } else if (end - at >= PAGES_FROM) {
                sendPages();
            } else {
                readOn();
            }
        }

        /** The pages of the file, which a worker of the ring fetches and nobody copies. */
        private void sendPages() {
            int descriptor = file;
            file = NONE; // The region's from now on.
            ctx.write(fileHead());
            ctx.write(new OurioFileRegion(
                    descriptor, at, end - at, () -> close(descriptor)));
            // Regions do not count as what waits for the peer, so the next request does.
            written(ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)).addListener(_ -> {
                request = null;
                next();
            });
        }

        private HttpResponse fileHead() {
            boolean part = end - at < status.size();
            HttpResponse response = head(part
                    ? HttpResponseStatus.PARTIAL_CONTENT : HttpResponseStatus.OK, end - at);
            if (part) {
                response.headers().set(CONTENT_RANGE,
                        "bytes " + at + "-" + (end - 1) + "/" + status.size());
            }
            String type = path.substring(path.lastIndexOf('.') + 1);
            response.headers().set(CONTENT_TYPE,
                    TYPES.getOrDefault(type, "application/octet-stream"));
            response.headers().set(LAST_MODIFIED, modified()).set(ACCEPT_RANGES, "bytes");
            return response;
        }

        private String modified() {
            return DateFormatter.format(Date.from(status.modificationTime()));
        }

        /** Reads the next part, as soon as the peer has taken enough of those before. */
        private void readOn() {
            if (file == NONE || reading || at == end || !channel.isWritable()) {
                return;
            }
            int length = (int) Math.min(PART, end - at);
            ByteBuf part = ctx.alloc().directBuffer(length, length);
            try {
                channel.readInto(file, part, at, Step.READ);
                reading = true;
            } catch (IllegalStateException closing) {
                part.release();
            }
        }

        private void read(OurioEvent event) {
            reading = false;
            ByteBuf part = event.payload(ByteBuf.class);
            if (event.result() <= 0) { // It cannot be read, or is shorter than it was.
                part.release();
                if (headSent) {
                    ctx.close(); // The one way to say that the rest does not come.
                } else {
                    refuse(HttpResponseStatus.INTERNAL_SERVER_ERROR);
                }
                return;
            }
            if (!headSent) {
                headSent = true;
                ctx.write(fileHead());
            }
            at += event.result();
            if (at == end) {
                finish(new DefaultLastHttpContent(part));
            } else {
                ctx.writeAndFlush(new DefaultHttpContent(part));
                readOn();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            readOn();
            context.fireChannelWritabilityChanged();
        }

        private void refuse(HttpResponseStatus why) {
            end(head(why, 0));
        }

        private HttpResponse head(HttpResponseStatus code, long length) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, code);
            if (length >= 0) {
                response.headers().set(CONTENT_LENGTH, length);
            }
            response.headers().set(DATE, DateFormatter.format(new Date()));
            HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
            return response;
        }

        /** An answer without a body. */
        private void end(HttpResponse response) {
            ctx.write(response);
            finish(LastHttpContent.EMPTY_LAST_CONTENT);
        }

        private void finish(LastHttpContent last) {
            closeFile();
            written(ctx.writeAndFlush(last));
            request = null;
        }

        /** The answer is on its way. */
        private ChannelFuture written(ChannelFuture answer) {
            if (!HttpUtil.isKeepAlive(request)) {
                waiting.clear();
                answer.addListener(ChannelFutureListener.CLOSE);
            }
            return answer;
        }

        private void closeFile() {
            file = close(file);
        }

        /** Also if the channel is closing, which would cancel what is its own. */
        private int close(int descriptor) {
            if (descriptor != NONE) {
                channel.ring().close(descriptor, Context.NONE);
            }
            return NONE;
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            closeFile();
            root = close(root);
            context.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
