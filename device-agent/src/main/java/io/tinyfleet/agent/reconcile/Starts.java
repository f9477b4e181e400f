package io.tinyfleet.agent.reconcile;

/**
 * Starts of the active model, counted and stored before each load. A few honest power cuts do not condemn a model, a
 * crash loop does.
 *
 * @param sinceMinute starts without a served minute between them
 * @param inProbation starts in this probation
 * @param millis served since the last start; not stored
 */
public record Starts(int sinceMinute, int inProbation, long millis) {
    public static final Starts NONE = new Starts(0, 0, 0);
    public static final int MAX_SINCE_MINUTE = 4;
    public static final int MAX_IN_PROBATION = 20;
    public static final long MINUTE_MILLIS = 60_000;

    Starts count() {
        return new Starts(sinceMinute + 1, inProbation + 1, 0);
    }

    Starts serve(long more) {
        long served = millis + more;
        return served >= MINUTE_MILLIS
                ? new Starts(0, inProbation, served % MINUTE_MILLIS)
                : new Starts(sinceMinute, inProbation, served);
    }

    /** The model has left its probation; only loops count from now on. */
    Starts confirm() {
        return new Starts(sinceMinute, 0, millis);
    }

    /** Dies again and again. Asked when a worker has ended by itself. */
    boolean crashLoop() {
        return sinceMinute >= MAX_SINCE_MINUTE;
    }

    /** Too many starts already to make one more. A confirmed model is given the benefit of the doubt for longer. */
    boolean exhausted(boolean confirmed) {
        return sinceMinute >= (confirmed ? MAX_IN_PROBATION : MAX_SINCE_MINUTE)
                || (!confirmed && inProbation >= MAX_IN_PROBATION);
    }

    Starts durable() {
        return new Starts(sinceMinute, inProbation, 0);
    }
}
