// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolTest {
    @Test
    void missingProgramIsNamedWithTheCommandThatInstallsIt(@TempDir Path empty) {
        BenchmarkException refusal = assertThrows(BenchmarkException.class,
                () -> Tool.WRK.require(empty.toString()));
        assertTrue(refusal.getMessage().endsWith("apt-get install wrk"), refusal.getMessage());
        assertEquals(2, refusal.exitCode());
    }

    @Test
    void programInAnyFolderOfThePathIsFound(@TempDir Path folder) throws IOException {
        Path program = Files.createFile(folder.resolve("wrk"));
        String path = "/nowhere" + File.pathSeparator + folder;
        assertThrows(BenchmarkException.class, () -> Tool.WRK.require(path));
        assertTrue(program.toFile().setExecutable(true));
        Tool.WRK.require(path);
    }
}
