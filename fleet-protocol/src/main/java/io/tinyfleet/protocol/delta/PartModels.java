package io.tinyfleet.protocol.delta;

import java.io.IOException;

/** All that is learned while a patch is written or read. Owned by one thread. */
final class PartModels {
    private final PartModel parts;
    private final LiteralModel literals;
    private final ByteModel bytes;
    private final WeightModel weights;

    PartModels() {
        this(new PartModel(), new LiteralModel(), new ByteModel(), new WeightModel());
    }

    private PartModels(PartModel parts, LiteralModel literals, ByteModel bytes, WeightModel weights) {
        this.parts = parts;
        this.literals = literals;
        this.bytes = bytes;
        this.weights = weights;
    }

    /**
     * For trying out how a part would be coded; shares nothing that such a trial changes.
     *
     * @param sample only pieces of the part will be coded
     */
    PartModels copy(boolean sample) {
        return new PartModels(
                parts, new LiteralModel(literals), new ByteModel(bytes), new WeightModel(weights, sample));
    }

    /** The model of what stands before each part. */
    PartModel parts() {
        return parts;
    }

    /** Starts a part. */
    void begin(Part part) {
        if (part instanceof Part.Weights tensor) {
            weights.begin(tensor);
        } else if (part instanceof Part.Bytes plain) {
            bytes.begin(plain);
        } else {
            literals.begin();
        }
    }

    /** Codes the next bytes of the part that was begun last. */
    void code(Coder coder, Part part, byte[] old, byte[] target, int count) throws IOException, CorruptPatchException {
        if (part instanceof Part.Weights) {
            weights.code(coder, old, target, count);
        } else if (part instanceof Part.Bytes) {
            bytes.code(coder, old, target, count);
        } else {
            literals.code(coder, target, count);
        }
    }
}
