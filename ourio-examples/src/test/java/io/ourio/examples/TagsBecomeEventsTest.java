// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TagsBecomeEventsTest {
    @TempDir
    Path directory;

    private static List<String> play(Path file) {
        List<String> told = new CopyOnWriteArrayList<>();
        TagsBecomeEvents.play(file.toString(), told::add);
        return told;
    }

    @Test
    void fileIsReadByAChannel() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "0123456789 0123456789");
        assertEquals(List.of("it begins with: 0123456789 01234567"), play(file));
        assertEquals(List.of("it begins with: "), play(Files.createFile(
                directory.resolve("empty"))));
    }

    @Test
    void failureIsTold() {
        assertEquals(List.of("open: ENOENT (2): no such file, entry or task"),
                play(directory.resolve("none")));
        assertEquals(List.of("read: EISDIR (21): is a directory"), play(directory));
    }
}
