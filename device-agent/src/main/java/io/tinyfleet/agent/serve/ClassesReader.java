package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ClassesResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One number for each class; the highest few are the result. */
final class ClassesReader implements ResultReader {

    private final ClassesResult declared;

    ClassesReader(ClassesResult declared) {
        this.declared = declared;
    }

    @Override
    public SlotPipeline.Result read(List<Tensor> answer) throws SlotPipeline.AnswerException {
        double[] values = Numbers.read(
                answer, declared.getOutput(), declared.hasQuantization() ? declared.getQuantization() : null);
        if (declared.getLabelsCount() > 0 && declared.getLabelsCount() != values.length) {
            throw new SlotPipeline.AnswerException(
                    "output-unusable",
                    "the release names " + declared.getLabelsCount() + " classes, the answer has " + values.length);
        }
        if (declared.getSoftmax()) {
            Numbers.softmax(values);
        }
        List<Ranked> ranked = new ArrayList<>(values.length);
        for (int i = 0; i < values.length; i++) {
            ranked.add(new Ranked(i, values[i]));
        }
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        List<Ranked> top = List.copyOf(ranked.subList(0, Math.min(declared.getTop(), ranked.size())));
        double best = ranked.get(0).score();
        return new Classes(best, best > declared.getThreshold(), top, declared.getLabelsList(), values.length);
    }

    /** A class by its place in the output. */
    record Ranked(int index, double score) {}

    /**
     * Classes, the best first; equal ones in the output's order.
     *
     * @param classes how many there are to choose from
     */
    record Classes(double score, boolean over, List<Ranked> top, List<String> labels, int classes)
            implements SlotPipeline.Result {

        @Override
        public void writeTo(StringBuilder json) {
            json.append("{\"over\":").append(over).append(",\"classes\":[");
            for (int i = 0; i < top.size(); i++) {
                Ranked one = top.get(i);
                json.append(i == 0 ? "" : ",").append("{\"index\":").append(one.index());
                if (one.index() < labels.size()) {
                    json.append(",\"label\":").append(Json.quote(labels.get(one.index())));
                }
                json.append(",\"score\":").append(one.score()).append('}');
            }
            json.append("]}");
        }
    }
}
