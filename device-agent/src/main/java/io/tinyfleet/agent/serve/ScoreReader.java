package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ScoreResult;
import java.util.List;

/** One number and whether it is over the threshold. */
final class ScoreReader implements ResultReader {

    private final ScoreResult declared;

    ScoreReader(ScoreResult declared) {
        this.declared = declared;
    }

    @Override
    public SlotPipeline.Result read(List<Tensor> answer) throws SlotPipeline.AnswerException {
        double value = Numbers.read(
                answer, declared.getOutput(), declared.hasQuantization() ? declared.getQuantization() : null)[0];
        double score = declared.getSigmoid() ? Numbers.sigmoid(value) : value;
        return new Score(score, score > declared.getThreshold());
    }
}
