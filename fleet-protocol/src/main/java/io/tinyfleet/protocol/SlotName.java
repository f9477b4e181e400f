package io.tinyfleet.protocol;

import java.util.regex.Pattern;

/** The name of a place on a device that runs one model: 1 to 32 characters of {@code a-z 0-9 -}, such as {@code vad}. */
public record SlotName(String value) implements Comparable<SlotName> {
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9-]{1,32}");

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException when the value has another shape
     */
    public SlotName {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "slot name must match [a-z0-9-]{1,32}, got \"" + Quoted.shortened(value) + "\"");
        }
    }

    /** Same as the constructor; reads better where a text from outside becomes a name. */
    public static SlotName parse(String text) {
        return new SlotName(text);
    }

    @Override
    public int compareTo(SlotName other) {
        return value.compareTo(other.value);
    }

    /** The plain value. */
    @Override
    public String toString() {
        return value;
    }
}
