package io.tinyfleet.agent.serve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A found box in fractions of the picture's sides; it may reach over them.
 *
 * @param x of its left side
 * @param points keypoints, x and y in turn
 */
record Box(double score, int label, double x, double y, double width, double height, double[] points) {

    /** Intersection over union; 0 for boxes without an area. */
    static double overlap(Box a, Box b) {
        double width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        double height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        double intersection = width * height;
        double union = a.width * a.height + b.width * b.height - intersection;
        return union <= 0 ? 0 : intersection / union;
    }

    /**
     * Makes one box of those of a label that overlap by more than a limit: the best, or the mean weighted by score. The
     * best first.
     */
    static List<Box> merge(List<Box> boxes, double limit, boolean weighted, int most) {
        List<Box> left = new ArrayList<>(boxes);
        left.sort(Comparator.comparingDouble(Box::score).reversed());
        List<Box> merged = new ArrayList<>();
        while (!left.isEmpty() && merged.size() < most) {
            Box best = left.get(0);
            List<Box> same = new ArrayList<>();
            List<Box> others = new ArrayList<>();
            for (Box box : left) {
                boolean one = box == best || box.label == best.label && overlap(best, box) > limit;
                (one ? same : others).add(box);
            }
            merged.add(weighted ? mean(best, same) : best);
            left = others;
        }
        return merged;
    }

    private static Box mean(Box best, List<Box> boxes) {
        double total = 0;
        double x = 0;
        double y = 0;
        double right = 0;
        double bottom = 0;
        double[] points = new double[best.points.length];
        for (Box box : boxes) {
            total += box.score;
            x += box.score * box.x;
            y += box.score * box.y;
            right += box.score * (box.x + box.width);
            bottom += box.score * (box.y + box.height);
            for (int i = 0; i < points.length; i++) {
                points[i] += box.score * box.points[i];
            }
        }
        if (total == 0) {
            return best;
        }
        for (int i = 0; i < points.length; i++) {
            points[i] /= total;
        }
        return new Box(best.score, best.label, x / total, y / total, (right - x) / total, (bottom - y) / total, points);
    }
}
