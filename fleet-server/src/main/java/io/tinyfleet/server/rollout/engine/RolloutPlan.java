package io.tinyfleet.server.rollout.engine;

import java.time.Duration;
import java.util.List;

/** What a person decided before the rollout began. It does not change afterwards. */
public record RolloutPlan(
        List<WavePlan> waves, PhaseDeadlines deadlines, Sprt install, Responses responses, Duration insufficientAfter) {

    /** A wave advances by itself only when its gates say PASS; these say what happens when they do not. */
    public record Responses(OnFail onFail, OnInsufficient onInsufficient) {
        public static final Responses DEFAULT = new Responses(OnFail.ROLL_BACK, OnInsufficient.PAUSE);
    }

    public enum OnFail {
        ROLL_BACK,
        PAUSE
    }

    public enum OnInsufficient {
        PAUSE,
        ROLL_BACK,
        ADVANCE
    }

    /**
     * One wave.
     *
     * @param maxInFlight devices offered under this wave and not finished, at most
     * @param minDevices devices that must have said HEALTHY or FAILED before the soak begins; never more than the wave has
     */
    public record WavePlan(String name, int maxInFlight, Duration soak, int minDevices) {
        public WavePlan {
            if (maxInFlight < 1) {
                throw new IllegalArgumentException("maxInFlight must be at least 1, got " + maxInFlight);
            }
            if (minDevices < 1) {
                throw new IllegalArgumentException("minDevices must be at least 1, got " + minDevices);
            }
            if (soak.isNegative()) {
                throw new IllegalArgumentException("a soak cannot be negative, got " + soak);
            }
        }
    }

    /**
     * How long a phase may take, on the device's online seconds.
     *
     * @param offer until the device acknowledges an offer; for a device that went offline this runs on the wall
     * @param trial from VERIFIED to PROBATION
     * @param outer wall time from the offer on, online or not
     */
    public record PhaseDeadlines(
            Duration offer, Duration download, Duration trial, Duration probation, Duration outer) {

        Duration of(DeviceStateName phase) {
            return switch (phase) {
                case OFFERED -> offer;
                case DOWNLOADING -> download;
                case VERIFIED, SHADOWING, ACTIVATING -> trial;
                case PROBATION -> probation;
                case PENDING, HEALTHY, FAILED, ROLLED_BACK, REJECTED, TIMED_OUT, IDLE, CANCELLED, SKIPPED ->
                    throw new IllegalArgumentException(phase + " has no deadline");
            };
        }
    }

    public RolloutPlan {
        waves = List.copyOf(waves);
        if (waves.isEmpty()) {
            throw new IllegalArgumentException("a rollout has at least one wave");
        }
    }
}
