package io.tinyfleet.server.rollout;

/** What a rollout must be judged by cannot be read: it is paused. */
class EvidenceUnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EvidenceUnreadableException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
