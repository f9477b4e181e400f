package io.tinyfleet.agent.serve;

/** How fast recorded input is played. */
public enum Pace {
    /** As the sound would come from a microphone. */
    REALTIME,
    /** One frame after the other. */
    FAST
}
