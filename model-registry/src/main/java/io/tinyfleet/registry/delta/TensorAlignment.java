package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.protocol.delta.Segment;
import io.tinyfleet.registry.inspect.ModelRefused;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Pairs the tensors of two versions of a model: those of the same name first, then, in the order of the file, those that
 * are left and have the same shape (exporters number their tensors anew). One inserted byte then moves nothing.
 */
public final class TensorAlignment {
    private TensorAlignment() {}

    /** Stretches that belong together, by tensors; empty when a file cannot be read or they share no tensor. */
    public static List<Segment> byTensors(BaseBytes base, BaseBytes target) throws IOException {
        try {
            return paired(TensorTable.read(base), TensorTable.read(target));
        } catch (ModelRefused e) {
            // A delta without names is larger, never wrong.
            return List.of();
        }
    }

    /**
     * Without any knowledge of the content: byte against byte, from the front as far as both are the same, then from the
     * front or from the end, whichever has more in common.
     */
    public static List<Segment> straight(BaseBytes base, BaseBytes target) throws IOException {
        return StraightAlignment.of(base, target);
    }

    private static List<Segment> paired(List<TensorSpan> old, List<TensorSpan> fresh) {
        Map<String, Deque<TensorSpan>> byName = new HashMap<>();
        old.forEach(span ->
                byName.computeIfAbsent(span.name(), name -> new ArrayDeque<>()).add(span));
        List<Segment> segments = new ArrayList<>();
        List<TensorSpan> left = new ArrayList<>();
        for (TensorSpan span : fresh) {
            Deque<TensorSpan> same = byName.get(span.name());
            if (same != null && !same.isEmpty() && alike(same.peek(), span)) {
                segments.add(segment(same.remove(), span));
            } else {
                left.add(span);
            }
        }
        segments.addAll(pairedByShape(byName, left));
        return withoutOverlap(segments);
    }

    private static List<Segment> pairedByShape(Map<String, Deque<TensorSpan>> byName, List<TensorSpan> fresh) {
        record Shape(long length, int elementBytes, long rowElements) {
            static Shape of(TensorSpan span) {
                return new Shape(span.length(), span.elementBytes(), span.rowElements());
            }
        }
        Map<Shape, Deque<TensorSpan>> byShape = new HashMap<>();
        byName.values().stream()
                .flatMap(Deque::stream)
                .sorted(Comparator.comparingLong(TensorSpan::offset))
                .forEach(span -> byShape.computeIfAbsent(Shape.of(span), shape -> new ArrayDeque<>())
                        .add(span));
        List<Segment> segments = new ArrayList<>();
        for (TensorSpan span : fresh) {
            Deque<TensorSpan> same = byShape.get(Shape.of(span));
            if (same != null && !same.isEmpty()) {
                segments.add(segment(same.remove(), span));
            }
        }
        return segments;
    }

    /** A table that has only grown at its end, such as a vocabulary, still is the same table. */
    private static boolean alike(TensorSpan old, TensorSpan fresh) {
        return old.elementBytes() == fresh.elementBytes() && old.rowElements() == fresh.rowElements();
    }

    private static Segment segment(TensorSpan old, TensorSpan fresh) {
        return new Segment(
                old.offset(),
                fresh.offset(),
                Math.min(old.length(), fresh.length()),
                fresh.elementBytes(),
                fresh.rowElements());
    }

    /** Several tensors may share their bytes. */
    private static List<Segment> withoutOverlap(List<Segment> segments) {
        List<Segment> apart = new ArrayList<>();
        long end = 0;
        for (Segment segment : segments.stream()
                .sorted(Comparator.comparingLong(Segment::newOffset))
                .toList()) {
            if (segment.newOffset() >= end) {
                apart.add(segment);
                end = segment.newOffset() + segment.length();
            }
        }
        return apart;
    }
}
