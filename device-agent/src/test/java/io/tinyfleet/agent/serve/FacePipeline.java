package io.tinyfleet.agent.serve;

import io.tinyfleet.protocol.v1.BoxMerge;
import io.tinyfleet.protocol.v1.BoxOrder;
import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ChannelOrder;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageFit;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.SsdAnchors;
import io.tinyfleet.protocol.v1.TensorLayout;
import java.util.List;

/** What a release of MediaPipe's short-range face detector declares, after its published graph. */
public final class FacePipeline {

    private FacePipeline() {}

    static SsdAnchors anchors() {
        return SsdAnchors.newBuilder()
                .setInputWidth(128)
                .setInputHeight(128)
                .addAllStrides(List.of(8, 16, 16, 16))
                .setMinScale(0.1484375)
                .setMaxScale(0.75)
                .setOffset(0.5)
                .addAspectRatios(1)
                .setInterpolatedAspectRatio(1)
                .setUnitSize(true)
                .build();
    }

    public static Pipeline pipeline() {
        ImageInput.Builder image = ImageInput.newBuilder()
                .setInput("input")
                .setWidth(128)
                .setHeight(128)
                .setFit(ImageFit.LETTERBOX)
                .setChannels(ChannelOrder.RGB)
                .setLayout(TensorLayout.NHWC)
                .setType(ElementType.FLOAT32)
                .setScale(1 / 127.5)
                .addMean(1);
        BoxesResult.Builder boxes = BoxesResult.newBuilder()
                .setBoxesOutput("regressors")
                .setScoresOutput("classificators")
                .setAnchors(anchors())
                .setOrder(BoxOrder.XYWH)
                .setBoxScale(128)
                .setKeypoints(6)
                .setSigmoid(true)
                .setScoreClip(100)
                .setThreshold(0.8)
                .setOverlap(0.3)
                .setMerge(BoxMerge.WEIGHTED)
                .setMaxBoxes(10)
                .addLabels("face");
        return Pipeline.newBuilder().setImage(image).setBoxes(boxes).build();
    }
}
