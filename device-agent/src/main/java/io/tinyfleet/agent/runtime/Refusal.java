package io.tinyfleet.agent.runtime;

/** Why a worker refused a request. The ordinal travels in the frame: add at the end only. */
public enum Refusal {
    LOAD_FAILED,
    SELF_TEST_UNREADABLE,
    SELF_TEST_FAILED,
    SELF_TEST_TIMEOUT,
    BAD_INPUT,
    MODEL_ERROR,
    TOO_LARGE,
    NOT_LOADED;

    private static final Refusal[] BY_CODE = values();

    static Refusal fromCode(byte code) throws FrameException {
        if (code < 0 || code >= BY_CODE.length) {
            throw new FrameException("a refusal's code is 0 to " + (BY_CODE.length - 1) + ", got " + code);
        }
        return BY_CODE[code];
    }
}
