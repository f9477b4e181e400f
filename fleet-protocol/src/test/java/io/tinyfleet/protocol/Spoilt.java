package io.tinyfleet.protocol;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** What a bad line or a bad mind makes of good bytes. */
public final class Spoilt {
    private static final int MOST_BYTES = 12;

    private Spoilt() {}

    /** A byte changed, a stretch cut out, bytes put in, or the tail cut off. */
    public static Arbitrary<byte[]> of(byte[] seed) {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, Math.max(0, seed.length - 1)),
                        Arbitraries.integers().between(1, MOST_BYTES),
                        Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(MOST_BYTES))
                .as((kind, at, length, bytes) -> spoilt(seed, kind, at, length, bytes));
    }

    private static byte[] spoilt(byte[] seed, int kind, int at, int length, byte[] bytes) {
        byte[] head = Arrays.copyOf(seed, at);
        byte[] tail = Arrays.copyOfRange(seed, Math.min(seed.length, at + length), seed.length);
        return switch (kind) {
            case 0 -> {
                byte[] changed = seed.length == 0 ? bytes.clone() : seed.clone();
                changed[Math.min(at, changed.length - 1)] ^= bytes[0] == 0 ? 1 : bytes[0];
                yield changed;
            }
            case 1 -> join(head, tail);
            case 2 -> join(join(head, bytes), Arrays.copyOfRange(seed, at, seed.length));
            default -> head;
        };
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
