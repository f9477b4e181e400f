package io.tinyfleet.server.model;

import java.util.Optional;
import java.util.regex.Pattern;

/** A version as semver.org 2.0.0 writes it, without build metadata: two builds of one version are two releases here. */
record SemanticVersion(String text) {
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

    static Optional<SemanticVersion> parse(String text) {
        if (text.length() > MAX_LENGTH || !PATTERN.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(new SemanticVersion(text));
    }
}
