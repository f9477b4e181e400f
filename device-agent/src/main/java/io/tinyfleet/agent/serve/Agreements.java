package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.telemetry.Agreed;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far two answers to the same input agree, from 0 to 1. Which measures apply follows from what the releases declare:
 * classes by label and top k, boxes by overlap, a score by its side of the threshold and by tolerance, bare tensors by
 * angle and tolerance. The first measure of each kind is the one that says whether the two agree. Pure.
 *
 * <p>What is not a number never agrees, not even with its like: two broken answers are no evidence that a model is good.
 */
final class Agreements {

    /** Boxes that overlap by half are one find: the customary limit (Everingham et al. 2010, PASCAL VOC). */
    static final double SAME_BOX = 0.5;

    /** Of scores, which run from 0 to 1. */
    static final Tolerance SCORE = new Tolerance(0.05, 0.05);

    /** Of tensors, of which nothing is known. */
    static final Tolerance TENSORS = new Tolerance(0.001, 0.05);

    private static final double ALL = 1;
    private static final double TOP_K_AGREES_AT = 0.6;
    private static final double BOXES_AGREE_AT = 0.75;
    private static final double TENSORS_AGREE_AT = 0.99;

    private Agreements() {}

    /** Two numbers are alike if they differ by at most {@code absolute + relative * the larger magnitude}. */
    record Tolerance(double absolute, double relative) {
        boolean holds(double a, double b) {
            double allowed = absolute + relative * Math.max(Math.abs(a), Math.abs(b));
            return a == b || Double.isFinite(allowed) && Math.abs(a - b) <= allowed;
        }
    }

    /** Two answers between which there is nothing to compare: of another kind, or of other shapes. */
    static final class NotComparableException extends Exception {
        private static final long serialVersionUID = 1L;

        NotComparableException(String sentence) {
            super(sentence);
        }
    }

    // ---- results

    static List<Agreed> of(SlotPipeline.Result active, SlotPipeline.Result shadow) throws NotComparableException {
        if (active instanceof ClassesReader.Classes a && shadow instanceof ClassesReader.Classes b) {
            return ofClasses(a, b);
        }
        if (active instanceof BoxesReader.Boxes a && shadow instanceof BoxesReader.Boxes b) {
            return List.of(new Agreed(AgreementMeasure.BOX_OVERLAP, boxes(a, b), BOXES_AGREE_AT));
        }
        if (active instanceof Score a && shadow instanceof Score b) {
            boolean numbers = !Double.isNaN(a.score()) && !Double.isNaN(b.score());
            return List.of(
                    new Agreed(AgreementMeasure.LABEL, numbers && a.over() == b.over() ? 1 : 0, ALL),
                    new Agreed(
                            AgreementMeasure.NUMERIC_TOLERANCE,
                            tolerance(new double[] {a.score()}, new double[] {b.score()}, SCORE),
                            ALL));
        }
        throw new NotComparableException("one answers with " + kind(active) + ", the other with " + kind(shadow));
    }

    private static String kind(SlotPipeline.Result result) {
        return result.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    private static List<Agreed> ofClasses(ClassesReader.Classes a, ClassesReader.Classes b)
            throws NotComparableException {
        boolean named = !a.labels().isEmpty() && !b.labels().isEmpty();
        if (!named && a.classes() != b.classes()) {
            throw new NotComparableException(
                    "one knows " + a.classes() + " classes and the other " + b.classes() + ", without names for them");
        }
        List<String> first = names(a, named);
        List<String> second = names(b, named);
        return List.of(
                new Agreed(AgreementMeasure.LABEL, first.get(0).equals(second.get(0)) ? 1 : 0, ALL),
                new Agreed(AgreementMeasure.TOP_K, topK(first, second), TOP_K_AGREES_AT));
    }

    private static List<String> names(ClassesReader.Classes classes, boolean named) {
        return classes.top().stream()
                .map(ranked -> named ? classes.labels().get(ranked.index()) : String.valueOf(ranked.index()))
                .toList();
    }

    /** Classes that both name among their best k, divided by k; k is what both name. The order does not count. */
    static double topK(List<String> a, List<String> b) {
        int k = Math.min(a.size(), b.size());
        if (k == 0) {
            return a.isEmpty() && b.isEmpty() ? 1 : 0;
        }
        Set<String> common = new HashSet<>(a.subList(0, k));
        common.retainAll(new HashSet<>(b.subList(0, k)));
        return (double) common.size() / k;
    }

    // ---- boxes

    private static double boxes(BoxesReader.Boxes a, BoxesReader.Boxes b) {
        return boxes(a.boxes(), a.labels(), b.boxes(), b.labels());
    }

    /**
     * Twice the matched boxes by all boxes (Dice). Pairs of one label that overlap by {@link #SAME_BOX} at least are
     * matched one to one, the best overlap first. Two answers without a box agree, one without a box agrees with none.
     */
    static double boxes(List<Box> a, List<String> labelsOfA, List<Box> b, List<String> labelsOfB) {
        if (a.isEmpty() && b.isEmpty()) {
            return 1;
        }
        boolean named = !labelsOfA.isEmpty() && !labelsOfB.isEmpty();
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
            for (int j = 0; j < b.size(); j++) {
                double overlap = Box.overlap(a.get(i), b.get(j));
                boolean same = label(a.get(i), labelsOfA, named).equals(label(b.get(j), labelsOfB, named));
                if (same && overlap >= SAME_BOX) {
                    pairs.add(new Pair(i, j, overlap));
                }
            }
        }
        pairs.sort(Comparator.comparingDouble(Pair::overlap)
                .reversed()
                .thenComparingInt(Pair::first)
                .thenComparingInt(Pair::second));
        Set<Integer> taken = new HashSet<>();
        Set<Integer> takenBy = new HashSet<>();
        int matched = 0;
        for (Pair pair : pairs) {
            if (!taken.contains(pair.first) && !takenBy.contains(pair.second)) {
                taken.add(pair.first);
                takenBy.add(pair.second);
                matched++;
            }
        }
        return 2.0 * matched / (a.size() + b.size());
    }

