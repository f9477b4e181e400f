package io.tinyfleet.protocol;

import com.google.protobuf.MessageLite;
import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.BoxMerge;
import io.tinyfleet.protocol.v1.BoxOrder;
import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ClassesResult;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageFit;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.MelInput;
import io.tinyfleet.protocol.v1.MelScale;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.RowInput;
import io.tinyfleet.protocol.v1.ScoreResult;
import io.tinyfleet.protocol.v1.SsdAnchors;
import io.tinyfleet.protocol.v1.TensorLayout;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One of every pipeline message, each field set; all of them keep the rules. */
public final class GoldenPipelines {

    public static final Affine AFFINE =
            Affine.newBuilder().setScale(0.0078125).setZeroPoint(-1).build();

    public static final ImageInput IMAGE = ImageInput.newBuilder()
            .setInput("input")
            .setWidth(128)
            .setHeight(96)
            .setFit(ImageFit.LETTERBOX)
            .setChannels(ChannelOrder.BGR)
            .setLayout(TensorLayout.NCHW)
            .setType(ElementType.INT8)
            .setScale(0.00784)
            .addAllMean(List.of(1.0, 0.5, 0.25))
            .addDeviation(2)
            .setQuantization(AFFINE)
            .setFill(114)
            .build();

    public static final MelInput MEL = MelInput.newBuilder()
            .setInput("mel")
            .addAllShape(List.of(1L, 98L, 40L, 1L))
            .setSampleRateHz(16_000)
            .setWindowSamples(400)
            .setHopSamples(160)
            .setFftSize(512)
            .setBins(40)
            .setLowestHz(20)
            .setHighestHz(7600)
            .setMelScale(MelScale.SLANEY)
            .setPower(true)
            .setLogFloor(1e-6)
            .setFrames(98)
            .setNewFrames(10)
            .setBinsFirst(true)
            .setType(ElementType.UINT8)
            .setMean(-5)
            .setDeviation(3)
            .setQuantization(AFFINE)
            .build();

    public static final RowInput ROWS = RowInput.newBuilder()
            .setInput("readings")
            .addAllShape(List.of(1L, 50L, 3L))
            .setColumns(3)
            .setRows(50)
            .setNewRows(25)
            .addAllMean(List.of(0.0, 0.0, 9.81))
            .addDeviation(2)
            .setType(ElementType.INT8)
            .setQuantization(AFFINE)
            .build();

    public static final ClassesResult CLASSES = ClassesResult.newBuilder()
            .setOutput("classes")
            .setQuantization(AFFINE)
            .setSoftmax(true)
            .addAllLabels(List.of("yes", "no"))
            .setTop(2)
            .setThreshold(0.6)
            .build();

    public static final SsdAnchors ANCHORS = SsdAnchors.newBuilder()
            .setInputWidth(128)
            .setInputHeight(96)
            .addAllStrides(List.of(8, 16))
            .setMinScale(0.1)
            .setMaxScale(0.8)
            .setOffset(0.5)
            .addAspectRatios(1)
            .setInterpolatedAspectRatio(1)
            .setUnitSize(true)
            .setReduceLowest(true)
            .build();

    public static final BoxesResult BOXES = BoxesResult.newBuilder()
            .setBoxesOutput("boxes")
            .setScoresOutput("scores")
            .setAnchors(ANCHORS)
            .setOrder(BoxOrder.YXHW)
            .setBoxScale(128)
            .setExponentialSize(true)
            .setKeypoints(6)
            .setSigmoid(true)
            .setScoreClip(100)
            .setThreshold(0.8)
            .setOverlap(0.3)
            .setMerge(BoxMerge.WEIGHTED)
            .setMaxBoxes(10)
            .addLabels("face")
            .build();

    public static final ScoreResult SCORE = ScoreResult.newBuilder()
            .setOutput("score")
            .setQuantization(AFFINE)
            .setSigmoid(true)
            .setThreshold(0.7)
            .build();

    private GoldenPipelines() {}

    static Map<String, MessageLite> all() {
        Map<String, MessageLite> byName = new TreeMap<>();
        for (MessageLite message : List.of(AFFINE, IMAGE, MEL, ROWS, CLASSES, ANCHORS, BOXES, SCORE)) {
            byName.put(message.getClass().getSimpleName(), message);
        }
        byName.put(
                "Pipeline-boxes",
                Pipeline.newBuilder().setImage(IMAGE).setBoxes(BOXES).build());
        byName.put(
                "Pipeline-classes",
                Pipeline.newBuilder().setMel(MEL).setClasses(CLASSES).build());
        byName.put(
                "Pipeline-score",
                Pipeline.newBuilder().setRows(ROWS).setScore(SCORE).build());
        return byName;
    }
}
