// SPDX-License-Identifier: Apache-2.0
package io.ourio.netty;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.PagePipe;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PagePipesTest {
    private final PagePipes pipes = new PagePipes(true);

    @AfterEach
    void close() {
        pipes.close();
    }

    private static boolean isOpen(PagePipe pipe) {
        return pipe.entrance().isOpen();
    }

    @Test
    void emptyPipeIsUsedAgain() {
        PagePipe pipe = pipes.take();
        PagePipe second = pipes.take();
        assertNotSame(pipe, second);
        second.close();
        pipes.release(pipe, true);
        assertSame(pipe, pipes.take());
        assertTrue(isOpen(pipe));
        pipe.close();
    }

    @Test
    void pipeThatHoldsPagesIsClosed() {
        PagePipe pipe = pipes.take();
        pipes.release(pipe, false);
        assertFalse(isOpen(pipe));
    }

    @Test
    void fewAreKeptAndNoneOnceTheLoopHasEnded() {
        List<PagePipe> many = Stream.generate(pipes::take).limit(10).toList();
        many.forEach(pipe -> pipes.release(pipe, true));
        long open = many.stream().filter(PagePipesTest::isOpen).count();
        assertTrue(open > 0 && open < many.size(), () -> open + " are kept");
        PagePipe taken = pipes.take();
        pipes.close();
        assertSame(taken, many.stream().filter(PagePipesTest::isOpen).findFirst().orElseThrow());
        pipes.release(taken, true);
        assertFalse(isOpen(taken));
    }

    @Test
    void thereAreNoneWhereTheSystemCannot() {
        assertNull(new PagePipes(false).take());
    }
}
