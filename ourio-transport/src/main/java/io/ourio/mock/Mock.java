// SPDX-License-Identifier: Apache-2.0
package io.ourio.mock;

import io.ourio.BackendKind;
import io.ourio.BackendUnavailableException;
import io.ourio.Capabilities;
import io.ourio.Op;
import io.ourio.Ring;
import io.ourio.RingOptions;
import io.ourio.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A kernel that does what a test says: rings without a system behind them, for the unit tests of
 * programs that use a {@link Ring}.
 *
 * <pre>{@code
 * Mock mock = new Mock()
 *         .on(Op.READ, Answer.text("hel"), Answer.error(Errno.EIO))  // the first, the second
 *         .always(Op.WRITE, Answer.all());                           // every one
 * int file = mock.fd();
 * try (Ring ring = mock.open()) {
 *     new Uploader(ring, file).start();      // the code under test
 *     ring.run(RunMode.UNTIL_DONE);
 * }
 * }</pre>
 *
 * <p><b>Answers.</b> A task that reaches the kernel is answered by the first of these that has an
 * answer: the queue of its operation ({@link #on}), the operation's script ({@link #always}), the
 * script for the rest ({@link #otherwise}). A {@code noop} and a {@code close} need none; timers
 * and cancels are never asked about. Any other task completes with {@code -ENOSYS}, and the turn of
 * the ring ends with a {@link ScriptError} that names it.
 *
 * <p><b>Order.</b> Completions come in the order in which their tasks reached the kernel, or their
 * time came ({@link Answer#after}, {@link Answer#afterTurns}).
 *
 * <p><b>Descriptors.</b> What accept, socket and open tasks and {@link #fd()} give out must be
 * closed, by a task, when the mock's last ring is: else its close ends with a {@link ScriptError}.
 * So does closing what is not open, and using what was closed.
 *
 * <p><b>Time</b> is virtual. It stands still while the program works. Where a ring would sleep, it
 * jumps to the next timer, deadline, answer or end of the wait; {@link #advance} moves it by hand.
 * A ring that would sleep for ever has lost something: that is a {@link ScriptError} too, unless
 * other threads are given time to wake it up ({@link #patience}).
 *
 * <p>Several rings may share a mock. Any thread may call it; a ring keeps to its own thread.
 */
public final class Mock {
    /** What rings use that are opened by name, with {@link BackendKind#MOCK}. */
    private static volatile Mock installed;

    final Scripts scripts = new Scripts();
    final Descriptors descriptors = new Descriptors();
    final MockClock clock = new MockClock();
    final Faults faults = new Faults();

    /** How many backends are open. The last one to close looks for descriptors that were lost. */
    final AtomicInteger open = new AtomicInteger();

    volatile boolean systemDescriptors;
    volatile Duration patience = Duration.ZERO;
    /** Without pipes of pages: what went through them no script would see. */
    volatile Capabilities capabilities = new Capabilities(
            true, true, true, true, false, true);

    /** A mock with no script: all but noop, close, timer and cancel is an error. */
    public Mock() {}

    /** A ring on this mock. */
    public Ring open() {
        return open(RingOptions.defaults());
    }

    /** The same with other options; their backend does not matter. */
    public Ring open(RingOptions options) {
        return MockBackend.open(this, options);
    }

    /**
     * Makes this the mock of rings that the program opens itself, by name: with {@link
     * BackendKind#MOCK} in its options or in the property {@code io.ourio.backend}. It stays until
     * another is installed, or {@link #uninstall()}.
     */
    public void install() {
        installed = this;
    }

    /** Ends what {@link #install} began, if this is the mock in use. */
    public void uninstall() {
        if (installed == this) {
            installed = null;
        }
    }

    static Mock installed() {
        Mock mock = installed;
        if (mock == null) {
            throw new BackendUnavailableException("the backend " + BackendKind.MOCK.id()
                    + " cannot run here: no script says what it does; open the ring by Mock.open,"
                    + " or install a Mock first", null);
        }
        return mock;
    }

    /**
     * Answers for the next tasks of an operation, one each, in the order in which these reach the
     * kernel; behind those said before.
     *
     * @throws IllegalArgumentException for a timer or a cancel, which need no answer
     */
    public Mock on(Op op, Answer... answers) {
        scripts.queue(checkScripted(op), List.of(answers));
        return this;
    }

    /** The same answer for every task of an operation that {@link #on} has none for. */
    public Mock always(Op op, Answer answer) {
        Objects.requireNonNull(answer, "answer");
        return always(op, _ -> answer);
    }

    /** The script for every task of an operation that {@link #on} has no answer for. */
    public Mock always(Op op, Script script) {
        scripts.always(checkScripted(op), Objects.requireNonNull(script, "script"));
        return this;
    }

    /** The script for every task that nothing else has an answer for. */
    public Mock otherwise(Script script) {
        scripts.otherwise(Objects.requireNonNull(script, "script"));
        return this;
    }

    private static Op checkScripted(Op op) {
        return switch (op) {
            case TIMER -> throw new IllegalArgumentException(
                    "a timer needs no answer: the clock of the mock ends it");
            case CANCEL -> throw new IllegalArgumentException("a cancel needs no answer: what"
                    + " becomes of its task does, see Answer.never and Answer.despiteCancel");
            case MSG_RING, USER_FD, USER_MSG, USER_PTR, USER_BYTES ->
                    throw new IllegalArgumentException(
                            "a message needs no answer: no kernel carries it");
            default -> op;
        };
    }

    /** How many answers that {@link #on} gave for an operation no task has asked for yet. */
    public int unused(Op op) {
        return scripts.queued(op);
    }

    /** A file descriptor that is open from now on, as if the program had opened it before. */
    public int fd() {
        return descriptors.open("opened by the test");
    }

    /** Gives a file descriptor away: somebody else closes it, or a plain call has. */
    public void disown(int fd) {
        if (!descriptors.close(fd)) {
            throw new IllegalArgumentException("fd " + fd + " is not open");
        }
    }

    /** Whether a file descriptor was given out and not closed. */
    public boolean isOpen(int fd) {
        return descriptors.isOpen(fd);
    }

    /** What the wall clock shows, for deadlines. It starts with the system's time. */
    public Instant now() {
        return clock.now();
    }

    /** What the monotonic clock shows, in nanoseconds; it starts at 0. */
    public long nanoTime() {
        return clock.nanoTime();
    }

    /**
     * Lets time pass, on both clocks. What is due then ends with the next turns of the rings.
     *
     * @throws IllegalArgumentException if {@code time} is negative
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time " + time + " is negative");
        }
        clock.advance(time.toNanos());
    }

    /** Sets the wall clock, and not the monotonic one: deadlines follow it, timers do not. */
    public void setWallClock(Instant instant) {
        clock.set(instant);
    }

    /**
     * How long, in real time, a ring with nothing else to wait for lets other threads wake it up
     * before that is a {@link ScriptError}. Zero unless it is said.
     */
    public Mock patience(Duration time) {
        patience = Objects.requireNonNull(time, "time");
        return this;
    }

    /** What the rings can do; all, unless this is called for the test of a lesser kernel. */
    public Mock capabilities(Capabilities value) {
        capabilities = Objects.requireNonNull(value, "value");
        return this;
    }

    /** Takes the system's clocks in place of the virtual ones: rings really sleep. */
    public Mock systemClock() {
        clock.useSystem();
        return this;
    }

    /**
     * The descriptors in answers are real ones of the system: the mock keeps no account of them,
     * and closes for good those that came to a task after it was canceled.
     */
    public Mock systemDescriptors() {
        systemDescriptors = true;
        return this;
    }

    /**
     * The bytes that a task sends or writes, all pieces together, as they are now. To be called by
     * a {@link Script}, for its task: later the memory may be gone.
     */
    public static byte[] data(Task task) {
        return TaskMemory.read(task);
    }
}
