// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server says once it is ready: {@code listening on http://127.0.0.1:8080, transport X,
 * backend Y}.
 *
 * @param address where it listens
 * @param transport the transport it uses
 * @param backend what that transport found in this kernel
 */
record Listening(URI address, String transport, String backend) {
    private static final Pattern LINE = Pattern.compile(
            "listening on (http://[0-9A-Za-z.:\\[\\]]+), transport (\\S+), backend (.+)");

    /** The content of the line, if it is the one. */
    static Optional<Listening> parse(String line) {
        Matcher found = LINE.matcher(line.strip());
        return found.matches()
                ? Optional.of(new Listening(
                        URI.create(found.group(1)), found.group(2), found.group(3)))
                : Optional.empty();
    }
}
