package io.tinyfleet.registry.inspect;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** The names of TFLite's built-in operators, by their number in the file. */
final class TfliteOperators {
    /** Says that the operator is named by text and not by number. */
    static final int CUSTOM = 32;

    private static final Map<Integer, String> NAMES = read();

    private TfliteOperators() {}

    static Optional<String> findName(int number) {
        return Optional.ofNullable(NAMES.get(number));
    }

    private static Map<Integer, String> read() {
        try (InputStream in = Objects.requireNonNull(
                        TfliteOperators.class.getResourceAsStream("tflite-operators.txt"),
                        "tflite-operators.txt is missing in the jar");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" ", 2))
                    .collect(Collectors.toUnmodifiableMap(pair -> Integer.valueOf(pair[0]), pair -> pair[1]));
        } catch (IOException e) {
            throw new UncheckedIOException("tflite-operators.txt cannot be read", e);
        }
    }
}
