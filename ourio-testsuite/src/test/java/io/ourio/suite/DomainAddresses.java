// SPDX-License-Identifier: Apache-2.0
package io.ourio.suite;

import io.netty.channel.unix.DomainSocketAddress;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Addresses of Unix domain sockets that nobody else has. */
final class DomainAddresses {
    private static final Path DIRECTORY = directory();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private DomainAddresses() {
    }

    /** A path in a directory that is deleted when the JVM ends, with what tests left there. */
    static DomainSocketAddress path() {
        File file = DIRECTORY.resolve("s" + COUNT.incrementAndGet()).toFile();
        file.deleteOnExit();
        return new DomainSocketAddress(file);
    }

    /** A name that needs no file. */
    static DomainSocketAddress abstractName() {
        return new DomainSocketAddress("\0" + DIRECTORY + COUNT.incrementAndGet());
    }

    private static Path directory() {
        try {
            Path made = Files.createTempDirectory("uds");
            made.toFile().deleteOnExit();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
