package io.tinyfleet.server.device;

import java.util.Comparator;

/** Orders versions as people read them: 5.9 before 5.10. */
final class VersionOrder {
    static final Comparator<String> NEWEST_LAST = VersionOrder::compare;

    private VersionOrder() {}

    private static int compare(String a, String b) {
        String[] left = a.split("[.+-]", -1);
        String[] right = b.split("[.+-]", -1);
        for (int part = 0; part < Math.min(left.length, right.length); part++) {
            int order = comparePart(left[part], right[part]);
            if (order != 0) {
                return order;
            }
        }
        return left.length != right.length ? Integer.compare(left.length, right.length) : a.compareTo(b);
    }

    private static int comparePart(String left, String right) {
        boolean numbers = left.matches("\\d{1,9}") && right.matches("\\d{1,9}");
        return numbers ? Integer.compare(Integer.parseInt(left), Integer.parseInt(right)) : left.compareTo(right);
    }
}
