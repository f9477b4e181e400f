package io.tinyfleet.protocol;

import java.util.regex.Pattern;

/**
 * The name of a device, chosen at enrolment: 1 to 64 characters of {@code A-Z a-z 0-9 _ -}. It is one MQTT topic level
 * and one path segment, so neither wildcards nor separators can be in it.
 */
public record DeviceId(String value) implements Comparable<DeviceId> {
    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException when the value has another shape
     */
    public DeviceId {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "device id must match [A-Za-z0-9_-]{1,64}, got \"" + Quoted.shortened(value) + "\"");
        }
    }

    /** Same as the constructor; reads better where a text from outside becomes an id. */
    public static DeviceId parse(String text) {
        return new DeviceId(text);
    }

    @Override
    public int compareTo(DeviceId other) {
        return value.compareTo(other.value);
    }

    /** The plain value. */
    @Override
    public String toString() {
        return value;
    }
}
