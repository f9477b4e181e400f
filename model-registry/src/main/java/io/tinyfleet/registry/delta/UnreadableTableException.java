package io.tinyfleet.registry.delta;

/** A file whose tensors cannot be listed. Its deltas are then made without names. */
final class UnreadableTableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableTableException(String sentence) {
        super(sentence);
    }
}
