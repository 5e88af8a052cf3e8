// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time as wrk takes it, in whole seconds or minutes: {@code 8s}, {@code 2m}. */
final class Seconds implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,5})([sm])");

    @Override
    public Duration convert(String value) {
        Matcher time = TIME.matcher(value);
        if (!time.matches()) {
            throw new TypeConversionException("'" + value
                    + "' is not a whole number of seconds or minutes, such as 8s or 2m");
        }
        long count = Long.parseLong(time.group(1));
        return time.group(2).equals("s") ? Duration.ofSeconds(count) : Duration.ofMinutes(count);
    }
}
