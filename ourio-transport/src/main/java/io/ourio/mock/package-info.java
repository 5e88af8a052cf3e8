// SPDX-License-Identifier: Apache-2.0

/**
 * A kernel that does what a test says, for unit tests of programs that use a {@link
 * io.ourio.Ring}: no system calls, no sockets, no sleeping.
 *
 * <pre>{@code
 * Mock mock = new Mock().on(Op.RECV,
 *         Answer.text("PING"),
 *         Answer.error(Errno.ECONNRESET).after(Duration.ofHours(1)));
 * int socket = mock.fd();
 * try (Ring ring = mock.open()) {
 *     Session session = new Session(ring, socket);
 *     ring.run(RunMode.UNTIL_DONE);           // an hour passes in no time
 *     assertEquals("reset by peer", session.end());
 * }                                           // fails if the session has not closed its socket
 * }</pre>
 *
 * <p>{@link io.ourio.mock.Mock} is where to begin, {@link io.ourio.mock.Answer} what a task can be
 * told, {@link io.ourio.mock.Script} code that answers. A ring on a mock keeps the contract of any
 * other: each task completes exactly once, whatever is canceled or closed.
 */
package io.ourio.mock;
