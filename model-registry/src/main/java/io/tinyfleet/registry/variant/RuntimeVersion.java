package io.tinyfleet.registry.variant;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version made of numbers: {@code 1.23.2}. What follows them, such as {@code -rc1} or {@code +cuda}, is left out. */
record RuntimeVersion(List<Integer> numbers) implements Comparable<RuntimeVersion> {
    private static final Pattern SHAPE = Pattern.compile("[vV]?(\\d{1,6}(?:\\.\\d{1,6}){0,4})(?:[-+~ ].*)?");

    static Optional<RuntimeVersion> find(String text) {
        Matcher matcher = SHAPE.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        List<Integer> numbers = new ArrayList<>();
        Arrays.stream(matcher.group(1).split("\\.", -1)).map(Integer::valueOf).forEach(numbers::add);
        // 1.23 and 1.23.0 are one version.
        while (numbers.size() > 1 && numbers.get(numbers.size() - 1) == 0) {
            numbers.remove(numbers.size() - 1);
        }
        return Optional.of(new RuntimeVersion(List.copyOf(numbers)));
    }

    @Override
    public int compareTo(RuntimeVersion other) {
        int shared = Math.min(numbers.size(), other.numbers.size());
        for (int i = 0; i < shared; i++) {
            int order = Integer.compare(numbers.get(i), other.numbers.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(numbers.size(), other.numbers.size());
    }
}
