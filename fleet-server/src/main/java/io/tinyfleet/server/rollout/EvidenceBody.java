package io.tinyfleet.server.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.tinyfleet.server.rollout.engine.Evidence;

/** Evidence as JSON, in the API and in the database. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = EvidenceBody.Count.class, name = "count"),
    @JsonSubTypes.Type(value = EvidenceBody.LikelihoodRatio.class, name = "likelihoodRatio"),
    @JsonSubTypes.Type(value = EvidenceBody.Interval.class, name = "interval")
})
public sealed interface EvidenceBody {
    record Count(int good, int bad, int pending, int needed) implements EvidenceBody {}

    record LikelihoodRatio(double llr, double acceptAt, double rejectAt, int n) implements EvidenceBody {}

    record Interval(double lower, double upper, double limit, int n) implements EvidenceBody {}

    static EvidenceBody of(Evidence evidence) {
        if (evidence instanceof Evidence.LikelihoodRatio ratio) {
            return new LikelihoodRatio(ratio.llr(), ratio.acceptAt(), ratio.rejectAt(), ratio.n());
        }
        if (evidence instanceof Evidence.Interval interval) {
            return new Interval(interval.lower(), interval.upper(), interval.limit(), interval.n());
        }
        Evidence.Count count = (Evidence.Count) evidence;
        return new Count(count.good(), count.bad(), count.pending(), count.needed());
    }

    default Evidence evidence() {
        if (this instanceof LikelihoodRatio ratio) {
            return new Evidence.LikelihoodRatio(ratio.llr(), ratio.acceptAt(), ratio.rejectAt(), ratio.n());
        }
        if (this instanceof Interval interval) {
            return new Evidence.Interval(interval.lower(), interval.upper(), interval.limit(), interval.n());
        }
        Count count = (Count) this;
        return new Evidence.Count(count.good(), count.bad(), count.pending(), count.needed());
    }
}
