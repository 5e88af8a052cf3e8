// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ourio.Context;
import io.ourio.Errno;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RunMode;
import io.ourio.Task;
import io.ourio.mock.Answer;
import io.ourio.mock.Mock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * How a program that uses a {@link Ring} tests itself without files, sockets or waiting: the tests
 * say what the kernel does, also what it hardly ever does.
 */
class MockedUploadTest {
    /** The program: sends a file to a socket, piece by piece, and closes both at the end. */
    private static final class Upload {
        private static final Duration STALLED = Duration.ofSeconds(30);

        private final Ring ring;
        private final int file;
        private final int socket;
        private final MemorySegment buffer = Arena.ofAuto().allocate(4);
        private long done;
        private int pending;
        private int sent;
        private String outcome;

        Upload(Ring ring, int file, int socket) {
            this.ring = ring;
            this.file = file;
            this.socket = socket;
        }

        void next() {
            ring.read(file, buffer, done, new Context(this, 0, (_, task) -> read(task)));
        }

        private void read(Task task) {
            if (task.result() <= 0) {
                end(task.result() == 0 ? done + " bytes uploaded" : failed("read", task));
                return;
            }
            pending = task.result();
            sent = 0;
            send();
        }

        private void send() {
            Task send = ring.send(socket, buffer.asSlice(sent, pending - sent), 0,
                    new Context(this, 0, (_, task) -> sent(task)));
            ring.timer(STALLED, new Context(this, 0, (_, _) -> {
                if (!send.isFree()) {
                    send.cancel(Context.NONE);
                }
            }));
        }

        private void sent(Task task) {
            if (task.result() < 0) {
                end(failed("send", task));
                return;
            }
            sent += task.result();
            done += task.result();
            if (sent < pending) {
                send();
            } else {
                next();
            }
        }

        private String failed(String what, Task task) {
            return what + " failed after " + done + " bytes: " + Errno.describe(-task.result());
        }

        private void end(String how) {
            outcome = how;
            ring.close(file, Context.NONE);
            ring.close(socket, Context.NONE);
        }
    }

    private final Mock mock = new Mock();
    private final StringBuilder received = new StringBuilder();

    /** Takes up to three bytes of each send, as a socket may. */
    private Answer takeThree(Task task) {
        String data = new String(Mock.data(task));
        String taken = data.substring(0, Math.min(3, data.length()));
        received.append(taken);
        return Answer.result(taken.length());
    }

    private String upload() {
        try (Ring ring = mock.open()) { // Its close fails if the upload leaves a descriptor open.
            Upload upload = new Upload(ring, mock.fd(), mock.fd());
            upload.next();
            ring.run(RunMode.UNTIL_DONE);
            return upload.outcome;
        }
    }

    @Test
    void wholeFileIsUploaded() {
        mock.on(Op.READ, Answer.text("hell"), Answer.text("o"), Answer.ok())
                .always(Op.SEND, this::takeThree);
        assertEquals("5 bytes uploaded", upload());
        assertEquals("hello", received.toString());
    }

    @Test
    void brokenDiskIsReported() {
        mock.on(Op.READ, Answer.text("hell"), Answer.error(Errno.EIO))
                .always(Op.SEND, this::takeThree);
        assertEquals("read failed after 4 bytes: EIO (5): input/output error", upload());
    }

    @Test
    void peerThatResetsIsReported() {
        mock.on(Op.READ, Answer.text("hell"))
                .on(Op.SEND, Answer.result(1), Answer.error(Errno.ECONNRESET));
        assertTrue(upload().startsWith("send failed after 1 bytes: ECONNRESET (104)"));
    }

    @Test
    void peerThatTakesNothingIsGivenUpAfterThirtySeconds() {
        mock.on(Op.READ, Answer.text("hell")).on(Op.SEND, Answer.never());
        assertEquals("send failed after 0 bytes: ECANCELED (125): canceled", upload());
        assertEquals(Duration.ofSeconds(30).toNanos(), mock.nanoTime());
    }
}
