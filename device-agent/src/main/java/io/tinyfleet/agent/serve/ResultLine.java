package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.protocol.SlotName;

/** A result as sinks get it: one line of JSON that says who answered. */
final class ResultLine {

    private ResultLine() {}

    /** @param sequence grows by one with each result of a slot, from 1 at the start of the agent */
    static String of(SlotName slot, String source, long sequence, Installed installed, SlotPipeline.Result result) {
        StringBuilder json = new StringBuilder(160)
                .append("{\"slot\":")
                .append(Json.quote(slot.value()))
                .append(",\"source\":")
                .append(Json.quote(source))
                .append(",\"sequence\":")
                .append(sequence)
                .append(",\"model\":")
                .append(Json.quote(installed.model()))
                .append(",\"version\":")
                .append(Json.quote(installed.version()))
                .append(",\"result\":");
        result.writeTo(json);
        return json.append('}').toString();
    }
}
