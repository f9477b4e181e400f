package io.tinyfleet.agent.reconcile;

/** What a slot's model is for: each slot has one that answers, and may have one that shadows it. */
public enum Lane {
    ANSWERS,
    /** Sees the same inputs; its answers are only compared. */
    SHADOWS
}
