package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.util.List;

/**
 * What a release declares around its model: input becomes tensors, answers become results. Holds the state of one
 * activation of one model: a new activation takes a new pipeline. Owned by the slot's thread.
 */
interface SlotPipeline {

    /** The next input as tensors, valid until the next call. */
    List<Tensor> next() throws IOException;

    /**
     * What the answer means.
     *
     * @throws AnswerException if it is not what the release says it is, or holds no number
     */
    Result accept(List<Tensor> answer) throws AnswerException;

    /** How much time of recorded input one inference takes; 0 if one follows the other. */
    long frameNanos();

    /**
     * Inputs in a row after which a new pipeline's answers are those of one that has listened all along; 0 if each input
     * stands by itself.
     */
    int memory();

    /** Scores over it are counted in telemetry. */
    double threshold();

    /** What the model said about one input. */
    interface Result {

        /** 0 to 1 for most models; goes into telemetry. */
        double score();

        /** Adds the result as one JSON object. */
        void writeTo(StringBuilder json);
    }

    /** An answer that cannot be used. */
    final class AnswerException extends Exception {

        private static final long serialVersionUID = 1L;

        private final String code;

        /** The code counts the failed inference in telemetry. */
        AnswerException(String code, String sentence) {
            super(sentence);
            this.code = code;
        }

        String code() {
            return code;
        }
    }
}
