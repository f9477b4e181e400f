package io.tinyfleet.registry.selftest;

import org.jspecify.annotations.Nullable;

/** No self-test could be made. */
public final class SelfTestRecordingException extends Exception {
    private static final long serialVersionUID = 1L;

    SelfTestRecordingException(String sentence) {
        this(sentence, null);
    }

    SelfTestRecordingException(String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
    }
}
