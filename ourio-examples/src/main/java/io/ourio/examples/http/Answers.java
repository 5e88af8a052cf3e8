// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;
import static io.netty.handler.codec.http.HttpHeaderValues.APPLICATION_OCTET_STREAM;
import static io.netty.handler.codec.http.HttpHeaderValues.CHUNKED;
import static io.netty.handler.codec.http.HttpHeaderValues.CLOSE;
import static io.netty.handler.codec.http.HttpHeaderValues.KEEP_ALIVE;
import static io.netty.handler.codec.http.HttpHeaderValues.TEXT_PLAIN;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.ReadOnlyHttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/**
 * Makes the answers of the server. Everything that is the same for all greetings is made once a
 * second, by {@link #refresh()}, and shared by all event loops.
 */
final class Answers {
    /** Stands before the name of each header of a request that is sent back. */
    static final String ECHO_PREFIX = "echo-";

    // RFC 9110, 5.6.7: the day has two digits; the JDK's RFC_1123_DATE_TIME writes one or two.
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter
            .ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT);
    private static final AsciiString PLAIN_TEXT = new AsciiString(TEXT_PLAIN + "; charset=utf-8");
    private static final AsciiString ALLOWED = new AsciiString("GET, HEAD, POST");

    private final ByteBuf greeting;
    private final AsciiString greetingLength;
    private volatile AsciiString date;
    private volatile HttpHeaders greetingHeaders;

    Answers(String greeting) {
        ByteBuf text = Unpooled.directBuffer();
        text.writeCharSequence(greeting, StandardCharsets.UTF_8);
        this.greeting = Unpooled.unreleasableBuffer(text.asReadOnly());
        greetingLength = new AsciiString(Integer.toString(text.readableBytes()));
        refresh();
    }

    /** Takes over the time of day; to be called once a second, from any one thread. */
    void refresh() {
        date = new AsciiString(HTTP_DATE.format(ZonedDateTime.now(ZoneOffset.UTC)));
        greetingHeaders = new ReadOnlyHttpHeaders(false, CONTENT_TYPE, PLAIN_TEXT,
                CONTENT_LENGTH, greetingLength, DATE, date);
    }

    /** Says hello. This is the short way: for HTTP/1.1 it copies no header. */
    FullHttpResponse greeting(HttpRequest request, boolean keepAlive) {
        HttpHeaders headers = greetingHeaders;
        if (!keepAlive || !request.protocolVersion().isKeepAliveDefault()) {
            headers = new DefaultHttpHeaders().set(headers);
            headers.set(CONNECTION, keepAlive ? KEEP_ALIVE : CLOSE);
        }
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK,
                greeting.duplicate(), headers, EmptyHttpHeaders.INSTANCE);
    }

    /** The head of an echo; the body follows part by part, in the framing of the request. */
    HttpResponse echo(HttpRequest request, boolean keepAlive) {
        HttpResponse response =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        HttpHeaders headers = response.headers();
        for (Map.Entry<String, String> header : request.headers()) {
            headers.add(ECHO_PREFIX + header.getKey(), header.getValue());
        }
        headers.set(CONTENT_TYPE, APPLICATION_OCTET_STREAM);
        headers.set(DATE, date);
        if (HttpUtil.isTransferEncodingChunked(request)) {
            headers.set(TRANSFER_ENCODING, CHUNKED);
        } else {
            headers.set(CONTENT_LENGTH, HttpUtil.getContentLength(request, 0L));
        }
        setConnection(request, headers, keepAlive);
        return response;
    }

    /** Says in one line why a request is not served. */
    FullHttpResponse refusal(HttpRequest request, HttpResponseStatus status, boolean keepAlive) {
        ByteBuf text = Unpooled.copiedBuffer(status + "\n", StandardCharsets.US_ASCII);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, text);
        HttpHeaders headers = response.headers();
        headers.set(CONTENT_TYPE, PLAIN_TEXT);
        headers.set(CONTENT_LENGTH, text.readableBytes());
        headers.set(DATE, date);
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            headers.set(ALLOW, ALLOWED);
        }
        setConnection(request, headers, keepAlive);
        return response;
    }

    /** Asks a client that waits for it to send the body. */
    static FullHttpResponse goOn() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE,
                Unpooled.EMPTY_BUFFER);
    }

    private static void setConnection(HttpRequest request, HttpHeaders headers, boolean keepAlive) {
        if (!keepAlive) {
            headers.set(CONNECTION, CLOSE);
        } else if (!request.protocolVersion().isKeepAliveDefault()) {
            headers.set(CONNECTION, KEEP_ALIVE);
        }
    }
}
