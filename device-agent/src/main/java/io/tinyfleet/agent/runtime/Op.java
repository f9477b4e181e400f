package io.tinyfleet.agent.runtime;

/** The code of a frame: what is asked for, or how it was answered. */
public enum Op {
    OK(0),
    /** Payload: code and sentence. The worker goes on. */
    REFUSED(1),
    /** First frame of a worker. Payload: protocol version. */
    READY(2),
    /** Payload: format, path. Answer: nanoseconds, inputs, outputs. */
    LOAD(3),
    /** Payload: path, tolerances. Answer: median nanoseconds of a call. */
    SELFTEST(4),
    /** Payload and answer: tensors. */
    INFER(5),
    /** Answer: inferences so far. Serves as heartbeat. */
    STATS(6),
    /** Answer, then end. */
    STOP(7);

    private static final Op[] BY_CODE = values();

    private final byte code;

    Op(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    static Op fromCode(byte code) throws FrameException {
        if (code < 0 || code >= BY_CODE.length) {
            throw new FrameException("a frame's code is 0 to " + (BY_CODE.length - 1) + ", got " + code);
        }
        return BY_CODE[code];
    }
}
