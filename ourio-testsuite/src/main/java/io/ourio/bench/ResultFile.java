// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.List;
import java.util.Map;

/**
 * The content of the result file, written as JSON.
 *
 * @param startedAt date and time
 * @param machine where
 * @param arguments of the benchmark
 * @param serverCommands what was started, by transport
 * @param backends what each server said it uses, by transport
 * @param baseline of the ratios
 * @param comparisons the table
 * @param runs every run, those that are not valid too
 */
record ResultFile(String startedAt, Machine machine, List<String> arguments,
        Map<String, List<String>> serverCommands, Map<String, String> backends, String baseline,
        List<Comparison> comparisons, List<Run> runs) {}
