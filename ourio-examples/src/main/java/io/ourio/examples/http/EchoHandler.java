// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * One connection: answers its requests in the order in which they came.
 *
 * <p>Answers are written where requests are read, so the order needs no queue. What is written is
 * flushed once for everything that one read brought. While the client does not take its answers
 * nothing more is read from it: that bounds the memory of a connection whatever the size of a body.
 *
 * <p>The connection's event loop makes every call.
 */
final class EchoHandler extends ChannelInboundHandlerAdapter {
    /** Asks a connection to finish the request in progress and to end. */
    static final Object STOP = new Object() {
        @Override
        public String toString() {
            return "STOP";
        }
    };

    private static final InternalLogger LOG =
            InternalLoggerFactory.getInstance(EchoHandler.class);
    private static final int LINGER_SECONDS = 1;

    private enum Stage {
        /** The next message is the head of a request. */
        HEAD,
        /** The parts of the body are written back. */
        ECHO,
        /** The request is answered; the rest of its body is of no interest. */
        SKIP,
        /** The last answer is written; what still comes is dropped. */
        LAST
    }

    private final EchoServer server;
    private Stage stage = Stage.HEAD;
    private boolean keepAlive;
    private HttpRequest echoed; // its answer is not begun
    private boolean inputEnded;
    private ScheduledFuture<?> linger;

    EchoHandler(EchoServer server) {
        this.server = server;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        server.track(ctx.channel());
        if (server.isStopping()) {
            stop(ctx);
        }
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (stage) {
            case HEAD -> begin(ctx, (HttpRequest) message);
            case ECHO -> echo(ctx, (HttpContent) message);
            case SKIP -> skip(ctx, (HttpContent) message);
            case LAST -> ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    /** Back-pressure. The dropping after the last answer costs no memory and goes on. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(ctx.channel().isWritable() || stage == Stage.LAST);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent
                || event instanceof SslCloseCompletionEvent) {
            endInput(ctx);
        } else if (event == STOP) {
            stop(ctx);
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (linger != null) {
            linger.cancel(false);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // Clients that reset a connection or do not trust the certificate are no fault of ours.
        if (cause instanceof IOException || cause.getCause() instanceof IOException) {
            LOG.debug("{}: {}", ctx.channel(), cause.toString());
        } else {
            LOG.warn("{}: closed because of an exception", ctx.channel(), cause);
        }
        ctx.close();
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        HttpResponseStatus broken = Refusal.ofBroken(request);
        if (broken != null) {
            write(ctx, server.answers().refusal(request, broken, false));
            ReferenceCountUtil.release(request);
            end(ctx);
            return;
        }
        keepAlive = HttpUtil.isKeepAlive(request) && !server.isStopping();
        HttpResponseStatus unserved = Refusal.ofUnserved(request);
        if (unserved == null && request.method().equals(HttpMethod.POST)) {
            beginEcho(ctx, request);
        } else {
            answer(ctx, request, unserved);
        }
    }

    private void answer(ChannelHandlerContext ctx, HttpRequest request, HttpResponseStatus why) {
        // A client that gets this instead of "100 Continue" may or may not send its body.
        boolean bodyInDoubt = HttpUtil.is100ContinueExpected(request);
        keepAlive &= !bodyInDoubt;
        write(ctx, why == null ? server.answers().greeting(request, keepAlive)
                : server.answers().refusal(request, why, keepAlive));
        stage = Stage.SKIP;
        if (bodyInDoubt) {
            end(ctx);
        }
    }

    private void beginEcho(ChannelHandlerContext ctx, HttpRequest request) {
        if (HttpUtil.is100ContinueExpected(request)) {
            ctx.writeAndFlush(Answers.goOn(), ctx.voidPromise());
        }
        echoed = request;
        stage = Stage.ECHO;
    }

    private void echo(ChannelHandlerContext ctx, HttpContent part) {
        if (part.decoderResult().isFailure()) {
            part.release();
            breakOff(ctx);
            return;
        }
        if (echoed != null) {
            // As late as this, so that a body broken from its first byte on still gets a 400.
            write(ctx, server.answers().echo(echoed, keepAlive));
            echoed = null;
        }
        write(ctx, part);
        if (part instanceof LastHttpContent) {
            endRequest(ctx);
        }
    }

    private void skip(ChannelHandlerContext ctx, HttpContent part) {
        part.release();
        if (part.decoderResult().isFailure()) {
            end(ctx);
        } else if (part instanceof LastHttpContent) {
            endRequest(ctx);
        }
    }

    private void endRequest(ChannelHandlerContext ctx) {
        stage = Stage.HEAD;
        if (!keepAlive) {
            end(ctx);
        }
    }

    /** The body cannot be understood any further. */
    private void breakOff(ChannelHandlerContext ctx) {
        if (echoed == null) {
            // An end without the end of the body tells the client that the answer is not whole.
            end(ctx);
            return;
        }
        write(ctx, server.answers().refusal(echoed, HttpResponseStatus.BAD_REQUEST, false));
        end(ctx);
    }

    private void stop(ChannelHandlerContext ctx) {
        keepAlive = false;
        if (stage == Stage.HEAD) {
            end(ctx);
        }
    }

    private void endInput(ChannelHandlerContext ctx) {
        inputEnded = true;
        if (linger != null) {
            ctx.close();
        } else if (stage != Stage.LAST) {
            // Nothing more can be asked; what was asked before is still answered.
            end(ctx);
        }
    }

    /** Ends the connection once everything written so far is on its way. */
    private void end(ChannelHandlerContext ctx) {
        stage = Stage.LAST;
        echoed = null;
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> endOutput(ctx));
    }

    /**
     * Closing a socket that has unread input resets the connection, and the reset can overtake the
     * answer. So only the output ends here; the client, which sees that, ends the rest.
     */
    private void endOutput(ChannelHandlerContext ctx) {
        if (inputEnded || !ctx.channel().isActive()) {
            ctx.close();
            return;
        }
        ctx.channel().config().setAutoRead(true);
        linger = ctx.executor().schedule(() -> ctx.close(), LINGER_SECONDS, TimeUnit.SECONDS);
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        ChannelFuture ended = tls == null ? ctx.newSucceededFuture() : tls.closeOutbound();
        ended.addListener(_ -> ((DuplexChannel) ctx.channel()).shutdownOutput());
    }

    /** A write that fails arrives at {@link #exceptionCaught}; it needs no promise of its own. */
    private static void write(ChannelHandlerContext ctx, Object message) {
        ctx.write(message, ctx.voidPromise());
    }
}
