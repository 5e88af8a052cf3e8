// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT_RANGES;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.LAST_MODIFIED;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedFile;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Date;

/**
 * A server under test: HTTP, and files as Netty's users send them, in the loop's thread, by
 * {@code ChunkedFile} or {@code DefaultFileRegion}. It answers with the headers of the example
 * {@code StaticFiles}, and its chunks have the size of that one's parts. It takes the arguments of
 * {@link ServerCommand}, then a folder and {@code chunked} or {@code region}.
 */
final class NettyFiles extends SimpleChannelInboundHandler<HttpObject> {
    private static final int CHUNK = 64 * 1024;

    private final Path root;
    private final boolean chunked;

    private NettyFiles(Path root, boolean chunked) {
        this.root = root;
        this.chunked = chunked;
    }

    /** Runs until it is ended. */
    public static void main(String[] args) throws Exception {
        String transport = args[1];
        Path root = Path.of(args[6]).toRealPath();
        boolean chunked = switch (args[7]) {
            case "chunked" -> true;
            case "region" -> false;
            default -> throw new IllegalArgumentException("no way " + args[7]);
        };
        Channel listener = new ServerBootstrap()
                .group(FileServer.group(transport, Integer.parseInt(args[5])))
                .channel(FileServer.channel(transport))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec());
                        if (chunked) {
                            channel.pipeline().addLast(new ChunkedWriteHandler());
                        }
                        channel.pipeline().addLast(new NettyFiles(root, chunked));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), Integer.parseInt(args[3]))
                .sync().channel();
        System.out.println("listening on http://127.0.0.1:"
                + ((InetSocketAddress) listener.localAddress()).getPort() + ", transport "
                + transport + ", backend " + listener.getClass().getSimpleName());
        listener.closeFuture().sync();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject object) throws IOException {
        if (object instanceof HttpRequest request) { // All of them are a GET, and none is the last.
            answer(ctx, request.uri());
        }
    }

    private void answer(ChannelHandlerContext ctx, String uri) throws IOException {
        Path file = root.resolve(uri.substring(1)).normalize();
        BasicFileAttributes attributes = attributes(file);
        if (!file.startsWith(root) || attributes == null || !attributes.isRegularFile()) {
            ctx.write(head(HttpResponseStatus.NOT_FOUND, 0));
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            return;
        }
        long length = attributes.size();
        HttpResponse head = head(HttpResponseStatus.OK, length);
        head.headers().set(CONTENT_TYPE, "application/octet-stream")
                .set(LAST_MODIFIED, DateFormatter.format(
                        new Date(attributes.lastModifiedTime().toMillis())))
                .set(ACCEPT_RANGES, "bytes");
        ctx.write(head);
        if (chunked) {
            ctx.writeAndFlush(new HttpChunkedInput(new ChunkedFile(
                    new RandomAccessFile(file.toFile(), "r"), 0, length, CHUNK)));
        } else {
            ctx.write(new DefaultFileRegion(file.toFile(), 0, length));
            ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    /** Null if there is no such file. */
    private static BasicFileAttributes attributes(Path file) throws IOException {
        try {
            return Files.readAttributes(
                    file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    private static HttpResponse head(HttpResponseStatus status, long length) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        head.headers().set(CONTENT_LENGTH, length).set(DATE, DateFormatter.format(new Date()));
        return head;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close(); // wrk counts it as an error, and the run is not valid.
    }
}