    private record Pair(int first, int second, double overlap) {}

    private static String label(Box box, List<String> labels, boolean named) {
        return named && box.label() < labels.size() ? labels.get(box.label()) : String.valueOf(box.label());
    }

    // ---- numbers

    /** The share of numbers within the tolerance of each other; 1 for none at all. */
    static double tolerance(double[] a, double[] b, Tolerance allowed) {
        int alike = 0;
        for (int i = 0; i < a.length; i++) {
            alike += allowed.holds(a[i], b[i]) ? 1 : 0;
        }
        return a.length == 0 ? 1 : (double) alike / a.length;
    }

    /**
     * The cosine of the angle between both, opposite directions cut to 0. Two answers of zeros alone agree, one of zeros
     * alone agrees with none; what holds an infinity or no number agrees with none.
     */
    static double cosine(double[] a, double[] b) {
        double largestOfA = largest(a);
        double largestOfB = largest(b);
        if (largestOfA == 0 && largestOfB == 0) {
            return 1;
        }
        if (largestOfA == 0 || largestOfB == 0 || !Double.isFinite(largestOfA) || !Double.isFinite(largestOfB)) {
            return 0;
        }
        double dot = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            // By the largest, so that no square overflows.
            double x = a[i] / largestOfA;
            double y = b[i] / largestOfB;
            dot += x * y;
            ofA += x * x;
            ofB += y * y;
        }
        return Math.max(0, Math.min(1, dot / Math.sqrt(ofA) / Math.sqrt(ofB)));
    }

    /** The largest magnitude; not a number if one of them is none. */
    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    // ---- tensors

    /** Over all outputs: the worst output's angle, and the tolerance of all numbers together. */
    static List<Agreed> ofTensors(List<Tensor> active, List<Tensor> shadow) throws NotComparableException {
        Map<String, Tensor> others = new LinkedHashMap<>();
        shadow.forEach(output -> others.put(output.name(), output));
        if (!others.keySet()
                .equals(new HashSet<>(active.stream().map(Tensor::name).toList()))) {
            throw new NotComparableException("one has the outputs "
                    + active.stream().map(Tensor::name).toList() + ", the other " + others.keySet());
        }
        double angle = 1;
        double alike = 0;
        long numbers = 0;
        for (Tensor output : active) {
            Tensor other = others.get(output.name());
            if (other == null || other.type() != output.type() || !other.hasShape(output.shape())) {
                throw new NotComparableException("one answers " + output + ", the other " + other);
            }
            double[] a = numbers(output);
            double[] b = numbers(other);
            angle = Math.min(angle, cosine(a, b));
            alike += tolerance(a, b, TENSORS) * a.length;
            numbers += a.length;
        }
        return List.of(
                new Agreed(AgreementMeasure.COSINE, angle, TENSORS_AGREE_AT),
                new Agreed(AgreementMeasure.NUMERIC_TOLERANCE, numbers == 0 ? 1 : alike / numbers, TENSORS_AGREE_AT));
    }

    /** Whatever the elements are, as numbers; integers without their scale, which both sides lack alike. */
    static double[] numbers(Tensor tensor) throws NotComparableException {
        ByteBuffer data = tensor.data();
        int bytes = Math.max(1, tensor.elementBytes());
        double[] values = new double[tensor.bytes() / bytes];
        for (int i = 0; i < values.length; i++) {
            int at = i * bytes;
            values[i] = switch (tensor.type()) {
                case FLOAT32 -> data.getFloat(at);
                case FLOAT64 -> data.getDouble(at);
                case FLOAT16 -> half(data.getShort(at));
                case BFLOAT16 -> Float.intBitsToFloat(data.getShort(at) << 16);
                case INT8 -> data.get(at);
                case INT16 -> data.getShort(at);
                case INT32 -> data.getInt(at);
                case INT64, UINT64 -> data.getLong(at);
                case UINT8, BOOL -> data.get(at) & 0xff;
                case UINT16 -> data.getShort(at) & 0xffff;
                case UINT32 -> Integer.toUnsignedLong(data.getInt(at));
                case ELEMENT_TYPE_UNSPECIFIED, STRING, UNRECOGNIZED ->
                    throw new NotComparableException(tensor + " holds no numbers");
            };
        }
        return values;
    }

    /** IEEE 754 binary16. */
    static double half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        double magnitude;
        if (exponent == 0x1f) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else if (exponent == 0) {
            magnitude = Math.scalb((double) fraction, -24);
        } else {
            magnitude = Math.scalb((double) (fraction | 0x400), exponent - 25);
        }
        return bits < 0 ? -magnitude : magnitude;
    }
}
