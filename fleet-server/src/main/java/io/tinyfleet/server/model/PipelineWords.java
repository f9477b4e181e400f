package io.tinyfleet.server.model;

import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ClassesResult;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.MelInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.RowInput;
import io.tinyfleet.protocol.v1.ScoreResult;
import io.tinyfleet.protocol.v1.SsdAnchors;
import io.tinyfleet.server.model.ReleaseRequest.AffineRequest;
import io.tinyfleet.server.model.ReleaseRequest.AnchorsRequest;
import io.tinyfleet.server.model.ReleaseRequest.BoxesRequest;
import io.tinyfleet.server.model.ReleaseRequest.ClassesRequest;
import io.tinyfleet.server.model.ReleaseRequest.ImageRequest;
import io.tinyfleet.server.model.ReleaseRequest.MelRequest;
import io.tinyfleet.server.model.ReleaseRequest.PipelineRequest;
import io.tinyfleet.server.model.ReleaseRequest.RowsRequest;
import io.tinyfleet.server.model.ReleaseRequest.ScoreRequest;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pipelines with a result between the API's words and what is signed. What is absent stays unset: the rules tell. */
final class PipelineWords {

    private PipelineWords() {}

    /** Everything but audio frames. */
    static Pipeline toPipeline(PipelineRequest request) {
        Pipeline.Builder pipeline = Pipeline.newBuilder();
        given(request.image(), image -> pipeline.setImage(image(image)));
        given(request.mel(), mel -> pipeline.setMel(mel(mel)));
        given(request.rows(), rows -> pipeline.setRows(rows(rows)));
        given(request.classes(), classes -> pipeline.setClasses(classes(classes)));
        given(request.boxes(), boxes -> pipeline.setBoxes(boxes(boxes)));
        given(request.score(), score -> pipeline.setScore(score(score)));
        return pipeline.build();
    }

