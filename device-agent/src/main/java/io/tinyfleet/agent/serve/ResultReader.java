package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.util.List;

/** The second half of a pipeline: what an answer means. */
interface ResultReader {

    SlotPipeline.Result read(List<Tensor> answer) throws SlotPipeline.AnswerException;
}
