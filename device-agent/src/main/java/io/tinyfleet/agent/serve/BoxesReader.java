package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.BoxMerge;
import io.tinyfleet.protocol.v1.BoxOrder;
import io.tinyfleet.protocol.v1.BoxesResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Boxes relative to anchors, found in a picture that was placed into a tensor. */
final class BoxesReader implements ResultReader {

    private static final int BOX_NUMBERS = 4;

    private final BoxesResult declared;
    private final ImageFeeder feeder;
    private final List<SsdAnchorGrid.Anchor> anchors;

    BoxesReader(BoxesResult declared, ImageFeeder feeder) {
        this.declared = declared;
        this.feeder = feeder;
        this.anchors = SsdAnchorGrid.of(declared.getAnchors());
    }

    @Override
    public SlotPipeline.Result read(List<Tensor> answer) throws SlotPipeline.AnswerException {
        double[] numbers = Numbers.read(answer, declared.getBoxesOutput(), null);
        double[] scores = Numbers.read(answer, declared.getScoresOutput(), null);
        int each = BOX_NUMBERS + 2 * declared.getKeypoints();
        int classes = scores.length / anchors.size();
        if (numbers.length != anchors.size() * each || classes < 1 || scores.length != anchors.size() * classes) {
            throw new SlotPipeline.AnswerException(
                    "output-unusable",
                    anchors.size() + " anchors take " + anchors.size() * each
                            + " numbers and a score for each class, got " + numbers.length + " and " + scores.length);
        }
        List<Box> found = new ArrayList<>();
        for (int anchor = 0; anchor < anchors.size(); anchor++) {
            int label = 0;
            for (int c = 1; c < classes; c++) {
                label = scores[anchor * classes + c] > scores[anchor * classes + label] ? c : label;
            }
            double score = probability(scores[anchor * classes + label]);
            if (score >= declared.getThreshold()) {
                found.add(box(score, label, anchors.get(anchor), numbers, anchor * each));
            }
        }
        List<Box> boxes = Box.merge(
                found, declared.getOverlap(), declared.getMerge() == BoxMerge.WEIGHTED, declared.getMaxBoxes());
        return new Boxes(boxes.isEmpty() ? 0 : boxes.get(0).score(), boxes, declared.getLabelsList());
    }

    private double probability(double number) {
        if (!declared.getSigmoid()) {
            return number;
        }
        double clip = declared.getScoreClip();
        return Numbers.sigmoid(clip > 0 ? Math.max(-clip, Math.min(clip, number)) : number);
    }

    private Box box(double score, int label, SsdAnchorGrid.Anchor anchor, double[] numbers, int from) {
        boolean yFirst = declared.getOrder() == BoxOrder.YXHW;
        double scale = declared.getBoxScale();
        double centreX = numbers[from + (yFirst ? 1 : 0)] / scale * anchor.width() + anchor.x();
        double centreY = numbers[from + (yFirst ? 0 : 1)] / scale * anchor.height() + anchor.y();
        double width = size(numbers[from + (yFirst ? 3 : 2)] / scale) * anchor.width();
        double height = size(numbers[from + (yFirst ? 2 : 3)] / scale) * anchor.height();
        ImageFeeder.Placement placed = feeder.placement();
        double[] points = new double[2 * declared.getKeypoints()];
        for (int i = 0; i < declared.getKeypoints(); i++) {
            int at = from + BOX_NUMBERS + 2 * i;
            double x = numbers[at + (yFirst ? 1 : 0)] / scale * anchor.width() + anchor.x();
            double y = numbers[at + (yFirst ? 0 : 1)] / scale * anchor.height() + anchor.y();
            points[2 * i] = (x - placed.left()) / placed.width();
            points[2 * i + 1] = (y - placed.top()) / placed.height();
        }
        return new Box(
                score,
                label,
                (centreX - width / 2 - placed.left()) / placed.width(),
                (centreY - height / 2 - placed.top()) / placed.height(),
                width / placed.width(),
                height / placed.height(),
                points);
    }

    private double size(double number) {
        return declared.getExponentialSize() ? Math.exp(number) : number;
    }

    /** Boxes, the best first. */
    record Boxes(double score, List<Box> boxes, List<String> labels) implements SlotPipeline.Result {

        @Override
        public void writeTo(StringBuilder json) {
            json.append("{\"boxes\":[");
            for (int i = 0; i < boxes.size(); i++) {
                write(boxes.get(i), json.append(i == 0 ? "" : ","));
            }
            json.append("]}");
        }

        private void write(Box box, StringBuilder json) {
            json.append("{\"score\":").append(number(box.score()));
            if (box.label() < labels.size()) {
                json.append(",\"label\":").append(Json.quote(labels.get(box.label())));
            }
            json.append(",\"x\":").append(number(box.x())).append(",\"y\":").append(number(box.y()));
            json.append(",\"width\":")
                    .append(number(box.width()))
                    .append(",\"height\":")
                    .append(number(box.height()));
            json.append(",\"points\":[");
            for (int i = 0; i < box.points().length; i += 2) {
                json.append(i == 0 ? "[" : ",[").append(number(box.points()[i]));
                json.append(',').append(number(box.points()[i + 1])).append(']');
            }
            json.append("]}");
        }

        private static String number(double value) {
            return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "null";
        }
    }
}
