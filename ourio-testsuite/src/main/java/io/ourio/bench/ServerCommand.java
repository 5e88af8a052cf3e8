// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a server is started: the same for every transport save the transport's name.
 *
 * @param processors as {@code taskset -c} takes them
 * @param javaOptions further ones of the server's JVM
 * @param classPath of the server's JVM
 * @param mainClass takes {@code --transport}, {@code --port} and {@code --threads}; not that of
 *     {@link BareServer} and {@link BareProxy}
 * @param threads event loops
 * @param arguments further ones of the main class
 * @param recordings folder for a flight recording of each server, or null for none
 */
record ServerCommand(String processors, List<String> javaOptions, String classPath,
        String mainClass, int threads, List<String> arguments, Path recordings) {

    private static final List<String> JAVA_OPTIONS =
            List.of("-Xmx1g", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED");

    /** The transport of a name, which may go on with a plus and a way to accept. */
    static String transport(String name) {
        return name.replaceFirst("\\+.*", "");
    }

    /** The one without Netty. */
    private String bare() {
        return (arguments.contains("--target") ? BareProxy.class : BareServer.class).getName();
    }

    List<String> of(String name) {
        List<String> command = new ArrayList<>();
        // taskset becomes the JVM by exec, so the process id is the JVM's.
        command.addAll(List.of(Tool.TASKSET.command(), "-c", processors,
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JAVA_OPTIONS);
        command.addAll(javaOptions);
        if (recordings != null) {
            command.add("-XX:StartFlightRecording=settings=profile,dumponexit=true,filename="
                    + recordings.resolve(name + ".jfr"));
        }
        command.addAll(List.of("-cp", classPath,
                BareRing.isNamed(name) ? bare() : mainClass,
                "--transport", transport(name), "--port", "0", "--threads", "" + threads));
        command.addAll(arguments);
        if (name.contains("+")) {
            command.addAll(List.of("--accept", name.substring(name.indexOf('+') + 1)));
        }
        return command;
    }
}
