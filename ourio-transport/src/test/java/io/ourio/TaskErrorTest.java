// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TaskErrorTest {
    @ParameterizedTest
    @CsvSource({
        "STAT, 2, FILE_NOT_FOUND", "CANCEL, 2, ENTRY_NOT_FOUND", "CANCEL, 114, NOT_CANCELED",
        "CONNECT, 114, UNEXPECTED", "RECV, 125, CANCELED", "RECV, 104, CONNECTION_RESET",
        "OPEN, 13, ACCESS_DENIED", "OPEN, 1, ACCESS_DENIED", "OPEN, 20, NOT_A_DIRECTORY",
        "OPEN, 21, IS_A_DIRECTORY", "SPLICE, 22, INVALID", "FALLOCATE, 95, NOT_SUPPORTED",
        "WRITE, 28, NO_SPACE", "WRITE, 122, NO_SPACE", "WRITE, 4095, UNEXPECTED"})
    void errnoOfAnOperationMeansOneError(Op op, int errno, TaskError error) {
        assertEquals(error, TaskError.of(op, errno));
    }

    @ParameterizedTest
    @EnumSource
    void everyErrorIsMeantBySomeErrno(TaskError error) {
        EnumSet<TaskError> meant = EnumSet.noneOf(TaskError.class);
        for (int errno = 1; errno < 134; errno++) {
            meant.add(TaskError.of(Op.CANCEL, errno));
            meant.add(TaskError.of(Op.OPEN, errno));
        }
        assertEquals(true, meant.contains(error));
    }

    @Test
    void taskWithoutAFailureHasNoError() {
        Task task = Tasks.free();
        assertNull(task.error());
        assertEquals(0, task.errno());
        task.prepare(Op.RECV, 0, 0, 0, 0, 0, null);
        task.result(Integer.MAX_VALUE, false);
        assertNull(task.error());
        task.result(-Errno.ECONNRESET, false);
        assertEquals(TaskError.CONNECTION_RESET, task.error());
        assertEquals(Errno.ECONNRESET, task.errno());
        assertNotEquals(TaskError.of(Op.RECV, Errno.EPIPE), task.error());
    }
}
