package io.tinyfleet.agent.serve;

/** One number and whether it is over the release's threshold. */
record Score(double score, boolean over) implements SlotPipeline.Result {

    @Override
    public void writeTo(StringBuilder json) {
        json.append("{\"score\":")
                .append(score)
                .append(",\"over\":")
                .append(over)
                .append('}');
    }
}
