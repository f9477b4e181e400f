package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.Quantization;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The precision of a variant's weights, as people name it. */
enum Precision {
    FP32("none", 32),
    FP16("none", 16),
    // How the integers were made is not known from the name; the scheme stays open.
    INT8("", 8),
    INT4("", 4);

    private final String scheme;
    private final int bits;

    Precision(String scheme, int bits) {
        this.scheme = scheme;
        this.bits = bits;
    }

    static Optional<Quantization> toQuantization(String word) {
        return Arrays.stream(values())
                .filter(p -> p.word().equals(word))
                .findFirst()
                .map(p -> Quantization.newBuilder()
                        .setScheme(p.scheme)
                        .setBits(p.bits)
                        .build());
    }

    static Optional<String> wordOf(Quantization quantization) {
        return Arrays.stream(values())
                .filter(p -> p.bits == quantization.getBits())
                .findFirst()
                .map(Precision::word);
    }

    static String words() {
        return Arrays.stream(values()).map(Precision::word).collect(Collectors.joining(", "));
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
