// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Iterator;

/** The rules by which a request is turned down. */
final class Refusal {
    private Refusal() {
    }

    /** {@return the status for a request after which the connection cannot go on, or null} */
    static HttpResponseStatus ofBroken(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return ofUnreadable(request.decoderResult().cause());
        }
        if (request.protocolVersion().majorVersion() != 1) {
            return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
        }
        HttpHeaders headers = request.headers();
        if (request.protocolVersion().equals(HttpVersion.HTTP_1_1) && !hasOneHost(headers)) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        // With any other coding nobody can tell where the body ends.
        String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
        if (coding != null && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
            return HttpResponseStatus.NOT_IMPLEMENTED;
        }
        String expected = headers.get(HttpHeaderNames.EXPECT);
        if (expected != null && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expected)) {
            return HttpResponseStatus.EXPECTATION_FAILED;
        }
        return null;
    }

    /** {@return the status for a well-formed request that nothing here serves, or null} */
    static HttpResponseStatus ofUnserved(HttpRequest request) {
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.POST)) {
            return null;
        }
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return HttpResponseStatus.METHOD_NOT_ALLOWED;
        }
        String uri = request.uri();
        return uri.equals("/") || uri.startsWith("/?") ? null : HttpResponseStatus.NOT_FOUND;
    }

    private static HttpResponseStatus ofUnreadable(Throwable cause) {
        return switch (cause) {
            case TooLongHttpHeaderException _ -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            case TooLongHttpLineException _ -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
    }

    private static boolean hasOneHost(HttpHeaders headers) {
        Iterator<String> hosts = headers.valueStringIterator(HttpHeaderNames.HOST);
        if (!hosts.hasNext()) {
            return false;
        }
        hosts.next();
        return !hosts.hasNext();
    }
}
