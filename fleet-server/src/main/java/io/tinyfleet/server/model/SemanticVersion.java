package io.tinyfleet.server.model;

import java.util.Optional;
import java.util.regex.Pattern;

/** A version as semver.org 2.0.0 writes it, without build metadata: two builds of one version are two releases here. */
record SemanticVersion(String text) implements Comparable<SemanticVersion> {
    static final int MAX_LENGTH = 64;
    static final String RULE = "must be a semantic version such as 1.4.0 or 2.0.0-rc.1";

    private static final String NUMBER = "(0|[1-9]\\d{0,8})";
    private static final String IDENTIFIER = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
    private static final Pattern PATTERN = Pattern.compile(
            NUMBER + "\\." + NUMBER + "\\." + NUMBER + "(-" + IDENTIFIER + "(\\." + IDENTIFIER + ")*)?");

    SemanticVersion {
        if (text.length() > MAX_LENGTH || !PATTERN.matcher(text).matches()) {
            throw new IllegalArgumentException("version " + RULE + ", got " + text);
        }
    }

    /** Precedence as section 11 of semver.org has it; two versions of equal precedence are the same text here. */
    @Override
    public int compareTo(SemanticVersion other) {
        String[] mine = text.split("-", 2);
        String[] others = other.text.split("-", 2);
        int order = compareParts(mine[0].split("\\."), others[0].split("\\."));
        if (order != 0) {
            return order;
        }
        if (mine.length != others.length) {
            // What has a suffix comes before what has none.
            return mine.length > others.length ? -1 : 1;
        }
        return mine.length == 1 ? 0 : compareParts(mine[1].split("\\."), others[1].split("\\."));
    }

    private static int compareParts(String[] mine, String[] others) {
        for (int i = 0; i < Math.min(mine.length, others.length); i++) {
            int order = comparePart(mine[i], others[i]);
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(mine.length, others.length);
    }

    private static int comparePart(String mine, String other) {
        boolean number = isNumber(mine);
        if (number != isNumber(other)) {
            return number ? -1 : 1;
        }
        if (number && mine.length() != other.length()) {
            return Integer.compare(mine.length(), other.length());
        }
        return mine.compareTo(other);
    }

    private static boolean isNumber(String part) {
        return part.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    static Optional<SemanticVersion> parse(String text) {
        if (text.length() > MAX_LENGTH || !PATTERN.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(new SemanticVersion(text));
    }
}
