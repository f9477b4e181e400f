package io.tinyfleet.server.rollout.engine;

/** Why a rollout stands where it stands: a stable code, and a sentence for people. */
public record Reason(String code, String sentence) {
    public static final String PERSON = "person";
    public static final String GATE_FAILED = "gate-failed";
    public static final String INSUFFICIENT = "insufficient-evidence";
    public static final String UNREADABLE = "evidence-unreadable";

    public Reason {
        if (code.isBlank() || sentence.isBlank()) {
            throw new IllegalArgumentException("a reason has a code and a sentence");
        }
    }
}
