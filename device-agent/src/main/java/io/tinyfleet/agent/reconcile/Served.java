package io.tinyfleet.agent.reconcile;

/** Running time and inferences of one artifact. Time counts while the model is loaded and serving. */
public record Served(long millis, long inferences) {
    public static final Served NOTHING = new Served(0, 0);

    public Served {
        if (millis < 0 || inferences < 0) {
            throw new IllegalArgumentException(
                    "running time and inferences only grow, got " + millis + " ms and " + inferences);
        }
    }

    public Served plus(Served more) {
        return new Served(millis + more.millis, inferences + more.inferences);
    }

    public long seconds() {
        return millis / 1000;
    }
}
