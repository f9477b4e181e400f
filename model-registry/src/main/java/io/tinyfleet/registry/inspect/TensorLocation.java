package io.tinyfleet.registry.inspect;

/**
 * Where the values of a stored tensor lie in the file.
 *
 * @param name as the file gives it; neither promised to be unique nor to be there
 * @param elementType in small letters as the format names it, such as {@code int8}, {@code float32} or {@code q4_0}
 * @param offset of the first byte
 * @param length in bytes, at least 1; offset and length lie inside the file
 */
public record TensorLocation(String name, String elementType, long offset, long length) {
    /** Checks the values. */
    public TensorLocation {
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException("no tensor of " + length + " bytes lies at byte " + offset);
        }
    }
}
