package io.tinyfleet.agent.serve;

import io.tinyfleet.protocol.pipeline.PipelineRules;
import io.tinyfleet.protocol.v1.SsdAnchors;
import java.util.ArrayList;
import java.util.List;

/**
 * The anchors of a single-shot detector in the order of its outputs: layers of equal stride together, then row by row,
 * column by column, and the anchors of a cell as their scales and ratios are listed. After SSD (Liu et al. 2016) as
 * MediaPipe's SsdAnchorsCalculator reads its options.
 */
final class SsdAnchorGrid {

    private SsdAnchorGrid() {}

    /** An anchor in fractions of the tensor's sides. */
    record Anchor(double x, double y, double width, double height) {}

    private record Size(double width, double height) {}

    static List<Anchor> of(SsdAnchors declared) {
        List<Anchor> anchors = new ArrayList<>();
        int layer = 0;
        while (layer < declared.getStridesCount()) {
            int stride = declared.getStrides(layer);
            List<Size> sizes = new ArrayList<>();
            for (; layer < declared.getStridesCount() && declared.getStrides(layer) == stride; layer++) {
                addSizes(declared, layer, sizes);
            }
            addCells(declared, stride, sizes, anchors);
        }
        return anchors;
    }

    private static void addSizes(SsdAnchors declared, int layer, List<Size> sizes) {
        double scale = scale(declared, layer);
        if (layer == 0 && declared.getReduceLowest()) {
            sizes.add(size(declared, 0.1, 1));
            sizes.add(size(declared, scale, 2));
            sizes.add(size(declared, scale, 0.5));
            return;
        }
        for (double ratio : declared.getAspectRatiosList()) {
            sizes.add(size(declared, scale, ratio));
        }
        if (declared.getInterpolatedAspectRatio() > 0) {
            double next = layer == declared.getStridesCount() - 1 ? 1 : scale(declared, layer + 1);
            sizes.add(size(declared, Math.sqrt(scale * next), declared.getInterpolatedAspectRatio()));
        }
    }

    private static double scale(SsdAnchors declared, int layer) {
        int layers = declared.getStridesCount();
        if (layers == 1) {
            return (declared.getMinScale() + declared.getMaxScale()) / 2;
        }
        return declared.getMinScale() + (declared.getMaxScale() - declared.getMinScale()) * layer / (layers - 1);
    }

    private static Size size(SsdAnchors declared, double scale, double ratio) {
        if (declared.getUnitSize()) {
            return new Size(1, 1);
        }
        double root = Math.sqrt(ratio);
        return new Size(scale * root, scale / root);
    }

    private static void addCells(SsdAnchors declared, int stride, List<Size> sizes, List<Anchor> anchors) {
        int columns = PipelineRules.cells(declared.getInputWidth(), stride);
        int rows = PipelineRules.cells(declared.getInputHeight(), stride);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                for (Size size : sizes) {
                    anchors.add(new Anchor(
                            (column + declared.getOffset()) / columns,
                            (row + declared.getOffset()) / rows,
                            size.width(),
                            size.height()));
                }
            }
        }
    }
}