    private static <T> void given(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    private static <T> void all(@Nullable List<T> values, Consumer<List<T>> setter) {
        if (values != null) {
            setter.accept(values.stream().filter(Objects::nonNull).toList());
        }
    }

    /** The word that protobuf adds for numbers it does not know is no word of the API. */
    private static <E extends Enum<E>> void word(@Nullable E value, Consumer<E> setter) {
        if (value != null && !value.name().equals("UNRECOGNIZED")) {
            setter.accept(value);
        }
    }

    private static Affine affine(AffineRequest request) {
        Affine.Builder affine = Affine.newBuilder();
        given(request.scale(), affine::setScale);
        given(request.zeroPoint(), affine::setZeroPoint);
        return affine.build();
    }

    private static ImageInput image(ImageRequest request) {
        ImageInput.Builder built = ImageInput.newBuilder();
        given(request.input(), built::setInput);
        given(request.width(), built::setWidth);
        given(request.height(), built::setHeight);
        word(request.fit(), built::setFit);
        word(request.channels(), built::setChannels);
        word(request.layout(), built::setLayout);
        word(request.type(), built::setType);
        given(request.scale(), built::setScale);
        all(request.mean(), built::addAllMean);
        all(request.deviation(), built::addAllDeviation);
        given(request.quantization(), one -> built.setQuantization(affine(one)));
        given(request.fill(), built::setFill);
        return built.build();
    }

    private static MelInput mel(MelRequest request) {
        MelInput.Builder built = MelInput.newBuilder();
        given(request.input(), built::setInput);
        all(request.shape(), built::addAllShape);
        given(request.sampleRateHz(), built::setSampleRateHz);
        given(request.windowSamples(), built::setWindowSamples);
        given(request.hopSamples(), built::setHopSamples);
        given(request.fftSize(), built::setFftSize);
        given(request.bins(), built::setBins);
        given(request.lowestHz(), built::setLowestHz);
        given(request.highestHz(), built::setHighestHz);
        word(request.melScale(), built::setMelScale);
        given(request.power(), built::setPower);
        given(request.logFloor(), built::setLogFloor);
        given(request.frames(), built::setFrames);
        given(request.newFrames(), built::setNewFrames);
        given(request.binsFirst(), built::setBinsFirst);
        word(request.type(), built::setType);
        given(request.mean(), built::setMean);
        given(request.deviation(), built::setDeviation);
        given(request.quantization(), one -> built.setQuantization(affine(one)));
        return built.build();
    }

    private static RowInput rows(RowsRequest request) {
        RowInput.Builder built = RowInput.newBuilder();
        given(request.input(), built::setInput);
        all(request.shape(), built::addAllShape);
        given(request.columns(), built::setColumns);
        given(request.rows(), built::setRows);
        given(request.newRows(), built::setNewRows);
        all(request.mean(), built::addAllMean);
        all(request.deviation(), built::addAllDeviation);
        word(request.type(), built::setType);
        given(request.quantization(), one -> built.setQuantization(affine(one)));
        return built.build();
    }

    private static ClassesResult classes(ClassesRequest request) {
        ClassesResult.Builder built = ClassesResult.newBuilder();
        given(request.output(), built::setOutput);
        given(request.quantization(), one -> built.setQuantization(affine(one)));
        given(request.softmax(), built::setSoftmax);
        all(request.labels(), built::addAllLabels);
        given(request.top(), built::setTop);
        given(request.threshold(), built::setThreshold);
        return built.build();
    }

    private static ScoreResult score(ScoreRequest request) {
        ScoreResult.Builder built = ScoreResult.newBuilder();
        given(request.output(), built::setOutput);
        given(request.quantization(), one -> built.setQuantization(affine(one)));
        given(request.sigmoid(), built::setSigmoid);
        given(request.threshold(), built::setThreshold);
        return built.build();
    }

    private static BoxesResult boxes(BoxesRequest request) {
        BoxesResult.Builder built = BoxesResult.newBuilder();
        given(request.boxesOutput(), built::setBoxesOutput);
        given(request.scoresOutput(), built::setScoresOutput);
        given(request.anchors(), one -> built.setAnchors(anchors(one)));
        word(request.order(), built::setOrder);
        given(request.boxScale(), built::setBoxScale);
        given(request.exponentialSize(), built::setExponentialSize);
        given(request.keypoints(), built::setKeypoints);
        given(request.sigmoid(), built::setSigmoid);
        given(request.scoreClip(), built::setScoreClip);
        given(request.threshold(), built::setThreshold);
        given(request.overlap(), built::setOverlap);
        word(request.merge(), built::setMerge);
        given(request.maxBoxes(), built::setMaxBoxes);
        all(request.labels(), built::addAllLabels);
        return built.build();
    }

    private static SsdAnchors anchors(AnchorsRequest request) {
        SsdAnchors.Builder built = SsdAnchors.newBuilder();
        given(request.inputWidth(), built::setInputWidth);
        given(request.inputHeight(), built::setInputHeight);
        all(request.strides(), built::addAllStrides);
        given(request.minScale(), built::setMinScale);
        given(request.maxScale(), built::setMaxScale);
        given(request.offset(), built::setOffset);
        all(request.aspectRatios(), built::addAllAspectRatios);
        given(request.interpolatedAspectRatio(), built::setInterpolatedAspectRatio);
        given(request.unitSize(), built::setUnitSize);
        given(request.reduceLowest(), built::setReduceLowest);
        return built.build();
    }

    // ---- and back

    /** Of a pipeline that was accepted; without its audio frames. */
    static PipelineRequest of(Pipeline pipeline) {
        return new PipelineRequest(
                null,
                pipeline.hasImage() ? of(pipeline.getImage()) : null,
                pipeline.hasMel() ? of(pipeline.getMel()) : null,
                pipeline.hasRows() ? of(pipeline.getRows()) : null,
                pipeline.hasClasses() ? of(pipeline.getClasses()) : null,
                pipeline.hasBoxes() ? of(pipeline.getBoxes()) : null,
                pipeline.hasScore() ? of(pipeline.getScore()) : null);
    }

    private static AffineRequest of(Affine affine) {
        return new AffineRequest(affine.getScale(), affine.getZeroPoint());
    }

    private static ImageRequest of(ImageInput built) {
        return new ImageRequest(
                built.getInput(),
                built.getWidth(),
                built.getHeight(),
                built.getFit(),
                built.getChannels(),
                built.getLayout(),
                built.getType(),
                built.getScale(),
                List.copyOf(built.getMeanList()),
                List.copyOf(built.getDeviationList()),
                built.hasQuantization() ? of(built.getQuantization()) : null,
                built.getFill());
    }

    private static MelRequest of(MelInput built) {
        return new MelRequest(
                built.getInput(),
                List.copyOf(built.getShapeList()),
                built.getSampleRateHz(),
                built.getWindowSamples(),
                built.getHopSamples(),
                built.getFftSize(),
                built.getBins(),
                built.getLowestHz(),
                built.getHighestHz(),
                built.getMelScale(),
                built.getPower(),
                built.getLogFloor(),
                built.getFrames(),
                built.getNewFrames(),
                built.getBinsFirst(),
                built.getType(),
                built.getMean(),
                built.getDeviation(),
                built.hasQuantization() ? of(built.getQuantization()) : null);
    }

    private static RowsRequest of(RowInput built) {
        return new RowsRequest(
                built.getInput(),
                List.copyOf(built.getShapeList()),
                built.getColumns(),
                built.getRows(),
                built.getNewRows(),
                List.copyOf(built.getMeanList()),
                List.copyOf(built.getDeviationList()),
                built.getType(),
                built.hasQuantization() ? of(built.getQuantization()) : null);
    }

    private static ClassesRequest of(ClassesResult built) {
        return new ClassesRequest(
                built.getOutput(),
                built.hasQuantization() ? of(built.getQuantization()) : null,
                built.getSoftmax(),
                List.copyOf(built.getLabelsList()),
                built.getTop(),
                built.getThreshold());
    }

    private static ScoreRequest of(ScoreResult built) {
        return new ScoreRequest(
                built.getOutput(),
                built.hasQuantization() ? of(built.getQuantization()) : null,
                built.getSigmoid(),
                built.getThreshold());
    }

    private static BoxesRequest of(BoxesResult built) {
        return new BoxesRequest(
                built.getBoxesOutput(),
                built.getScoresOutput(),
                of(built.getAnchors()),
                built.getOrder(),
                built.getBoxScale(),
                built.getExponentialSize(),
                built.getKeypoints(),
                built.getSigmoid(),
                built.getScoreClip(),
                built.getThreshold(),
                built.getOverlap(),
                built.getMerge(),
                built.getMaxBoxes(),
                List.copyOf(built.getLabelsList()));
    }

    private static AnchorsRequest of(SsdAnchors built) {
        return new AnchorsRequest(
                built.getInputWidth(),
                built.getInputHeight(),
                List.copyOf(built.getStridesList()),
                built.getMinScale(),
                built.getMaxScale(),
                built.getOffset(),
                List.copyOf(built.getAspectRatiosList()),
                built.getInterpolatedAspectRatio(),
                built.getUnitSize(),
                built.getReduceLowest());
    }
}
